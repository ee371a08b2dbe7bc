package ssh

import (
	"bufio"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		tr := dial(t, options(s))
		for _, c := range []struct {
			command, stdout string
			kind            cluster.FailureKind
			words           string
		}{
			{command: "echo hello", stdout: "hello\n"},
			{command: "tty >/dev/null && echo terminal; echo ${SSH_AUTH_SOCK-none}", stdout: "none\n"},
			{command: "echo half; echo why >&2; exit 3", stdout: "half\n", kind: cluster.FailCommand, words: "status 3: why"},
			{command: "exit 255", kind: cluster.FailCommand, words: "status 255"},
			{command: "exec /no/such/shell", kind: cluster.FailShell, words: "127"},
			{command: "kill -9 $$", kind: cluster.FailCommand},
		} {
			out, f := run(t, tr, c.command)
			if out != c.stdout {
				t.Errorf("%s: stdout %q, want %q", c.command, out, c.stdout)
			}
			if c.kind != "" {
				want(t, f, c.kind, c.words)
			} else if f != nil {
				t.Errorf("%s: %v", c.command, f)
			}
		}
	})
}

func TestStreams(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		session, err := dial(t, options(s)).Start(t.Context(), "printf '\\033]0;x\\007' >&2; while read -r l; do echo \"<$l>\"; done")
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		r := bufio.NewReader(session)
		for _, line := range []string{"one", "two"} {
			if _, err := io.WriteString(session, line+"\n"); err != nil {
				t.Fatal(err)
			}
			if got, err := r.ReadString('\n'); err != nil || got != "<"+line+">\n" {
				t.Fatalf("%q %v", got, err)
			}
		}
		eventually(t, "escapes of stderr are shown, not sent", func() bool {
			return session.Stderr().String() == `\x1b]0;x\x07`
		})
	})
}

// Our own end leaves nothing behind on the host: the command sees EOF.
func TestCloseEndsTheCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		session, err := dial(t, options(s)).Start(t.Context(), "echo on; while read -r l; do :; done")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(session, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		want(t, fail(t, session.Wait()), cluster.FailReset)
		eventually(t, "no process left", func() bool { return len(s.Processes()) == 0 })
	})
}

func TestForceCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: "ForceCommand echo hi"})
	each(t, func(t *testing.T, dial dialer) {
		if out, f := run(t, dial(t, options(s)), "echo hello"); out != "hi\n" || f != nil {
			t.Errorf("got %q %v", out, f)
		}
	})
}

func TestNologin(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{LoginShell: "/usr/sbin/nologin"})
	each(t, func(t *testing.T, dial dialer) {
		out, f := run(t, dial(t, options(s)), "echo hello")
		want(t, f, cluster.FailCommand, "status 1")
		if !strings.Contains(out, "not available") {
			t.Errorf("stdout %q", out)
		}
	})
}

// A command passes every login shell unchanged if it has no quotes.
func TestLoginShells(t *testing.T) {
	for _, shell := range []string{"/usr/bin/fish", "/bin/csh", "/bin/dash"} {
		t.Run(shell[strings.LastIndexByte(shell, '/')+1:], func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{LoginShell: shell, Home: t.TempDir()})
			each(t, func(t *testing.T, dial dialer) {
				session, err := dial(t, options(s)).Start(t.Context(), "exec /bin/sh -s nonce")
				if err != nil {
					t.Fatal(err)
				}
				defer session.Close()
				if _, err := io.WriteString(session, "echo \"$1\"; exit\n"); err != nil {
					t.Fatal(err)
				}
				if out, err := io.ReadAll(session); string(out) != "nonce\n" {
					t.Errorf("got %q %v, stderr %q", out, err, session.Stderr())
				}
			})
		})
	}
}

func TestBanner(t *testing.T) {
	file := write(t, "banner", "welcome \x1b[31m100%s\u202e\n")
	s := sshtest.Start(t, sshtest.Options{Config: "Banner " + file})
	each(t, func(t *testing.T, dial dialer) { wantOK(t, dial(t, options(s))) })
	o := options(s)
	o.IdentityFile = filepath.Join(t.TempDir(), "id")
	sshtest.WriteKey(t, o.IdentityFile, sshtest.NewKey(t, "ed25519"), "")
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailAuth, `its banner says: welcome \x1b[31m100%s`)
	if strings.ContainsAny(f.What.String(), "\u202e\x1b") {
		t.Errorf("not clean: %q", f.What)
	}
}

// Two sessions share the builtin transport's connection.
func TestOneConnection(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	tr := builtin(t, options(s))
	for range 2 {
		if _, err := tr.Start(t.Context(), "cat"); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(s.Log(), "Accepted publickey"); n != 1 {
		t.Errorf("%d connections", n)
	}
}
