package admin

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script answers one mutation on a raw connection; the connection is closed when
// it returns.
type script func(s *faultServer, conn net.Conn, r *http.Request, body []byte)

// faultServer speaks HTTP by hand, since net/http's server is too polite, and
// counts the mutations that arrived whole.
type faultServer struct {
	t    testing.TB
	ln   net.Listener
	stop chan struct{}
	wg   sync.WaitGroup

	mu        sync.Mutex
	script    script
	mutations int
	headers   []http.Header
	limit     int64 // what the rate limit is; GET reads it back
}

func startFault(t testing.TB, config *tls.Config, sc script) *faultServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	s := &faultServer{t: t, ln: ln, stop: make(chan struct{}), script: sc, limit: 2000}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(func() {
		close(s.stop)
		ln.Close()
		s.wg.Wait()
	})
	return s
}

func (s *faultServer) addr() string { return s.ln.Addr().String() }

func (s *faultServer) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.wg.Add(1)
		go s.serve(conn)
	}
}

// serve answers until the script closes; connections are kept alive whatever the
// client asks for, so that a client that reuses them would be found out.
func (s *faultServer) serve(conn net.Conn) {
	defer s.wg.Done()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-s.stop:
		case <-done:
		}
		conn.Close()
	}()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		sc, limit := s.script, s.limit
		if r.Method != http.MethodGet {
			s.mutations++
			s.headers = append(s.headers, r.Header)
		}
		s.mu.Unlock()
		if r.Method == http.MethodGet {
			sc = answer(200, "application/json", fmt.Sprintf(`{"max_assertions_per_sec":%d}`, limit))
		}
		sc(s, conn, r, body)
	}
}

func (s *faultServer) set(sc script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script, s.mutations = sc, 0
}

func (s *faultServer) counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mutations
}

// apply does what the request asks for.
func (s *faultServer) apply(body []byte) {
	var b struct {
		Max int64 `json:"max_assertions_per_sec"`
	}
	if json.Unmarshal(body, &b) == nil && b.Max > 0 {
		s.mu.Lock()
		s.limit = b.Max
		s.mu.Unlock()
	}
}

// raw writes an answer as it stands.
func raw(text string) script {
	return func(_ *faultServer, conn net.Conn, _ *http.Request, _ []byte) { io.WriteString(conn, text) }
}

// answer writes a proper one; more are header lines.
func answer(status int, contentType, body string, more ...string) script {
	head := "HTTP/1.1 " + strconv.Itoa(status) + " Word\r\n"
	if contentType != "" {
		head += "Content-Type: " + contentType + "\r\n"
	}
	for _, line := range more {
		head += line + "\r\n"
	}
	if status != 204 && status != 304 {
		head += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	return raw(head + "\r\n" + body)
}

// then runs several scripts in order.
func then(all ...script) script {
	return func(s *faultServer, conn net.Conn, r *http.Request, body []byte) {
		for _, sc := range all {
			sc(s, conn, r, body)
		}
	}
}

func acts(s *faultServer, _ net.Conn, _ *http.Request, body []byte) { s.apply(body) }

func hang(s *faultServer, _ net.Conn, _ *http.Request, _ []byte) { <-s.stop }

func fin(_ *faultServer, conn net.Conn, _ *http.Request, _ []byte) { conn.Close() }

func rst(_ *faultServer, conn net.Conn, _ *http.Request, _ []byte) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// pause lets what was written arrive before a reset drops it.
func pause(s *faultServer, _ net.Conn, _ *http.Request, _ []byte) {
	select {
	case <-s.stop:
	case <-time.After(50 * time.Millisecond):
	}
}

// endless writes chunk until the client is gone, every apart.
func endless(chunk string, every time.Duration) script {
	return func(s *faultServer, conn net.Conn, _ *http.Request, _ []byte) {
		for {
			if _, err := io.WriteString(conn, chunk); err != nil {
				return
			}
			if every > 0 {
				select {
				case <-s.stop:
					return
				case <-time.After(every):
				}
			}
		}
	}
}

// authority is a CA of the test's own.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t}
	a.cert, a.key = a.issue(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) issue(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "test"}
	c.NotBefore = time.Now().Add(-48 * time.Hour)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// server returns the configuration of a server with a certificate.
func (a *authority) server(c *x509.Certificate) *tls.Config {
	cert, key := a.issue(c)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

func loopback() *x509.Certificate {
	return &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}
