package demo

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// endGrace is how long (real time) a script may go on after the end of its
// standard input, which ends it by itself.
const endGrace = 3 * time.Second

// killedStatus is what a shell says of a command that SIGKILL ended.
const killedStatus = 128 + int(syscall.SIGKILL)

// child is a running script, in a process group of its own.
type child struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr io.ReadCloser

	mu     sync.Mutex
	reaped bool
}

// startChild starts /bin/sh on its standard input with the nonce as $1. The tools
// of the simulated machine stand before those of this one.
func startChild(dir, nonce string) (*child, error) {
	cmd := exec.Command("/bin/sh", "-s", nonce) //nolint:gosec,noctx // a nonce is hex digits; kill ends the whole group
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "STEMETOP_PATH=" + filepath.Join(dir, tools)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c := &child{cmd: cmd}
	var errs [3]error
	c.stdin, errs[0] = cmd.StdinPipe()
	c.stdout, errs[1] = cmd.StdoutPipe()
	c.stderr, errs[2] = cmd.StderrPipe()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return c, cmd.Start()
}

// kill ends the group. It does nothing once the child may have been reaped,
// when its id could be another's.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.reaped {
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // gone already is fine
	}
}

// wait is called at the end of the output: the child has exited (its status is
// settled then) or has closed it, and whatever is left of the group must go.
func (c *child) wait() int {
	c.kill()
	c.mu.Lock()
	c.reaped = true
	c.mu.Unlock()
	err := c.cmd.Wait()
	if code := c.cmd.ProcessState.ExitCode(); err == nil || code >= 0 {
		return code
	}
	return killedStatus
}

// run starts the script, carries its streams until it ends, and returns its
// exit status. It ends with ctx.
func (s *sshd) run(ctx context.Context, ch ssh.Channel, script []byte, nonce string) int {
	c, err := startChild(s.host.dir, nonce)
	if err != nil {
		_, _ = io.WriteString(ch.Stderr(), "stemetop demo: "+err.Error()+"\n")
		return refusedStatus
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	s.wg.Go(func() { s.feed(ch, c, script) })
	var streams sync.WaitGroup
	streams.Go(func() { _, _ = io.Copy(ch.Stderr(), c.stderr) })
	if _, err = io.Copy(ch, c.stdout); err != nil {
		c.kill() // the client left
	}
	streams.Wait()
	return c.wait()
}

// feed gives the child the script and then what the client sends. Before each
// piece the host's files are brought up to date: the script answers a tick by
// reading them, and all of them must be of one instant.
func (s *sshd) feed(ch io.Reader, c *child, script []byte) {
	defer func() {
		_ = c.stdin.Close()
		time.AfterFunc(endGrace, c.kill)
	}()
	if _, err := c.stdin.Write(script); err != nil {
		return
	}
	buf := make([]byte, 4096)
	for {
		n, err := ch.Read(buf)
		if n > 0 {
			if s.host.refresh(c) != nil {
				return
			}
			if _, err := c.stdin.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
