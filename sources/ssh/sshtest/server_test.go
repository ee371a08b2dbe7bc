package sshtest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func run(t *testing.T, s *Server, command string) string {
	t.Helper()
	out, err := exec.Command("ssh", "-F", s.ClientConfig, "-oBatchMode=yes", "-oUserKnownHostsFile="+s.KnownHosts,
		"-i", s.ClientKey, "-T", "ssh://"+s.Target(), command).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh: %v: %s\n%s", err, out, s.Log())
	}
	return strings.TrimSpace(string(out))
}

func TestServer(t *testing.T) {
	s := Start(t, Options{})
	if got := run(t, s, "echo hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	s.WaitLog("Accepted publickey")
}

func TestLoginShellAndHome(t *testing.T) {
	home := t.TempDir()
	for _, shell := range []string{"/bin/dash", "/bin/csh"} {
		t.Run(filepath.Base(shell), func(t *testing.T) {
			s := Start(t, Options{LoginShell: shell, Home: home})
			if got := run(t, s, `echo $0 $HOME`); !strings.Contains(got, filepath.Base(shell)) && shell != "/bin/csh" {
				t.Errorf("not the login shell %s: %q", shell, got)
			} else if !strings.HasSuffix(got, home) {
				t.Errorf("not the home %s: %q", home, got)
			}
		})
	}
}
