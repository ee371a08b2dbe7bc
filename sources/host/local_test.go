package host_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/remote"
)

// local is a transport without a network: a child with pipes.
type local struct {
	shell string   // in place of /bin/sh; may be several words
	under []string // words before the command, a tracer
	user  *syscall.Credential
	mu    sync.Mutex
	last  *child
	count int
}

func (l *local) Start(_ context.Context, command string) (remote.Session, error) {
	if l.shell != "" {
		command = strings.Replace(command, "/bin/sh", l.shell, 1)
	}
	return l.run(command)
}

func (l *local) run(command string) (remote.Session, error) {
	args := append(append([]string{}, l.under...), "/bin/sh", "-c", command)
	c, err := startChild(exec.Command(args[0], args[1:]...), l.user)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = c
	l.count++
	return c, nil
}

func (l *local) Close() error { return nil }

func (l *local) child() *child {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

type child struct {
	io.Reader
	io.Writer
	files  []io.Closer
	cmd    *exec.Cmd
	stderr buffer
	done   chan struct{}
	err    error
}

type buffer struct {
	mu sync.Mutex
	b  []byte
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b = append(b.b, p...)
	return len(p), nil
}

func startChild(cmd *exec.Cmd, user *syscall.Credential) (*child, error) {
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &child{Reader: out, Writer: in, files: []io.Closer{in, out}, cmd: cmd, done: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &c.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: user}
	err = cmd.Start()
	_ = stdin.Close()
	_ = stdout.Close()
	if err != nil {
		return nil, err
	}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

func (c *child) Stderr() cluster.Text {
	c.stderr.mu.Lock()
	defer c.stderr.mu.Unlock()
	return cluster.Clean(string(c.stderr.b))
}

func (c *child) Wait() error { <-c.done; return c.err }

func (c *child) Close() error {
	for _, f := range c.files {
		_ = f.Close()
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.done
	return nil
}

// dialects are all that can answer a tick.
var dialects = []string{"gawk", "mawk", "busybox awk", "sh"}

// tool fails the test where a program that it needs is missing.
func tool(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: apt-get install %s", err, pkg)
	}
	return path
}

func needDialects(t testing.TB) {
	for _, name := range []string{"gawk", "mawk", "busybox", "dash"} {
		tool(t, name, name)
	}
}

// roots writes a captured host into a directory and returns its two roots. An
// archive is in the format txtar: after a comment, lines "-- NAME --" before
// the text of each file.
func roots(t testing.TB, archive string) (proc, sys string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", archive+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range strings.Split(string(b), "\n-- ")[1:] {
		name, text, ok := strings.Cut(file, " --\n")
		if !ok {
			t.Fatalf("%s: no file in %q", archive, file)
		}
		write(t, filepath.Join(dir, name), text+"\n")
	}
	return filepath.Join(dir, "proc"), filepath.Join(dir, "sys")
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkfifo(t testing.TB, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

// collector returns a collector that is closed with the test. It retries fast.
func collector(t testing.TB, o host.Options) *host.Collector {
	t.Helper()
	o.Node = "node2"
	if o.Clock == nil {
		o.Clock = sources.NewClock(1)
	}
	if o.Backoff == nil {
		o.Backoff = func(int) time.Duration { return time.Millisecond }
	}
	c := host.New(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// collect takes readings and fails the test on a failure.
func collect(t testing.TB, c *host.Collector) (*cluster.HostFacts, *cluster.HostReading) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var facts *cluster.HostFacts
	var reading *cluster.HostReading
	for _, r := range c.Collect(ctx) {
		if r.Err != nil {
			t.Fatalf("%s: %v (%v)", r.Err.Kind, r.Err, r.Err.Hint)
		}
		switch b := r.Body.(type) {
		case *cluster.HostFacts:
			facts = b
		case *cluster.HostReading:
			reading = b
		}
	}
	if reading == nil {
		t.Fatal("no reading")
	}
	return facts, reading
}
