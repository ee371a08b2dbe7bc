package ssh

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// OpenSSH is the transport that runs the system's ssh, one child and one
// connection per session. It can ask for nothing: encrypted keys have to be in
// the agent.
type OpenSSH struct {
	options Options
	target  target
	binary  string

	mu       sync.Mutex
	sessions map[*childSession]struct{}
	stranger stranger
}

// NewOpenSSH returns the transport to a host. It errs if Options.Target can't
// be one, or if there is no ssh.
func NewOpenSSH(o Options) (*OpenSSH, error) {
	o.setDefaults()
	t, err := parseTarget(o.Target)
	if err != nil {
		return nil, err
	}
	binary, err := exec.LookPath("ssh")
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, "ssh.transport openssh: "+err.Error(),
			"install the ssh client (openssh-client), or set ssh.transport: builtin")
	}
	return &OpenSSH{options: o, target: t, binary: binary, sessions: map[*childSession]struct{}{}}, nil
}

// Start starts ssh. That it can't connect is not known yet then: Read ends, and
// Wait says why.
func (o *OpenSSH) Start(ctx context.Context, command string) (Session, error) {
	way, proxied := o.way(ctx)
	p, err := o.options.Shared.dials.begin(ctx, way)
	if err != nil {
		return nil, err
	}
	s := &childSession{host: o.target.host, done: make(chan struct{}), stderr: &tail{}}
	s.connected = p.end
	s.closed = func() { o.forget(s) }
	s.ctx, s.gone = context.WithCancel(context.Background())
	s.failure = sync.OnceValue(func() error {
		err := childFailure(s.host, s.err, s.cmd.ProcessState, s.stderr.String())
		if proxied {
			if f := o.proxyFailure(s.stderr.String()); f != nil {
				err = f
			}
		}
		if f, ok := errors.AsType[*cluster.Failure](err); ok && f.Kind == cluster.FailHostUnknown && f.Hint.String() != hintCertificate {
			return o.introduce(s.ctx, f)
		}
		return err
	})
	if err := s.start(exec.Command(o.binary, o.args(command)...)); err != nil { //nolint:gosec // the target stands after --
		s.connected()
		s.gone()
		return nil, cluster.Fail(cluster.FailConfig, "ssh does not start: "+err.Error(), "")
	}
	// ssh does not tell when it is connected: the first answer does, or its end.
	time.AfterFunc(passAfter, p.give)
	time.AfterFunc(o.options.DialTimeout, s.connected)
	o.mu.Lock()
	o.sessions[s] = struct{}{}
	o.mu.Unlock()
	return s, nil
}

// way is by which way ssh connects, by its first jump host where it has one, and
// whether a ProxyCommand leads to the host. Where that is not known, ssh itself
// will say why.
func (o *OpenSSH) way(ctx context.Context) (way string, proxied bool) {
	hops, err := o.options.Shared.config.route(ctx, o.options.ConfigFile, o.target)
	if err != nil {
		return o.target.String(), false
	}
	return hops[0].way(), len(hops) == 1 && hops[0].proxyCommand != ""
}

// proxyFailure finds in what ssh printed why no SSH server was heard by way of the
// ProxyCommand; nil where one was.
func (o *OpenSSH) proxyFailure(stderr string) *cluster.Failure {
	words, closed, late := proxyWords(stderr)
	switch {
	case late:
		return proxySilent(o.target.host, o.options.DialTimeout, words)
	case closed && words != "":
		return proxyEnded(o.target.host, " ended", -1, words)
	case closed:
		// It may have done its part.
		return cluster.Fail(cluster.FailBusy, "ProxyCommand of "+o.target.host+" ended without a word before the key exchange",
			"run it by hand; or what it leads to hung up: MaxStartups of an sshd, or none at that port")
	}
	return nil
}

// Close ends every session.
func (o *OpenSSH) Close() error {
	o.mu.Lock()
	open := make([]*childSession, 0, len(o.sessions))
	for s := range o.sessions {
		open = append(open, s)
	}
	o.mu.Unlock()
	for _, s := range open {
		_ = s.Close() // it has no error
	}
	return nil
}

func (o *OpenSSH) forget(s *childSession) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.sessions, s)
}

