package demo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// login connects to a node with a key.
func login(t *testing.T, n Node, k ssh.Signer) (*ssh.Client, error) {
	t.Helper()
	return ssh.Dial("tcp", n.SSHAddr, &ssh.ClientConfig{
		User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(k)},
		HostKeyCallback: ssh.FixedHostKey(n.HostKey), Timeout: 10 * time.Second,
	})
}

// hostCluster has one node with a host, and returns a client logged in there.
func hostCluster(t *testing.T) (*Cluster, *handClock, *ssh.Client) {
	t.Helper()
	k := key(t)
	clock := &handClock{}
	c := run(t, Options{Scenario: "disk", Clock: clock, Authorized: []ssh.PublicKey{k.PublicKey()}, Allowed: allowEcho(), Hosts: 2})
	client, err := login(t, c.Nodes()[1], k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return c, clock, client
}

func TestWrongKey(t *testing.T) {
	c, _, _ := hostCluster(t)
	if client, err := login(t, c.Nodes()[1], key(t)); err == nil {
		_ = client.Close()
		t.Error("another key was let in")
	}
	none := run(t, Options{Clock: &handClock{}, Hosts: 1, Allowed: allowEcho()})
	if client, err := login(t, none.Nodes()[0], key(t)); err == nil {
		_ = client.Close()
		t.Error("a cluster without keys let one in")
	}
	client, err := ssh.Dial("tcp", c.Nodes()[1].SSHAddr, &ssh.ClientConfig{
		User: "ops", Auth: []ssh.AuthMethod{ssh.Password("")}, HostKeyCallback: ssh.FixedHostKey(c.Nodes()[1].HostKey),
	})
	if err == nil {
		_ = client.Close()
		t.Error("a password was let in")
	}
}

// execute runs a command with input, and returns what came back.
func execute(t *testing.T, client *ssh.Client, command, input string) (stdout, stderr string, status int) {
	t.Helper()
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out, errs bytes.Buffer
	s.Stdout, s.Stderr, s.Stdin = &out, &errs, strings.NewReader(input)
	err = s.Run(command)
	if exit := (*ssh.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitStatus()
	} else if err != nil {
		t.Errorf("%s: %v", command, err)
	}
	return out.String(), errs.String(), status
}

func TestRefusals(t *testing.T) {
	_, _, client := hostCluster(t)
	const allowed = "exec /bin/sh -s " + testNonce
	for name, tc := range map[string]struct{ command, input string }{
		"another command":     {"id", ""},
		"a longer command":    {allowed + "; id", echo},
		"no nonce":            {"exec /bin/sh -s ", echo},
		"a nonce with quotes": {"exec /bin/sh -s 0123456789abcdef0123456789abcde'", echo},
		"no script":           {allowed, ""},
		"half a script":       {allowed, echo[:len(echo)/2]},
		"an altered script":   {allowed, strings.Replace(echo, "exit 7", "exit 8", 1)},
		"something before":    {allowed, "id\n" + echo},
	} {
		stdout, stderr, status := execute(t, client, tc.command, tc.input)
		if status != refusedStatus || stdout != "" || !strings.Contains(stderr, "stemetop demo: refused: ") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, stdout, stderr)
		}
	}
	if stdout, _, status := execute(t, client, allowed, echo+"1\n"); status != 7 || !strings.Contains(stdout, testNonce+" ready") {
		t.Errorf("the allowed script: status %d, %q", status, stdout)
	}
}

func TestRefusedRequests(t *testing.T) {
	c, _, client := hostCluster(t)
	try := func(name string, f func(*ssh.Session) error) {
		s, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if f(s) == nil {
			t.Errorf("%s was allowed", name)
		}
	}
	try("a PTY", func(s *ssh.Session) error { return s.RequestPty("xterm", 24, 80, nil) })
	try("an environment variable", func(s *ssh.Session) error { return s.Setenv("LD_PRELOAD", "/tmp/x") })
	try("a shell", func(s *ssh.Session) error { return s.Shell() })
	try("a subsystem", func(s *ssh.Session) error { return s.RequestSubsystem("sftp") })
	if _, err := client.Dial("tcp", strings.TrimPrefix(c.Nodes()[0].MetricsURL, "http://")); err == nil {
		t.Error("forwarding was allowed")
	}
	if _, err := client.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("remote forwarding was allowed")
	}
	if _, _, err := client.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Errorf("a keepalive was not answered: %v", err)
	}
}

func TestLimits(t *testing.T) {
	k := key(t)
	c := run(t, Options{Clock: &handClock{}, Authorized: []ssh.PublicKey{k.PublicKey()}, Hosts: 1})
	open := 0
	for range maxConnections {
		client, err := login(t, c.Nodes()[0], k)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		if open++; open > 1 {
			continue
		}
		for range maxSessions {
			if _, err = client.NewSession(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err = client.NewSession(); err == nil {
			t.Error("one session too many")
		}
	}
	if client, err := login(t, c.Nodes()[0], k); err == nil {
		_ = client.Close()
		t.Error("one connection too many")
	}
}

// talk starts the echo script and returns its streams.
func talk(t *testing.T, client *ssh.Client) (*ssh.Session, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = s.Start("exec /bin/sh -s " + testNonce); err != nil {
		t.Fatal(err)
	}
	if _, err = io.WriteString(in, echo); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, testNonce+" ready in /") {
		t.Fatalf("%q, %v", line, err)
	}
	return s, in, r
}

// Each tick reads files of its own instant.
func TestTicks(t *testing.T) {
	_, clock, client := hostCluster(t)
	s, in, out := talk(t, client)
	before := 0.0
	for i := range 5 {
		clock.move(time.Second)
		if _, err := fmt.Fprintf(in, "tick %d\n", i); err != nil {
			t.Fatal(err)
		}
		line, err := out.ReadString('\n')
		word := strings.Fields(line)
		if err != nil || len(word) != 3 || word[1] != strconv.Itoa(i) {
			t.Fatalf("%q, %v", line, err)
		}
		up, err := strconv.ParseFloat(word[2], 64)
		if err != nil || i > 0 && (up < before+0.995 || up > before+1.005) {
			t.Errorf("uptime %v a second after %v", up, before)
		}
		before = up
	}
	_ = in.Close()
	var exit *ssh.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 7 {
		t.Errorf("at the end of its input the script ended with %v", err)
	}
}

// children returns the shells that run below dir.
func children(t *testing.T, dir string) (pids []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if cwd, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err == nil && strings.HasPrefix(cwd, dir) {
			pids = append(pids, e.Name())
		}
	}
	return pids
}

// However a session ends, its child ends with it.
func TestChildrenEnd(t *testing.T) {
	for name, end := range map[string]func(*Cluster, *ssh.Client, *ssh.Session){
		"session closed":    func(_ *Cluster, _ *ssh.Client, s *ssh.Session) { _ = s.Close() },
		"connection closed": func(_ *Cluster, c *ssh.Client, _ *ssh.Session) { _ = c.Close() },
		"cluster closed":    func(c *Cluster, _ *ssh.Client, _ *ssh.Session) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, _, client := hostCluster(t)
			s, _, _ := talk(t, client)
			if len(children(t, c.scratch.Path)) != 1 {
				t.Fatal("the script does not run where it should")
			}
			end(c, client, s)
			for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				left := children(t, c.scratch.Path)
				if len(left) == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("still running: %v", left)
				}
			}
		})
	}
}
