package sshtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// NewKey makes a key of a type out of "ed25519", "ecdsa" and "rsa".
func NewKey(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no key type %q", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Public returns the public key of a key as SSH has it.
func Public(t testing.TB, key crypto.Signer) ssh.PublicKey {
	t.Helper()
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

// ReadKey reads a private key that WriteKey wrote without a passphrase.
func ReadKey(t testing.TB, path string) crypto.Signer {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // the test chose it
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ssh.ParseRawPrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := raw.(*ed25519.PrivateKey); ok { // the parser's one pointer to a slice
		return *p
	}
	signer, ok := raw.(crypto.Signer)
	if !ok {
		t.Fatalf("%T signs nothing", raw)
	}
	return signer
}

// WriteKey writes a key as OpenSSH does, encrypted if there is a passphrase,
// and its public key to path.pub.
func WriteKey(t testing.TB, path string, key crypto.Signer, passphrase string) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, pem.EncodeToMemory(block))
	writeFile(t, path+".pub", ssh.MarshalAuthorizedKey(Public(t, key)))
}

// WriteCertificate writes to path a certificate of pub for principal that ca
// signed, valid for an hour either side of now. kind is ssh.UserCert or
// ssh.HostCert.
func WriteCertificate(t testing.TB, path string, pub ssh.PublicKey, ca crypto.Signer, kind uint32, principal string) {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(ca)
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{
		Key: pub, CertType: kind, KeyId: "test", ValidPrincipals: []string{principal},
		ValidAfter:  uint64(time.Now().Add(-time.Hour).Unix()),
		ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	if err := cert.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, ssh.MarshalAuthorizedKey(cert))
}

// Authorize lets one more key in.
func (s *Server) Authorize(key crypto.Signer) {
	s.t.Helper()
	old, err := os.ReadFile(s.AuthorizedKeys)
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	writeFile(s.t, s.AuthorizedKeys, append(old, ssh.MarshalAuthorizedKey(Public(s.t, key))...))
}

// KnownHostsLine is the line of known_hosts for the server's host key of a type.
func (s *Server) KnownHostsLine(kind string) string {
	s.t.Helper()
	name := "[127.0.0.1]:" + strconv.Itoa(s.Port)
	return knownhosts.Line([]string{name}, Public(s.t, ReadKey(s.t, s.HostKeys[kind]))) + "\n"
}

func (s *Server) writeKnownHosts() {
	var lines []byte
	for kind := range s.HostKeys {
		lines = append(lines, s.KnownHostsLine(kind)...)
	}
	writeFile(s.t, s.KnownHosts, lines)
}

// Host is the address without the port.
func (s *Server) Host() string {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		s.t.Fatal(err)
	}
	return host
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil { //nolint:gosec // the test chose it
		t.Fatal(err)
	}
}
