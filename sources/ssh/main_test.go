package ssh

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type transport interface {
	Start(ctx context.Context, command string) (Session, error)
	Close() error
}

var (
	_ transport = (*Builtin)(nil)
	_ transport = (*OpenSSH)(nil)
)

// dialer makes a transport that is closed with the test.
type dialer func(t *testing.T, o Options) transport

func builtin(t *testing.T, o Options) transport {
	tr, err := New(o)
	return opened(t, tr, err)
}

func openssh(t *testing.T, o Options) transport {
	tr, err := NewOpenSSH(o)
	return opened(t, tr, err)
}

func opened[T transport](t *testing.T, tr T, err error) transport {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

// each runs a test over both transports.
func each(t *testing.T, test func(t *testing.T, dial dialer)) {
	t.Helper()
	for name, dial := range map[string]dialer{"builtin": builtin, "openssh": openssh} {
		t.Run(name, func(t *testing.T) { test(t, dial) })
	}
}

func options(s *sshtest.Server) Options {
	return Options{
		Target: s.Target(), ConfigFile: s.ClientConfig, KnownHosts: []string{s.KnownHosts}, IdentityFile: s.ClientKey,
	}
}

// run runs a command to its end.
func run(t *testing.T, tr transport, command string) (stdout string, failure *cluster.Failure) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := tr.Start(ctx, command)
	if err != nil {
		return "", fail(t, err)
	}
	out, err := io.ReadAll(s)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	failure = fail(t, s.Wait())
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	return string(out), failure
}

// fail returns the failure that an error must be.
func fail(t *testing.T, err error) *cluster.Failure {
	t.Helper()
	if err == nil {
		return nil
	}
	var f *cluster.Failure
	if !errors.As(err, &f) {
		t.Fatalf("not a failure: %T %v", err, err)
	}
	return f
}

// want checks the kind of a failure and words in what it says.
func want(t *testing.T, f *cluster.Failure, kind cluster.FailureKind, words ...string) {
	t.Helper()
	if f == nil {
		t.Fatalf("no failure, want %s", kind)
	}
	if f.Kind != kind {
		t.Errorf("kind %s, want %s: %s", f.Kind, kind, f.What)
	}
	for _, w := range words {
		if !strings.Contains(f.What.String()+"\n"+f.Hint.String(), w) {
			t.Errorf("no %q in %q, hint %q", w, f.What, f.Hint)
		}
	}
}

func wantOK(t *testing.T, tr transport) {
	t.Helper()
	if out, f := run(t, tr, "echo hello"); f != nil || out != "hello\n" {
		t.Fatalf("got %q, %v", out, f)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}
