package ssh

import (
	"crypto"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func line(t *testing.T, name string, key crypto.Signer) string {
	t.Helper()
	return xknownhosts.Line([]string{name}, sshtest.Public(t, key)) + "\n"
}

func print256(t *testing.T, key crypto.Signer) string {
	t.Helper()
	return xssh.FingerprintSHA256(sshtest.Public(t, key))
}

func TestHostKeys(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	ed25519 := s.KnownHostsLine("ed25519")
	fields := strings.Fields(ed25519)
	name, rest := fields[0], strings.Join(fields[1:], " ")+"\n"
	own := sshtest.ReadKey(t, s.HostKeys["ed25519"])
	other := sshtest.NewKey(t, "ed25519")
	for _, c := range []struct {
		name, known string
		kind        cluster.FailureKind
		words       []string
		builtin     []string // said by it alone
	}{
		// Without the choice of algorithms the server presents another key of its own.
		{name: "ed25519 only", known: ed25519},
		{name: "ecdsa only", known: s.KnownHostsLine("ecdsa")},
		{name: "hashed", known: xknownhosts.HashHostname(name) + " " + rest},
		{name: "without port", known: "127.0.0.1 " + rest},
		{name: "wildcard", known: "127.0.0.* " + rest},
		{name: "one of several", known: line(t, name, other) + ed25519},
		{name: "comment", known: "# nothing\n\n" + ed25519},
		{name: "lines that can't be read", known: "old 1024 35 12345678901234567890\nnew ssh-ed448 AAAACXNzaC1lZDQ0OA==\nhalf\n" + ed25519},
		{
			name: "changed, behind a line that can't be read", known: "half\n" + line(t, name, other), kind: cluster.FailHostChanged,
			words: []string{"CHANGED"}, builtin: []string{"known_hosts:2 has " + "ed25519 " + print256(t, other), "known_hosts;"},
		},
		{
			name: "unknown, behind a line that can't be read", known: "\nhalf\n", kind: cluster.FailHostUnknown,
			words: []string{"not in known_hosts"}, builtin: []string{"known_hosts:2 can't be read"},
		},
		{
			name: "unknown", known: line(t, "elsewhere", own), kind: cluster.FailHostUnknown,
			words:   []string{"not in known_hosts", "ed25519 " + print256(t, own), "compare this fingerprint", "ssh-keygen -lf"},
			builtin: []string{"ssh-keyscan -p"},
		},
		{
			name: "changed", known: line(t, name, other), kind: cluster.FailHostChanged,
			words:   []string{"CHANGED", print256(t, own), "someone may be in between", ":1"},
			builtin: []string{print256(t, other), "ssh-keygen -R '" + name + "'", "ssh-keyscan"},
		},
		{
			name: "revoked", known: ed25519 + "@revoked * " + rest, kind: cluster.FailHostRevoked, words: []string{"do not connect"},
			builtin: []string{":2", print256(t, own)},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.KnownHosts = []string{write(t, "known_hosts", c.known)}
				tr := dial(t, o)
				if c.kind == "" {
					wantOK(t, tr)
					return
				}
				_, f := run(t, tr, "echo hello")
				want(t, f, c.kind, c.words...)
				if _, ok := tr.(*Builtin); ok {
					want(t, f, c.kind, c.builtin...)
				}
			})
		})
	}
}

// A HostKeyAlias is looked up as it is written, be that with a port; what can't be
// looked up is no certificate.
func TestHostKeyAliasAsWritten(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	own, other := sshtest.ReadKey(t, s.HostKeys["ed25519"]), sshtest.NewKey(t, "ed25519")
	for _, c := range []struct {
		name, alias string
		known       string
		kind        cluster.FailureKind
		words       []string
	}{
		{name: "with a port", alias: "[10.9.9.9]:2302", known: line(t, "[10.9.9.9]:2302", own)},
		{name: "hashed", alias: "[10.9.9.9]:2302", known: line(t, xknownhosts.HashHostname("[10.9.9.9]:2302"), own)},
		{name: "without", alias: "the-db", known: line(t, "the-db", own)},
		{name: "IPv6", alias: "fd77::9", known: "fd77::9 " + strings.SplitN(line(t, "x", own), " ", 2)[1]},
		{name: "another port", alias: "[10.9.9.9]:2302", known: line(t, "[10.9.9.9]:2303", own), kind: cluster.FailHostUnknown, words: []string{"not in known_hosts"}},
		{name: "changed", alias: "[10.9.9.9]:2302", known: line(t, "[10.9.9.9]:2302", other), kind: cluster.FailHostChanged, words: []string{"CHANGED"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.ConfigFile = write(t, "config", quiet+" HostKeyAlias "+c.alias+"\n")
				o.KnownHosts = []string{write(t, "known_hosts", c.known)}
				tr := dial(t, o)
				if c.kind == "" {
					wantOK(t, tr)
					return
				}
				_, f := run(t, tr, "echo hello")
				want(t, f, c.kind, c.words...)
			})
		})
	}
	o := options(s)
	o.ConfigFile = write(t, "config", quiet+" HostKeyAlias [10.9.9.9\n")
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailConfig, "can't be looked up in known_hosts", "HostKeyAlias", print256(t, own))
	if strings.Contains(f.What.String()+f.Hint.String(), "certificate") {
		t.Errorf("there is no certificate: %v", f)
	}
	t.Log(f.What, "/", f.Hint)
}