// args overrides all of the configuration that could ask, forward, share a
// connection or run something else.
func (o *OpenSSH) args(command string) []string {
	interval := math.Ceil(o.options.KeepaliveInterval.Seconds())
	args := []string{
		"-T", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oUpdateHostKeys=no",
		fmt.Sprintf("-oServerAliveInterval=%.0f", interval),
		fmt.Sprintf("-oServerAliveCountMax=%.0f", math.Ceil(o.options.KeepaliveTimeout.Seconds()/interval)),
		fmt.Sprintf("-oConnectTimeout=%.0f", math.Ceil(o.options.DialTimeout.Seconds())),
		"-oControlMaster=no", "-oControlPath=none", "-oClearAllForwardings=yes", "-oForwardAgent=no", "-oForwardX11=no",
		"-oPermitLocalCommand=no", "-oRemoteCommand=none", "-oRequestTTY=no",
		"-oLogLevel=INFO", // QUIET would hide the reason of a failure
	}
	if files := o.options.KnownHosts; len(files) > 0 {
		var quoted []string
		for _, f := range files {
			quoted = append(quoted, `"`+strings.ReplaceAll(tilde(f), "%", "%%")+`"`)
		}
		args = append(args, "-oUserKnownHostsFile="+strings.Join(quoted, " "))
	}
	if o.options.IdentityFile != "" {
		args = append(args, "-i", tilde(o.options.IdentityFile))
	}
	return append(append(args, targetArgs(o.options.ConfigFile, o.target)...), command)
}

// childSession is a remote command by way of a child.
type childSession struct {
	host          string
	cmd           *exec.Cmd
	stdin, stdout *os.File
	stderr        *tail
	connected     func() // lets the next host connect
	closed        func() // called once the child was reaped
	done          chan struct{}
	err           error           // of the child; valid after done
	failure       func() error    // why it ended, in our words; call it after done
	ctx           context.Context //nolint:containedctx // it is the session's own life, ended by Close
	gone          context.CancelFunc
	once          sync.Once
}

// start starts the child with pipes of our own: those of package exec close as
// soon as the child is reaped, which may be before all is read.
func (s *childSession) start(cmd *exec.Cmd) error {
	in, stdin, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // the child's end
	stdout, out, err := os.Pipe()
	if err != nil {
		_ = stdin.Close()
		return err
	}
	defer out.Close() //nolint:errcheck // the child's end
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, s.stderr
	cmd.Env = childEnv(os.Environ())
	cmd.WaitDelay = time.Second // a jump host's ssh may outlive it for a while, with its stderr
	detach(cmd)
	if err := cmd.Start(); err != nil {
		_ = stdin.Close()
		_ = stdout.Close()
		return err
	}
	s.cmd, s.stdin, s.stdout = cmd, stdin, stdout
	go func() {
		s.err = cmd.Wait()
		s.connected()
		close(s.done)
		s.closed()
	}()
	return nil
}

// endWithin is how long a child may live on after the end of its output.
const endWithin = time.Second

// Read reads the remote stdout. It ends when Wait has its answer, which may take
// another connection: who reads to the end waits no longer than a moment for why.
func (s *childSession) Read(p []byte) (int, error) {
	n, err := s.stdout.Read(p)
	switch {
	case n > 0:
		s.connected()
	case err != nil:
		late := time.NewTimer(endWithin)
		defer late.Stop()
		select {
		case <-s.done:
			_ = s.failure()
		case <-late.C:
		}
	}
	return n, err //nolint:wrapcheck // io.EOF has to stay itself
}

// Write writes to the remote stdin.
func (s *childSession) Write(p []byte) (int, error) {
	return s.stdin.Write(p) //nolint:wrapcheck // a broken pipe; Wait says why
}

// Stderr returns the end of what ssh and the command printed there.
func (s *childSession) Stderr() cluster.Text { return s.stderr.text() }

// Wait returns why the command, or ssh itself, ended.
func (s *childSession) Wait() error {
	<-s.done
	return s.failure()
}

// Close kills the child, and what it started, and reaps it.
func (s *childSession) Close() error {
	s.once.Do(func() {
		s.gone()
		select {
		case <-s.done:
		default:
			_ = killGroup(s.cmd) // it may end just now
			<-s.done
		}
		_ = s.stdin.Close()
		_ = s.stdout.Close()
	})
	return nil
}
