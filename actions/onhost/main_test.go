package onhost

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// asClient makes the test binary one that talks to the server it names, until it
// is killed.
const asClient = "STEMETOP_ONHOST_CLIENT"

func TestMain(m *testing.M) {
	if os.Getenv(asClient) != "" {
		client()
		return
	}
	goleak.VerifyTestMain(m)
}

// over is a host that is reached by a transport, as the program does it.
type over struct{ remote.Transport }

func (o over) Open(ctx context.Context, script []byte, parameters []string) (Talk, *cluster.Failure) {
	said := make(chan Line)
	link, failure := remote.Open(ctx, o.Transport, script, parameters, remote.DefaultLimits, func(r *remote.Reader, quit <-chan struct{}) error {
		defer close(said)
		for {
			raw, err := r.Line()
			if err != nil {
				return err
			}
			l := Line{Text: string(raw)}
			if words, ok := r.Frame(raw); ok {
				for _, w := range words {
					l.Words = append(l.Words, string(w))
				}
			}
			select {
			case said <- l:
			case <-quit:
				return io.ErrClosedPipe
			}
		}
	})
	if failure != nil {
		return nil, failure
	}
	return &linked{link, said}, nil
}

type linked struct {
	*remote.Link
	said <-chan Line
}

func (l *linked) Said() <-chan Line { return l.said }

func (l *linked) Death() *cluster.Failure {
	<-l.Ended()
	return l.Link.Death()
}

// server is a host behind a real sshd, with tools of the test's before its own.
type server struct {
	*sshtest.Server
	Host
	t     testing.TB
	tools string
}

// start runs an sshd. Its scripts find the tools of s.tools first, and the start-up
// files of whoever runs the test have no say: what they start must not be killed.
func start(t testing.TB, o sshtest.Options) *server {
	tools := t.TempDir()
	o.Config += "\nSetEnv STEMETOP_PATH=" + tools + " HOME=" + t.TempDir() + "\n"
	s := &server{Server: sshtest.Start(t, o), t: t, tools: tools}
	s.Host = over{transport(t, s.Target(), s.ClientConfig, s.KnownHosts, s.ClientKey)}
	return s
}

func transport(t testing.TB, target, config, known, identity string) remote.Transport {
	tr, err := ssh.New(ssh.Options{Target: target, ConfigFile: config, KnownHosts: []string{known}, IdentityFile: identity})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return sessions{tr.Start, tr.Close}
}

type sessions struct {
	start func(context.Context, string) (ssh.Session, error)
	close func() error
}

func (s sessions) Start(ctx context.Context, command string) (remote.Session, error) {
	session, err := s.start(ctx, command)
	if err != nil {
		return nil, err
	}
	return session, nil
}

func (s sessions) Close() error { return s.close() }

// tool puts a shell script before the tool of that name; REAL in it is the path
// of the real one.
func (s *server) tool(name, body string) {
	s.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/nowhere/" + name
	}
	file := filepath.Join(s.tools, name)
	text := "#!/bin/sh\n" + strings.ReplaceAll(body, "REAL", path) + "\n"
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// untool takes the tools of the test away.
func (s *server) untool() {
	files, _ := filepath.Glob(s.tools + "/*")
	for _, f := range files {
		os.Remove(f)
	}
}

// cut kills what serves the connection, as a lost network and a keepalive would.
func (s *server) cut() {
	for _, pid := range s.Sessions() {
		if p, err := os.FindProcess(pid); err == nil {
			p.Kill()
		}
	}
}

// nobody makes logins those of an account without rights.
func nobody(t testing.TB) sshtest.Options {
	dir := opened(t, t.TempDir())
	shell := filepath.Join(dir, "shell")
	must(t, os.WriteFile(shell, []byte("#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups /bin/sh \"$@\"\n"), 0o755))
	return sshtest.Options{LoginShell: shell, Home: "/"}
}

// opened makes a directory and those above it, up to /tmp, passable for all.
func opened(t testing.TB, dir string) string {
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		must(t, os.Chmod(d, 0o755))
	}
	return dir
}

// mounted mounts a file system on a new directory.
func mounted(t testing.TB, kind, options string) string {
	t.Helper()
	dir := t.TempDir()
	command(t, "mount", "-t", kind, "-o", options, "none", dir)
	t.Cleanup(func() { command(t, "umount", "-l", dir) })
	return dir
}

// disk makes an ext4 of so many MiB on a loop device.
func disk(t testing.TB, mib int) string {
	t.Helper()
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, int64(mib)<<20))
	command(t, "mkfs.ext4", "-q", "-m", "0", image)
	command(t, "mount", "-o", "loop", image, dir)
	t.Cleanup(func() { command(t, "umount", "-l", dir) })
	return dir
}

func command(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// want checks a verdict and a part of the words for it.
func want(t testing.TB, name string, r admin.Result, v admin.Verdict, words string) {
	t.Helper()
	said := "nil"
	if r.Failure != nil {
		said = fmt.Sprintf("%s (%s)", r.Failure.What, r.Failure.Hint)
	}
	if r.Verdict != v || (r.Failure == nil) != (v == admin.Accepted) || !strings.Contains(said, words) && words != "" {
		t.Errorf("%s: %s: %s; want %s: %q", name, r.Verdict, said, v, words)
	}
}

func refused(t testing.TB, name string, f *cluster.Failure, kind cluster.FailureKind, words string) {
	t.Helper()
	if f == nil || f.Kind != kind || !strings.Contains(f.What.String(), words) {
		t.Errorf("%s: got %+v, want %s: %q", name, f, kind, words)
	}
}