func TestHostKeyOfAnotherType(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ecdsa"}})
	o := options(s)
	o.KnownHosts = []string{write(t, "known_hosts", line(t, "[127.0.0.1]:"+strings.Split(s.Addr, ":")[1], sshtest.NewKey(t, "ed25519")))}
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailHostChanged, "presents ecdsa-sha2-nistp256 SHA256:", "ed25519 SHA256:")
}

func TestNoKnownHosts(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		o := options(s)
		o.KnownHosts = []string{filepath.Join(t.TempDir(), "absent")}
		_, f := run(t, dial(t, o), "echo hello")
		want(t, f, cluster.FailHostUnknown)
	})
}

// TestSystemSSHIntroduces: the system's ssh may not ask, so it is asked for the key
// and the very line that makes the host known. It is not asked at every attempt,
// and nothing is learned by that.
func TestSystemSSHIntroduces(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	known := filepath.Join(t.TempDir(), "known_hosts")
	o := options(s)
	o.KnownHosts = []string{known}
	tr := openssh(t, o)
	for range 2 {
		_, f := run(t, tr, "echo hello")
		want(t, f, cluster.FailHostUnknown, print256(t, sshtest.ReadKey(t, s.HostKeys["ed25519"])), "then add to "+known)
		_, line, _ := strings.Cut(f.Hint.String(), known+": ")
		if line != strings.TrimSpace(s.KnownHostsLine("ed25519")) {
			t.Errorf("the line to add is %q, want %q", line, s.KnownHostsLine("ed25519"))
		}
		if _, err := os.Stat(known); err == nil {
			t.Error("it was added without a question")
		}
	}
	_, f := run(t, tr, "echo hello")
	_, line, _ := strings.Cut(f.Hint.String(), known+": ")
	if err := os.WriteFile(known, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantOK(t, tr)
}

// Asking for the key takes another connection, which on a far link takes seconds. Who
// reads to the end then waits no longer for why.
func TestSystemSSHIntroducesOverASlowLink(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	o := options(s)
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "absent")}
	o.ConfigFile = write(t, "config", quiet+"ProxyCommand sh -c 'sleep 1.5; exec nc %h %p'\n")
	session, err := openssh(t, o).Start(t.Context(), "echo hello")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(session); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		want(t, fail(t, err), cluster.FailHostUnknown, print256(t, sshtest.ReadKey(t, s.HostKeys["ed25519"])))
	case <-time.After(time.Second): // as long as it is waited for
		t.Error("why is not known at the end")
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}

// Closing does not wait for a key that is being asked for, and nothing was learned.
func TestSystemSSHIsClosedWhileItIntroduces(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	o := options(s)
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "absent")}
	first := filepath.Join(t.TempDir(), "first")
	o.ConfigFile = write(t, "config", quiet+"ProxyCommand sh -c 'mkdir "+first+" && exec nc %h %p; touch "+first+"/second; sleep 60'\n")
	tr := openssh(t, o)
	session, err := tr.Start(t.Context(), "echo hello")
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { _, _ = io.ReadAll(session); close(read) }()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(first, "second")); err == nil {
			break
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("the key is not asked for")
		}
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-read:
	case <-time.After(10 * time.Second):
		t.Fatal("it is still asked for")
	}
}

// Where the ssh configuration names the file, a line in another is not looked at.
func TestSystemSSHIntroducesToTheConfiguredFile(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	known := filepath.Join(t.TempDir(), "known_hosts")
	config := strings.Replace(entry(s, "db1", ""), s.KnownHosts, known, 1) + quiet
	_, f := run(t, openssh(t, Options{Target: "db1", ConfigFile: write(t, "config", config)}), "echo hello")
	want(t, f, cluster.FailHostUnknown, "then add to "+known+": ")
}

