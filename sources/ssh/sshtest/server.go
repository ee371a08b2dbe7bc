// Package sshtest runs real OpenSSH servers on the loopback interface for the
// tests of this module. It is imported by tests only.
package sshtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const sshd = "/usr/sbin/sshd" // absolute: sshd executes itself again by argv[0]

// Options say how a server differs from the plain one, which lets the user of
// the test process in with Server.ClientKey and offers ed25519 and ecdsa host
// keys.
type Options struct {
	// Config are lines of sshd_config. They stand first, and the first value of
	// a keyword wins.
	Config string
	// HostKeys are key types out of "ed25519", "ecdsa" and "rsa".
	HostKeys []string
	// LoginShell and Home replace those of the user in the server's own view of
	// /etc/passwd. They need root, for a mount namespace. Without Home, $HOME is an
	// empty directory: a start-up file of the machine's own would be run at each login.
	LoginShell, Home string
	// Network is the network namespace that the server and its commands are in;
	// empty for the test's own. ClientConfig then reaches it by a ProxyCommand.
	Network string
}

// Server is a running sshd. The files it names vanish with the test.
type Server struct {
	Addr           string            // "127.0.0.1:port"
	Port           int               //
	User           string            // who may log in
	Dir            string            // of the files below
	HostKeys       map[string]string // private host key files by type; beside each the .pub
	ClientKey      string            // private key file that is let in; beside it the .pub
	AuthorizedKeys string            // what the server lets in
	KnownHosts     string            // all host keys under "[127.0.0.1]:port"
	ClientConfig   string            // an ssh_config that keeps the machine's own agent and known_hosts out

	t    testing.TB
	log  string
	cmd  *exec.Cmd
	done <-chan struct{} // closed when cmd has ended
}

// Start runs a server until the test ends or Kill. Without sshd the test fails
// and says what to install.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if _, err := os.Stat(sshd); err != nil {
		t.Fatalf("%v: apt-get install openssh-server", err)
	}
	s := newServer(t, o)
	for range 5 { // another process may take the port between choosing and binding it
		s.Port = freePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		s.write("sshd_config", s.config(o))
		if s.launch(o) {
			t.Cleanup(s.Kill)
			s.writeKnownHosts()
			return s
		}
	}
	t.Fatalf("sshd does not start: %s", s.Log())
	return nil
}

// Target is "user@127.0.0.1:port".
func (s *Server) Target() string { return s.User + "@" + s.Addr }

// Log returns what the server logged so far, at LogLevel VERBOSE.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Errorf("log of sshd: %v", err)
	}
	return string(b)
}

// WaitLog waits until the log holds text.
func (s *Server) WaitLog(text string) {
	s.t.Helper()
	if !eventually(func() bool { return strings.Contains(s.Log(), text) }) {
		s.t.Fatalf("sshd never logged %q but:\n%s", text, s.Log())
	}
}

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		// The packaged service makes it; sshd insists on it for its privilege separation.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { //nolint:gosec // must be readable for all
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	s := &Server{
		t: t, User: me.Username, Dir: dir, HostKeys: map[string]string{},
		ClientKey:      filepath.Join(dir, "client"),
		AuthorizedKeys: filepath.Join(dir, "authorized_keys"),
		KnownHosts:     filepath.Join(dir, "known_hosts"),
		log:            filepath.Join(dir, "sshd.log"),
	}
	if len(o.HostKeys) == 0 {
		o.HostKeys = []string{"ed25519", "ecdsa"}
	}
	for _, kind := range o.HostKeys {
		s.HostKeys[kind] = filepath.Join(dir, "host_"+kind)
		WriteKey(t, s.HostKeys[kind], NewKey(t, kind), "")
	}
	key := NewKey(t, "ed25519")
	WriteKey(t, s.ClientKey, key, "")
	s.Authorize(key)
	config := "IdentityAgent none\nGlobalKnownHostsFile none\n"
	if o.Network != "" {
		config += "ProxyCommand ip netns exec " + o.Network + " nc %h %p\n"
	}
	s.ClientConfig = s.write("client_config", config)
	return s
}

func (s *Server) config(o Options) string {
	var b strings.Builder
	b.WriteString(s.homeless(o) + "\n")
	fmt.Fprintf(&b, "ListenAddress %s\nAuthorizedKeysFile %s\n", s.Addr, s.AuthorizedKeys)
	for _, file := range s.HostKeys {
		fmt.Fprintf(&b, "HostKey %s\n", file)
	}
	b.WriteString(`PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv LANG LC_*
LogLevel VERBOSE
`)
	return b.String()
}

// homeless returns the configuration with another $HOME, unless it has one. Of SetEnv
// the first line counts.
func (s *Server) homeless(o Options) string {
	const set = "SetEnv "
	home := set + "HOME=" + s.t.TempDir() + " "
	switch {
	case o.Home != "" || strings.Contains(o.Config, "HOME="):
		return o.Config
	case strings.Contains(o.Config, set):
		return strings.Replace(o.Config, set, home, 1)
	}
	return o.Config + "\n" + home
}

// launch tells whether the server answers.
func (s *Server) launch(o Options) bool {
	args := []string{sshd, "-D", "-f", filepath.Join(s.Dir, "sshd_config"), "-E", s.log}
	// Since OpenSSH 9.8 a source is blocked after failures, which tests cause a lot of.
	quiet := []string{"-o", "PerSourcePenalties=no"}
	if exec.Command(sshd, append([]string{"-t"}, append(args[2:], quiet...)...)...).Run() == nil { //nolint:gosec // constant program
		args = append(args, quiet...)
	}
	args = s.inNamespace(o, args)
	if o.Network != "" {
		// It execs, so the process started stays the listener.
		args = append([]string{"/usr/sbin/ip", "netns", "exec", o.Network}, args...)
	}
	s.cmd = exec.Command(args[0], args[1:]...) //nolint:gosec // constant program
	var out bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	s.cmd.WaitDelay = time.Second
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	s.done = done
	go func(cmd *exec.Cmd) {
		defer close(done)
		_ = cmd.Wait() // nearly always the signal that Kill sent
	}(s.cmd)
	if eventually(func() bool { return s.listening() || s.dead() }) && !s.dead() {
		return true
	}
	s.Kill()
	s.t.Logf("sshd: %s", out.String())
	return false
}

// listening goes by the log: whoever answers at the port may be a stranger.
func (s *Server) listening() bool {
	return strings.Contains(s.Log(), "Server listening on 127.0.0.1 port "+strconv.Itoa(s.Port))
}

func (s *Server) dead() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *Server) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.Dir, name)
	writeFile(s.t, path, []byte(text))
	return path
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // frees the port
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("no TCP address: %v", l.Addr())
	}
	return address.Port
}

// eventually polls until ok holds or ten seconds are over.
func eventually(ok func() bool) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}
