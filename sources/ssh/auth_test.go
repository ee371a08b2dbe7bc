package ssh

import (
	"context"
	"crypto"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// serveAgent serves keys on a socket, whose path it returns.
func serveAgent(t *testing.T, keys ...crypto.Signer) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	return serve(t, ring)
}

func serve(t *testing.T, ring agent.Agent) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") //nolint:usetesting // its path may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				_ = agent.ServeAgent(ring, c) // ends with the client
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
		_ = os.RemoveAll(dir)
	})
	return l.Addr().String()
}

func newKeys(t *testing.T, n int) []crypto.Signer {
	t.Helper()
	var keys []crypto.Signer
	for range n {
		keys = append(keys, sshtest.NewKey(t, "ed25519"))
	}
	return keys
}

func TestWrongKey(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		o := options(s)
		o.IdentityFile = filepath.Join(t.TempDir(), "id")
		sshtest.WriteKey(t, o.IdentityFile, sshtest.NewKey(t, "ed25519"), "")
		tr := dial(t, o)
		_, f := run(t, tr, "echo hello")
		want(t, f, cluster.FailAuth, "ssh -v", "publickey")
		if _, ok := tr.(*Builtin); ok {
			want(t, f, cluster.FailAuth, "offered 1 key (0 from the agent)", "user "+s.User, fmt.Sprintf("ssh -v -p %d 127.0.0.1", s.Port))
		}
	})
	o := options(s)
	o.IdentityFile += ".pub"
	if err := os.WriteFile(o.IdentityFile, xssh.MarshalAuthorizedKey(sshtest.Public(t, sshtest.ReadKey(t, s.ClientKey))), 0o600); err != nil {
		t.Fatal(err)
	}
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailAuth, "offered 0 keys", o.IdentityFile+": there is its public half only")
}

func TestKeyTypes(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for _, kind := range []string{"ecdsa", "rsa"} {
		key := sshtest.NewKey(t, kind)
		s.Authorize(key)
		t.Run(kind, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.IdentityFile = filepath.Join(t.TempDir(), "id")
				sshtest.WriteKey(t, o.IdentityFile, key, "")
				wantOK(t, dial(t, o))
			})
		})
	}
}

func TestPassphraseIsAskedOnce(t *testing.T) {
	for _, kind := range []string{"ed25519", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "id")
			key := sshtest.NewKey(t, kind)
			sshtest.WriteKey(t, file, key, "secret")
			var asked atomic.Int32
			shared := NewShared(t.Context(), func(_ context.Context, keyfile string, _ bool) ([]byte, error) {
				asked.Add(1)
				if keyfile != file {
					t.Errorf("asked for %s", keyfile)
				}
				return []byte("secret"), nil
			})
			var hosts sync.WaitGroup
			for range 3 {
				s := sshtest.Start(t, sshtest.Options{})
				s.Authorize(key)
				o := options(s)
				o.IdentityFile, o.Shared = file, shared
				hosts.Go(func() { wantOK(t, builtin(t, o)) })
			}
			hosts.Wait()
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestPassphraseNotGiven(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	file := filepath.Join(t.TempDir(), "id")
	key := sshtest.NewKey(t, "ed25519")
	sshtest.WriteKey(t, file, key, "secret")
	o := options(s)
	o.IdentityFile = file

	// A key that the server does not take is not worth a question.
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailAuth)

	s.Authorize(key)
	_, f = run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailPassphrase, file, "--ask-pass", "ssh-add")
	_, f = run(t, openssh(t, o), "echo hello")
	want(t, f, cluster.FailAuth, "ssh-agent")

	o.Shared = NewShared(t.Context(), func(context.Context, string, bool) ([]byte, error) { return nil, context.Canceled })
	_, f = run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailPassphrase, "no passphrase")

	var asked []bool
	o.Shared = NewShared(t.Context(), func(_ context.Context, _ string, again bool) ([]byte, error) {
		asked = append(asked, again)
		return []byte("wrong"), nil
	})
	_, f = run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailPassphrase, "wrong passphrase")
	if !slices.Equal(asked, []bool{false, true, true}) {
		t.Errorf("asked, and told that the answer before did not fit: %v", asked)
	}

	o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityAgent "+serveAgent(t, key)+"\n")
	o.Shared = nil
	each(t, func(t *testing.T, dial dialer) { wantOK(t, dial(t, o)) })
}

