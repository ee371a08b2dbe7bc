package sshtest

import (
	"os"
	"os/exec"
	"strings"
)

// inNamespace wraps the command so that it sees a passwd file of its own, if
// the options ask for one.
func (s *Server) inNamespace(o Options, args []string) []string {
	s.t.Helper()
	if o.LoginShell == "" && o.Home == "" {
		return args
	}
	if os.Getuid() != 0 {
		s.t.Fatal("another login shell needs a mount namespace: run this test as root")
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		s.t.Fatalf("%v: apt-get install util-linux", err)
	}
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		s.t.Fatal(err)
	}
	file := s.write("passwd", edit(string(passwd), s.User, o))
	if err := os.Chmod(file, 0o644); err != nil { //nolint:gosec // any user looks itself up in it
		s.t.Fatal(err)
	}
	// unshare and sh both exec, so the process started stays the listener.
	const bind = `mount --bind "$0" /etc/passwd && exec "$@"`
	return append([]string{unshare, "--mount", "--propagation", "private", "/bin/sh", "-c", bind, file}, args...)
}

// edit replaces home and shell of one user in the text of a passwd file.
func edit(passwd, user string, o Options) string {
	lines := strings.Split(passwd, "\n")
	for i, line := range lines {
		f := strings.Split(line, ":")
		if len(f) != 7 || f[0] != user {
			continue
		}
		if o.Home != "" {
			f[5] = o.Home
		}
		if o.LoginShell != "" {
			f[6] = o.LoginShell
		}
		lines[i] = strings.Join(f, ":")
	}
	return strings.Join(lines, "\n")
}
