package ssh

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// session is a command over the builtin transport.
type session struct {
	io.Reader
	io.Writer
	link   *link
	ssh    *xssh.Session
	stderr *tail
	wait   func() error  // of ssh, which can be asked once
	once   sync.Once     // of Close
	gone   chan struct{} // closed when the host has confirmed the end
}

func startSession(l *link, command string) (*session, error) {
	channel, err := l.client().NewSession()
	if err != nil {
		return nil, openFailure(l, err)
	}
	s := &session{link: l, ssh: channel, stderr: &tail{}, gone: make(chan struct{}), wait: sync.OnceValue(channel.Wait)}
	channel.Stderr = s.stderr
	if s.Writer, err = channel.StdinPipe(); err == nil {
		if s.Reader, err = channel.StdoutPipe(); err == nil {
			err = channel.Start(command)
		}
	}
	if err != nil {
		_ = channel.Close() // it never started
		if !l.alive() {
			return nil, l.lost()
		}
		return nil, cluster.Fail(cluster.FailCommand, l.target.name()+" refuses to run commands: "+err.Error(),
			"does authorized_keys or sshd_config restrict this key?")
	}
	return s, nil
}

// openFailure says why no session could be opened on an established link.
func openFailure(l *link, err error) *cluster.Failure {
	refused, ok := errors.AsType[*xssh.OpenChannelError](err)
	if !ok {
		l.close() // lost; the next Start must not find it still there
		return l.lost()
	}
	return cluster.Fail(cluster.FailBusy, l.target.name()+" refuses one more session: "+refused.Message,
		"raise MaxSessions in its sshd_config, or close other sessions of this connection")
}

// Stderr returns the end of what the command printed there.
func (s *session) Stderr() cluster.Text { return s.stderr.text() }

// Wait returns why the command ended.
func (s *session) Wait() error {
	err := s.wait()
	var exit *xssh.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		s.link.close() // lost; the next Start must not find it still there
		return s.link.lost()
	case exit.Signal() != "":
		return cluster.Fail(cluster.FailCommand, "remote command on "+s.link.target.name()+" was killed by signal "+exit.Signal(), "")
	}
	return statusFailure(s.link.target.name(), exit.ExitStatus(), s.stderr.text())
}

// confirmWithin is how long a host may take to confirm the end of a session that
// is not the only one.
const confirmWithin = 3 * time.Second

// Close ends the command, and the connection too if this was the last session on
// it, or if the host does not confirm: then it is stuck, and the others with it.
func (s *session) Close() error {
	s.once.Do(func() {
		closed := cluster.Fail(cluster.FailReset, "closed", "")
		if s.link.leave() {
			s.link.end(closed)
			return
		}
		go func() {
			_ = s.ssh.Close() // sends, which may block
			_ = s.wait()      // that it ended is all
			close(s.gone)
		}()
		go func() {
			timer := time.NewTimer(confirmWithin)
			defer timer.Stop()
			select {
			case <-s.gone:
			case <-s.link.gone:
			case <-timer.C:
				s.link.end(closed)
			}
		}()
	})
	return nil
}

// statusFailure puts the exit status of a remote command into words.
func statusFailure(host string, status int, stderr cluster.Text) *cluster.Failure {
	what := fmt.Sprintf("remote command on %s ended with status %d", host, status)
	if said := strings.TrimSpace(stderr.String()); said != "" {
		what += ": " + said
	}
	switch status {
	case 126, 127: // POSIX: found but not executable, not found
		return cluster.Fail(cluster.FailShell, what, "has the host a POSIX shell at /bin/sh?")
	}
	return cluster.Fail(cluster.FailCommand, what, "")
}