// A wait for the passphrase is as long as its context, the question longer.
func TestPassphraseTakesItsTime(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	file := filepath.Join(t.TempDir(), "id")
	key := sshtest.NewKey(t, "ed25519")
	sshtest.WriteKey(t, file, key, "secret")
	s.Authorize(key)
	typed, waiting := make(chan struct{}), make(chan struct{})
	o := options(s)
	o.IdentityFile = file
	o.Shared = NewShared(t.Context(), func(context.Context, string, bool) ([]byte, error) {
		close(waiting)
		<-typed
		return []byte("secret"), nil
	})
	tr := builtin(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-waiting
		cancel()
	}()
	_, err := tr.Start(ctx, "echo hello")
	want(t, fail(t, err), cluster.FailConnecting, "waiting for the passphrase")
	eventually(t, "no connection is kept while a person types", func() bool { return len(s.Sessions()) == 0 })
	close(typed)
	wantOK(t, tr)
}

func TestAgent(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	keys := newKeys(t, 8) // more than MaxAuthTries
	last := keys[7]
	s.Authorize(last)
	socket := serveAgent(t, keys...)
	public := filepath.Join(t.TempDir(), "id.pub")
	if err := os.WriteFile(public, xssh.MarshalAuthorizedKey(sshtest.Public(t, last)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, config string
		kind         cluster.FailureKind
	}{
		{name: "too many", config: "IdentityFile none", kind: cluster.FailAuth},
		{name: "IdentitiesOnly", config: "IdentitiesOnly yes\nIdentityFile " + public},
		{name: "configured first", config: "IdentityFile " + public},
		{name: "private file missing", config: "IdentityFile " + strings.TrimSuffix(public, ".pub")},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := options(s)
				o.IdentityFile = ""
				o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityAgent "+socket+"\n"+c.config+"\n")
				if c.kind == "" {
					wantOK(t, dial(t, o))
					return
				}
				_, f := run(t, dial(t, o), "echo hello")
				want(t, f, c.kind, "Too many authentication failures", "IdentitiesOnly")
			})
		})
	}
}

func TestAgentByEnvironment(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	key := sshtest.NewKey(t, "ed25519")
	s.Authorize(key)
	t.Setenv("SSH_AUTH_SOCK", serveAgent(t, key))
	each(t, func(t *testing.T, dial dialer) {
		o := options(s)
		o.IdentityFile = ""
		o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityFile none\n")
		wantOK(t, dial(t, o))
	})
}

func TestDeadAgent(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	o := options(s)
	o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityAgent /no/such/socket\n")
	wantOK(t, builtin(t, o))
	o.IdentityFile = filepath.Join(t.TempDir(), "absent")
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailAuth, "agent /no/such/socket", o.IdentityFile+" does not exist")
}

