package host_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// over makes a transport of package ssh one of package host.
type over struct {
	t interface {
		Start(ctx context.Context, command string) (ssh.Session, error)
		Close() error
	}
}

func (o over) Start(ctx context.Context, command string) (remote.Session, error) {
	return o.t.Start(ctx, command)
}

func (o over) Close() error { return o.t.Close() }

// transports are both ways to reach the server.
func transports(t testing.TB, s *sshtest.Server) map[string]remote.Transport {
	t.Helper()
	o := ssh.Options{Target: s.Target(), ConfigFile: s.ClientConfig, KnownHosts: []string{s.KnownHosts}, IdentityFile: s.ClientKey}
	builtin, err := ssh.New(o)
	if err != nil {
		t.Fatal(err)
	}
	openssh, err := ssh.NewOpenSSH(o)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]remote.Transport{"builtin": over{builtin}, "openssh": over{openssh}}
}

// noise is what a start-up file may print: frames that are none, escapes, much.
const noise = `echo '@x E 1 stat 0'
echo "@00000000000000000000000000000000 HELLO 1 Plan9"
printf '\033]0;owned\007\033[2J'
i=0
while [ $i -lt 1000 ]; do
	echo "$i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	i=$((i + 1))
done
printf 'no newline at the end'
`

func TestLoginShells(t *testing.T) {
	for _, shell := range []string{"bash", "dash", "zsh", "fish", "tcsh"} {
		t.Run(shell, func(t *testing.T) {
			home := t.TempDir()
			write(t, filepath.Join(home, ".bashrc"), noise)
			write(t, filepath.Join(home, ".zshenv"), noise)
			write(t, filepath.Join(home, ".cshrc"), "echo '@x E 1 stat 0'; echo -n 'no newline'\n")
			write(t, filepath.Join(home, ".config/fish/config.fish"), "echo '@x E 1 stat 0'; echo -n 'no newline'\n")
			s := sshtest.Start(t, sshtest.Options{LoginShell: tool(t, shell, shell), Home: home})
			for name, tr := range transports(t, s) {
				facts, r := collect(t, collector(t, host.Options{Transport: tr, WALPath: "/"}))
				if facts.OS.String() != "Linux" || r.Uptime <= 0 || len(r.PerCPU) == 0 || len(r.Disks) == 0 || facts.WAL.Device.IsZero() {
					t.Errorf("%s: %+v %+v", name, facts, r)
				}
			}
		})
	}
}

// TestStartUpFileTakesALine: one that asks for Enter gets it, and the script comes whole.
func TestStartUpFileTakesALine(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".bashrc"), "echo 'Accept the policy?'; read -r X; read -r Y\n")
	s := sshtest.Start(t, sshtest.Options{LoginShell: tool(t, "bash", "bash"), Home: home})
	for name, tr := range transports(t, s) {
		facts, r := collect(t, collector(t, host.Options{Transport: tr, WALPath: "/"}))
		if facts.OS.String() != "Linux" || len(r.PerCPU) == 0 {
			t.Errorf("%s: %+v %+v", name, facts, r)
		}
	}
}

func TestMaxSessionsOne(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: "MaxSessions 1\n"})
	for _, tr := range transports(t, s) {
		c := collector(t, host.Options{Transport: tr})
		for range 3 {
			collect(t, c)
		}
	}
	if n := strings.Count(s.Log(), "Accepted publickey"); n != 2 {
		t.Errorf("%d logins of two collectors", n)
	}
}

// A host that refuses or replaces the command is named as such, and not asked
// again before a minute is over.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		o          sshtest.Options
	}{
		{"ForceCommand", "hi there", sshtest.Options{Config: "ForceCommand echo hi there\n"}},
		{"ForceCommand fails", "exit 3 now", sshtest.Options{Config: "ForceCommand echo exit 3 now >&2; exit 3\n"}},
		{"ForceCommand echoes", "stemetop()", sshtest.Options{Config: "ForceCommand cat\n"}},
		{"ForceCommand never ends", "256 KiB printed", sshtest.Options{Config: "ForceCommand yes\n"}},
		{"nologin", "not available", sshtest.Options{LoginShell: "/usr/sbin/nologin", Home: "/tmp"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sshtest.Start(t, tt.o)
			for name, tr := range transports(t, s) {
				c := collector(t, host.Options{Transport: tr})
				c.SetLimits(2*time.Second, 3*time.Second)
				before := strings.Count(s.Log(), "Accepted publickey")
				f := failure(t, c)
				if f.Kind != cluster.FailCommand || !strings.Contains(f.What.String(), tt.want) || f.Hint.IsZero() {
					t.Errorf("%s: %s: %s (%s)", name, f.Kind, f.What, f.Hint)
				}
				for range 5 {
					if f := failure(t, c); !strings.Contains(f.What.String(), "next try in 60 s") && !strings.Contains(f.What.String(), "next try in 59 s") {
						t.Errorf("%s: %s", name, f.What)
					}
				}
				if n := strings.Count(s.Log(), "Accepted publickey") - before; n != 1 {
					t.Errorf("%s: %d logins", name, n)
				}
			}
		})
	}
}