func TestHostCertificate(t *testing.T) {
	ca := sshtest.NewKey(t, "ed25519")
	key := sshtest.NewKey(t, "ed25519")
	dir := t.TempDir()
	file := filepath.Join(dir, "host")
	sshtest.WriteKey(t, file, key, "")
	sshtest.WriteCertificate(t, file+"-cert.pub", sshtest.Public(t, key), ca, xssh.HostCert, "127.0.0.1")
	s := sshtest.Start(t, sshtest.Options{Config: "HostKey " + file + "\nHostCertificate " + file + "-cert.pub"})
	authority := "@cert-authority 127.0.0.* " + strings.Join(strings.Fields(line(t, "x", ca))[1:], " ") + "\n"
	for _, c := range []struct {
		name, known string
		kind        cluster.FailureKind
	}{
		{name: "authority known", known: authority},
		{name: "plain key known", known: s.KnownHostsLine("ecdsa")},
		{name: "nothing known", known: "", kind: cluster.FailHostUnknown},
		{
			name: "authority revoked", kind: cluster.FailHostRevoked,
			known: authority + strings.Replace(authority, "@cert-authority", "@revoked", 1),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.KnownHosts = []string{write(t, "known_hosts", c.known)}
				if c.kind == "" {
					wantOK(t, dial(t, o))
					return
				}
				_, f := run(t, dial(t, o), "echo hello")
				want(t, f, c.kind)
			})
		})
	}
}

// A host whose certificate has run out, or is another host's, is not made known by
// its plain key: the certificate is what is wrong.
func TestHostCertificateDoesNotHold(t *testing.T) {
	ca, key := sshtest.NewKey(t, "ed25519"), sshtest.NewKey(t, "ed25519")
	file := filepath.Join(t.TempDir(), "host")
	sshtest.WriteKey(t, file, key, "")
	authority := "@cert-authority * " + strings.Join(strings.Fields(line(t, "x", ca))[1:], " ") + "\n"
	expired := &xssh.Certificate{
		Key: sshtest.Public(t, key), CertType: xssh.HostCert, KeyId: "test", ValidPrincipals: []string{"127.0.0.1"},
		ValidBefore: uint64(time.Now().Add(-time.Hour).Unix()),
	}
	signer, err := xssh.NewSignerFromSigner(ca)
	if err != nil {
		t.Fatal(err)
	}
	if err := expired.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	for word, certify := range map[string]func(){
		"expired": func() {
			if err := os.WriteFile(file+"-cert.pub", xssh.MarshalAuthorizedKey(expired), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"principal": func() {
			sshtest.WriteCertificate(t, file+"-cert.pub", sshtest.Public(t, key), ca, xssh.HostCert, "db9")
		},
	} {
		t.Run(word, func(t *testing.T) {
			certify()
			s := sshtest.Start(t, sshtest.Options{Config: "HostKey " + file + "\nHostCertificate " + file + "-cert.pub"})
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.KnownHosts = []string{write(t, "known_hosts", authority)}
				_, f := run(t, dial(t, o), "echo hello")
				want(t, f, cluster.FailHostUnknown, word, "have the host's certificate renewed")
			})
		})
	}
}

func TestHostKeyAlias(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	text, err := os.ReadFile(s.ClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, dial dialer) {
		o := options(s)
		o.ConfigFile = write(t, "config", string(text)+"HostKeyAlias db1\n")
		o.KnownHosts = []string{write(t, "known_hosts", line(t, "db1", sshtest.ReadKey(t, s.HostKeys["ed25519"])))}
		wantOK(t, dial(t, o))
	})
}

// The names under which hosts stand in known_hosts.
func TestHostKeyNames(t *testing.T) {
	key := sshtest.NewKey(t, "ed25519")
	for _, c := range []struct {
		name string
		host settings
	}{
		{"[::1]:2222", settings{hostName: "::1", port: "2222"}},
		{"::1", settings{hostName: "::1", port: "22"}},
		{"db1", settings{hostName: "DB1", port: "22"}},
		{"db1", settings{hostName: "10.0.0.1", port: "2222", hostKeyAlias: "db1"}},
		{"10.0.0.1", settings{hostName: "10.0.0.1", port: "22"}},
	} {
		c.host.knownHosts = []string{write(t, "known_hosts", line(t, c.name, key))}
		h, err := newHostKeys(&c.host)
		if err != nil {
			t.Fatal(err)
		}
		if h.algorithms[0] != xssh.KeyAlgoED25519 {
			t.Errorf("%s: asks for %v", c.name, h.algorithms)
		}
		if err := h.verify("", nil, sshtest.Public(t, key)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := h.verify("", nil, sshtest.Public(t, sshtest.NewKey(t, "ed25519"))); err == nil {
			t.Errorf("%s: another key is taken", c.name)
		}
	}
}

// TestRevocationThatCannotBeRead makes sure that a line about a stolen key is not
// passed over.
func TestRevocationThatCannotBeRead(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	o := options(s)
	o.KnownHosts = []string{write(t, "known_hosts", "half\n@revoked * ssh-ed25519 AAAA\n"+s.KnownHostsLine("ed25519"))}
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailConfig, "known_hosts:1", "correct or remove that line")
}