func TestUserCertificate(t *testing.T) {
	ca := sshtest.NewKey(t, "ed25519")
	dir := t.TempDir()
	sshtest.WriteKey(t, filepath.Join(dir, "ca"), ca, "")
	s := sshtest.Start(t, sshtest.Options{Config: "TrustedUserCAKeys " + filepath.Join(dir, "ca.pub")})
	for _, kind := range []string{"ed25519", "rsa"} {
		key := sshtest.NewKey(t, kind)
		file := filepath.Join(dir, kind)
		sshtest.WriteKey(t, file, key, "")
		cert := filepath.Join(dir, kind+"-elsewhere")
		sshtest.WriteCertificate(t, cert, sshtest.Public(t, key), ca, xssh.UserCert, s.User)
		each(t, func(t *testing.T, dial dialer) {
			o := options(s)
			o.IdentityFile = file
			_, f := run(t, dial(t, o), "echo hello")
			want(t, f, cluster.FailAuth)

			o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityAgent none\nCertificateFile "+cert+"\n")
			wantOK(t, dial(t, o))
			o.ConfigFile = s.ClientConfig
			o.IdentityFile = filepath.Join(t.TempDir(), "id")
			sshtest.WriteKey(t, o.IdentityFile, key, "")
			sshtest.WriteCertificate(t, o.IdentityFile+"-cert.pub", sshtest.Public(t, key), ca, xssh.UserCert, s.User)
			wantOK(t, dial(t, o))
		})
	}
}

// TestCertificateOutOfDate: that a certificate has run out is the likeliest reason
// by far, and the server does not tell.
func TestCertificateOutOfDate(t *testing.T) {
	ca := sshtest.NewKey(t, "ed25519")
	dir := t.TempDir()
	sshtest.WriteKey(t, filepath.Join(dir, "ca"), ca, "")
	s := sshtest.Start(t, sshtest.Options{Config: "TrustedUserCAKeys " + filepath.Join(dir, "ca.pub")})
	signer, err := xssh.NewSignerFromSigner(ca)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		after, before time.Duration
		words         string
	}{
		{-2 * time.Hour, -time.Hour, "certificate op@laptop was valid until " + now.Add(-time.Hour).UTC().Format(time.RFC3339)},
		{time.Hour, 2 * time.Hour, "certificate op@laptop is not valid before " + now.Add(time.Hour).UTC().Format(time.RFC3339)},
	} {
		o := options(s)
		o.IdentityFile = filepath.Join(t.TempDir(), "id")
		key := sshtest.NewKey(t, "ed25519")
		sshtest.WriteKey(t, o.IdentityFile, key, "")
		cert := &xssh.Certificate{
			Key: sshtest.Public(t, key), CertType: xssh.UserCert, KeyId: "op@laptop", ValidPrincipals: []string{s.User},
			ValidAfter: uint64(now.Add(c.after).Unix()), ValidBefore: uint64(now.Add(c.before).Unix()),
		}
		if err := cert.SignCert(rand.Reader, signer); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.IdentityFile+"-cert.pub", xssh.MarshalAuthorizedKey(cert), 0o600); err != nil {
			t.Fatal(err)
		}
		_, f := run(t, builtin(t, o), "echo hello")
		want(t, f, cluster.FailAuth, c.words, "renew the certificate")
	}
}

// A forwarded agent may list keys from a cache and never sign.
type hangingAgent struct {
	agent.Agent
	asked, leave chan struct{}
}

func (a hangingAgent) Sign(xssh.PublicKey, []byte) (*xssh.Signature, error) {
	close(a.asked)
	<-a.leave
	return nil, errLocked
}

func (a hangingAgent) SignWithFlags(key xssh.PublicKey, data []byte, _ agent.SignatureFlags) (*xssh.Signature, error) {
	return a.Sign(key, data)
}

func (hangingAgent) Extension(string, []byte) ([]byte, error) {
	return nil, agent.ErrExtensionUnsupported
}

func TestAgentThatHangs(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	key := sshtest.NewKey(t, "ed25519")
	s.Authorize(key)
	a := hangingAgent{agent.NewKeyring(), make(chan struct{}), make(chan struct{})}
	if err := a.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	o := options(s)
	o.IdentityFile, o.DialTimeout = "", 500*time.Millisecond
	o.ConfigFile = write(t, "config", "GlobalKnownHostsFile none\nIdentityAgent "+serve(t, a)+"\n")
	t.Cleanup(func() { close(a.leave) })
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailTimeout)
	select {
	case <-a.asked:
	default:
		t.Error("the agent was not asked to sign")
	}
}