// failure takes readings and fails the test if the last one is none.
func failure(t testing.TB, c *host.Collector) *cluster.Failure {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	rs := c.Collect(ctx)
	if len(rs) == 0 || rs[len(rs)-1].Err == nil {
		t.Fatalf("no failure: %+v", rs)
	}
	return rs[len(rs)-1].Err
}

// asked counts the ticks that are sent.
type asked struct {
	remote.Transport
	n atomic.Int64
}

type askedSession struct {
	remote.Session
	n *atomic.Int64
}

func (a *asked) Start(ctx context.Context, command string) (remote.Session, error) {
	s, err := a.Transport.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	return askedSession{s, &a.n}, nil
}

func (a askedSession) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "T ") {
		a.n.Add(1)
	}
	return a.Session.Write(p)
}

// A host that stops is slow, has one tick outstanding however often it is asked,
// and goes on with one answer; one that stays stopped is connected to again.
func TestStopped(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for name, tr := range transports(t, s) {
		t.Run(name, func(t *testing.T) {
			a := &asked{Transport: tr}
			c := collector(t, host.Options{Transport: a})
			c.SetLimits(10*time.Second, 300*time.Millisecond)
			collect(t, c)
			before := a.n.Load()
			stopped := s.Processes()
			for _, pid := range stopped {
				s.Stop(pid)
			}
			for range 2 {
				if f := failure(t, c); f.Kind != cluster.FailTimeout || !strings.HasPrefix(f.What.String(), "slow: ") {
					t.Errorf("%s: %s", f.Kind, f.What)
				}
			}
			for _, pid := range stopped {
				s.Cont(pid)
			}
			_, r := collect(t, c)
			if n := a.n.Load() - before; n != 2 {
				t.Errorf("%d ticks were sent, not the slow one and one more", n)
			}
			_, next := collect(t, c)
			if next.Uptime < r.Uptime {
				t.Errorf("an old answer: %v after %v", next.Uptime, r.Uptime)
			}
			for _, pid := range s.Processes() {
				s.Stop(pid)
			}
			var f *cluster.Failure
			for range 3 {
				f = failure(t, c)
			}
			if !strings.Contains(f.What.String(), "connecting again") {
				t.Errorf("%s", f.What)
			}
			until(t, "a reading over a new connection", func() bool {
				rs := c.Collect(t.Context())
				return len(rs) > 0 && rs[len(rs)-1].Err == nil
			})
			for _, pid := range s.Processes() {
				s.Cont(pid)
			}
		})
	}
}

func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Our death leaves nothing behind on the host.
func TestKilledMonitor(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asClient+"="+s.Target(), "CONFIG="+s.ClientConfig, "KNOWN_HOSTS="+s.KnownHosts, "IDENTITY="+s.ClientKey)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 3 {
		lines.Scan()
	}
	if len(s.Processes()) < 2 {
		t.Errorf("nothing runs on the host: %v", s.Processes())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "the host is empty", func() bool { return len(s.Processes()) == 0 })
}

// Close leaves nothing behind either, and a collector can be closed at any time.
func TestClose(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for _, tr := range transports(t, s) {
		c := collector(t, host.Options{Transport: tr})
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		collect(t, c)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		until(t, "the host is empty", func() bool { return len(s.Processes()) == 0 })
	}
}

// BenchmarkSSHTick measures what a tick costs the monitored host, with its sshd.
// Budget: 1 ms with an awk, 3 ms with dash.
func BenchmarkSSHTick(b *testing.B) {
	needDialects(b)
	for _, dialect := range dialects {
		b.Run(strings.ReplaceAll(dialect, " ", "-"), func(b *testing.B) {
			s := sshtest.Start(b, sshtest.Options{})
			c := collector(b, rare(transports(b, s)["builtin"], dialect))
			collect(b, c)
			pids := s.Processes()
			before := cpuOf(b, pids...)
			b.ResetTimer()
			ordinary(b, c, b.N)
			b.StopTimer()
			used := cpuOf(b, pids...) - before
			b.ReportMetric(float64(used.Microseconds())/float64(b.N), "host-us/tick")
			if each := used / time.Duration(b.N); b.N >= 300 && each > map[bool]time.Duration{true: 3 * time.Millisecond, false: time.Millisecond}[dialect == "sh"] {
				b.Errorf("%v a tick is over the budget", each)
			}
		})
	}
}
