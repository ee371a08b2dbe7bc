package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
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
	stderr := &tail{}
	cmd.Stderr = stderr
	cmd.WaitDelay = time.Second // what it started may hold its stderr
	detach(cmd)
	if err := cmd.Start(); err != nil {
		_ = conn.Close() // nothing was sent
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	c := &commandConn{Conn: conn, cmd: cmd, stderr: stderr, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState tells
		close(c.done)
	}()
	return c, nil
}

// commandConn is a connection by way of a child.
type commandConn struct {
	net.Conn
	cmd    *exec.Cmd
	stderr *tail
	done   chan struct{} // closed when it was reaped
	killed bool          // by Close; read it after that
	once   sync.Once
}

// Close ends the child with it.
func (c *commandConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		select {
		case <-c.done:
		default:
			c.killed = true
			_ = killGroup(c.cmd) // it may end just now
			<-c.done
		}
	})
	return err
}

// ending closes the connection and puts into words how the command ended; status
// is -1 where it did not by itself.
func (c *commandConn) ending() (words string, status int) {
	_ = c.Close() // nothing is buffered that it could lose
	status = c.cmd.ProcessState.ExitCode()
	w, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok || !w.Signaled():
		return fmt.Sprintf(" ended with status %d", status), status
	case c.killed && w.Signal() == syscall.SIGKILL:
		return " hung up", status
	default:
		return " was ended by signal " + w.Signal().String(), status
	}
}

// failure is why no SSH server was heard by way of the command; nil where that is
// not for the command to tell. err is that of the handshake, ctx its own.
func (c *commandConn) failure(ctx context.Context, host *settings, took time.Duration, err error) *cluster.Failure {
	kind, _ := classifyErrno(err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return proxySilent(host.name(), took, lastWords(c.stderr.String()))
	case ctx.Err() != nil || kind != cluster.FailReset:
		return nil //nolint:nilerr // it is told by others
	}
	ended, status := c.ending()
	words := lastWords(c.stderr.String())
	if status == 0 && words == "" {
		return nil // it has done its part: what it led to hung up
	}
	return proxyEnded(host.name(), ended, status, words)
}

// proxyEnded is the failure of a ProxyCommand that ended, as ended says, before an
// SSH server was heard. Its status is -1 where that is not known.
func proxyEnded(host, ended string, status int, words string) *cluster.Failure {
	what := "ProxyCommand of " + host + ended
	if words != "" {
		what += ": " + words
	}
	kind, hint := classifyText(words) // many are an ssh
	switch {
	case kind != cluster.FailOther:
	case status == 126, status == 127, strings.Contains(words, "not found"):
		kind, hint = cluster.FailReset, "is the program that it starts installed here, and in the PATH?"
	case words == "":
		kind, hint = cluster.FailReset, "run it by hand; or what it leads to hung up: MaxStartups of an sshd, or none at that port"
	default:
		kind, hint = cluster.FailReset, "run it by hand: a login or a token of it may have expired"
	}
	return cluster.Fail(kind, what, hint)
}

// proxySilent is that of one by which no SSH server was heard in time.
func proxySilent(host string, took time.Duration, words string) *cluster.Failure {
	what := "ProxyCommand of " + host + ": no SSH server answered by way of it in " + took.Round(100*time.Millisecond).String()
	if words != "" {
		what += "; it says: " + words
	}
	return cluster.Fail(cluster.FailTimeout, what, "run it by hand: it may wait for a login; or the host behind it is down")
}

// maxWords is how much of what a ProxyCommand printed stands in a failure, in
// bytes.
const maxWords = 200

// lastWords are the last lines of what a command printed, on one.
func lastWords(printed string) string {
	lines := messageLines(printed)
	words := ""
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if len(words)+len(line) > maxWords && words != "" {
			break
		}
		if words != "" && line != "" {
			line += "; "
		}
		words = line + words
	}
	return cluster.CleanN(words, maxWords).String()
}
