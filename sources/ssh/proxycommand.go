package ssh

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// dialCommand starts a ProxyCommand, by the user's shell as ssh does, and
// returns its stdin and stdout as a connection.
func dialCommand(command string) (net.Conn, error) {
	// A socket pair instead of two pipes: closing our end is all it takes, and
	// it has deadlines.
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	ours, theirs := os.NewFile(uintptr(fds[0]), "proxy"), os.NewFile(uintptr(fds[1]), "proxy")
	defer ours.Close()   //nolint:errcheck // FileConn duplicates it
	defer theirs.Close() //nolint:errcheck // so does the child
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	cmd := exec.Command(or(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+command) //nolint:gosec // the operator's configuration
	cmd.Stdin, cmd.Stdout = theirs, theirs
	cmd.Env = childEnv(os.Environ())
	detach(cmd)
	if err := cmd.Start(); err != nil {
		_ = conn.Close() // nothing was sent
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	return &commandConn{Conn: conn, cmd: cmd}, nil
}

// commandConn is a connection by way of a child.
type commandConn struct {
	net.Conn
	cmd  *exec.Cmd
	once sync.Once
}

// Close ends the child with it.
func (c *commandConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		_ = killGroup(c.cmd) // it may have ended by itself
		_ = c.cmd.Wait()     // it was killed
	})
	return err
}
