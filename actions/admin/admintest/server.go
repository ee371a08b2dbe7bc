// Package admintest is a server that misbehaves, for tests of what sends to the
// admin API: it speaks HTTP by hand, does what each case of the fault table says,
// and counts what arrives.
package admintest

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
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Script answers one mutation on a raw connection; the connection is closed when
// it returns.
type Script func(s *Server, conn net.Conn, r *http.Request, body []byte)

// Server speaks HTTP by hand, since net/http's server is too polite, and
// counts the mutations that arrived whole.
type Server struct {
	t    testing.TB
	ln   net.Listener
	stop chan struct{}
	wg   sync.WaitGroup

	mu        sync.Mutex
	script    Script
	mutations int
	headers   []http.Header
	limit     int64 // what the rate limit is; GET reads it back
}

// Start starts a server, with TLS if there is a configuration.
func Start(t testing.TB, config *tls.Config, sc Script) *Server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	s := &Server{t: t, ln: ln, stop: make(chan struct{}), script: sc, limit: 2000}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(func() {
		close(s.stop)
		ln.Close()
		s.wg.Wait()
	})
	return s
}

// Addr is host and port.
func (s *Server) Addr() string { return s.ln.Addr().String() }

func (s *Server) accept() {
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
func (s *Server) serve(conn net.Conn) {
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
			sc = Answer(200, "application/json", fmt.Sprintf(`{"max_assertions_per_sec":%d}`, limit))
		}
		sc(s, conn, r, body)
	}
}

// Set makes it answer otherwise from now on, and count anew.
func (s *Server) Set(sc Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script, s.mutations = sc, 0
}

// Headers are those of the mutations that arrived.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.headers)
}

// Counted is how many mutations arrived whole.
func (s *Server) Counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mutations
}

// apply does what the request asks for.
func (s *Server) apply(body []byte) {
	var b struct {
		Max int64 `json:"max_assertions_per_sec"`
	}
	if json.Unmarshal(body, &b) == nil && b.Max > 0 {
		s.mu.Lock()
		s.limit = b.Max
		s.mu.Unlock()
	}
}

// Raw writes an answer as it stands.
func Raw(text string) Script {
	return func(_ *Server, conn net.Conn, _ *http.Request, _ []byte) { io.WriteString(conn, text) }
}

// Answer writes a proper one; more are header lines.
func Answer(status int, contentType, body string, more ...string) Script {
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
	return Raw(head + "\r\n" + body)
}

// Then runs several scripts in order.
func Then(all ...Script) Script {
	return func(s *Server, conn net.Conn, r *http.Request, body []byte) {
		for _, sc := range all {
			sc(s, conn, r, body)
		}
	}
}

// Acts does what the request asks for, and answers nothing.
func Acts(s *Server, _ net.Conn, _ *http.Request, body []byte) { s.apply(body) }

// Hang answers nothing until the test ends.
func Hang(s *Server, _ net.Conn, _ *http.Request, _ []byte) { <-s.stop }

// Fin closes the connection.
func Fin(_ *Server, conn net.Conn, _ *http.Request, _ []byte) { conn.Close() }

// Rst resets the connection.
func Rst(_ *Server, conn net.Conn, _ *http.Request, _ []byte) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// Pause lets what was written arrive before a reset drops it.
func Pause(s *Server, _ net.Conn, _ *http.Request, _ []byte) {
	select {
	case <-s.stop:
	case <-time.After(50 * time.Millisecond):
	}
}

// Endless writes chunk until the client is gone, every apart.
func Endless(chunk string, every time.Duration) Script {
	return func(s *Server, conn net.Conn, _ *http.Request, _ []byte) {
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

// Authority is a CA of the test's own.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	File string // its certificate, PEM
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	a := &Authority{t: t}
	a.cert, a.key = a.issue(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.File = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(a.File, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *Authority) issue(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
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

// Config returns the configuration of a server with a certificate.
func (a *Authority) Config(c *x509.Certificate) *tls.Config {
	cert, key := a.issue(c)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// Loopback is a certificate for 127.0.0.1.
func Loopback() *x509.Certificate {
	return &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}
