package metrics

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"

	"github.com/stemedb/stemetop/sources/web"
)

// authority is a CA of the test's own.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.write("ca.pem", "CERTIFICATE", a.cert.Raw)
	return a
}

// issue signs a certificate; the first one by itself.
func (a *authority) issue(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	c.SerialNumber, c.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	if c.NotBefore.IsZero() {
		c.NotBefore = time.Now().Add(-48 * time.Hour)
	}
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	a.must(err)
	cert, err := x509.ParseCertificate(der)
	a.must(err)
	return cert, key
}

func (a *authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// write makes a PEM file and returns its path.
func (a *authority) write(name, kind string, der []byte) string {
	path := filepath.Join(a.dir, name)
	a.must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// pair issues a certificate into two files.
func (a *authority) pair(name string, c *x509.Certificate) (certFile, keyFile string) {
	cert, key := a.issue(c)
	der, err := x509.MarshalECPrivateKey(key)
	a.must(err)
	return a.write(name+".pem", "CERTIFICATE", cert.Raw), a.write(name+"-key.pem", "EC PRIVATE KEY", der)
}

// serve starts a TLS server with a certificate like c.
func (a *authority) serve(c *x509.Certificate, change func(*tls.Config)) *httptest.Server {
	cert, key := a.issue(c)
	s := httptest.NewUnstartedServer(webtest.Answer(plain, good))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return s
}

// with returns the options that LoadTLS gives for files.
func (a *authority) with(f web.TLSFiles) func(*Options) {
	a.t.Helper()
	c, err := web.LoadTLS(f)
	a.must(err)
	return func(o *Options) { o.TLS = c }
}

func local() *x509.Certificate {
	return &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	own := a.with(web.TLSFiles{CA: filepath.Join(a.dir, "ca.pem")})
	s := a.serve(local(), nil)
	r, body := collect(t, open(t, s.URL, own))
	if r.Err != nil || len(body.Samples) != 9 {
		t.Fatal(r.Err, body)
	}
	expired := local()
	expired.NotAfter = time.Now().Add(-time.Hour)
	early := local()
	early.NotBefore = time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		url   string
		tls   func(*Options)
		words []string
	}{
		"unknown authority": {s.URL, func(*Options) {}, []string{"unknown authority", "http.ca_file"}},
		"expired":           {a.serve(expired, nil).URL, own, []string{"its certificate expired at " + expired.NotAfter.UTC().Format(time.RFC3339), "renew"}},
		"not yet valid":     {a.serve(early, nil).URL, own, []string{"its certificate is not yet valid: from " + early.NotBefore.UTC().Format(time.RFC3339), "clock"}},
		"other name":        {a.serve(&x509.Certificate{DNSNames: []string{"node2.example"}}, nil).URL, own, []string{"not for 127.0.0.1", "node2.example"}},
		"no name":           {a.serve(&x509.Certificate{}, nil).URL, own, []string{"not for 127.0.0.1", "names no host"}},
		"plain on TLS port": {strings.Replace(s.URL, "https", "http", 1), own, []string{"plain HTTP on a TLS port", "https://"}},
		"TLS on plain port": {strings.Replace(webtest.HTTP(t, webtest.Answer(plain, good)).URL, "http", "https", 1), own, []string{"answers TLS with plain HTTP", "http://"}},
		"old version":       {a.serve(local(), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11; c.MinVersion = tls.VersionTLS10 }).URL, own, []string{"TLS"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := collect(t, open(t, c.url, c.tls))
			webtest.WantFailure(t, r.Err, cluster.FailTLS, c.words...)
			if body != nil {
				t.Error(body)
			}
		})
	}
}

func TestClientCertificate(t *testing.T) {
	a := newAuthority(t)
	ca := filepath.Join(a.dir, "ca.pem")
	cert, key := a.pair("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	s := a.serve(local(), func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool })
	r, _ := collect(t, open(t, s.URL, a.with(web.TLSFiles{CA: ca, Cert: cert, Key: key})))
	if r.Err != nil {
		t.Error(r.Err)
	}
	r, _ = collect(t, open(t, s.URL, a.with(web.TLSFiles{CA: ca})))
	webtest.WantFailure(t, r.Err, cluster.FailTLS, "refused the TLS connection", "http.cert_file")
}

func TestLoadTLS(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.pair("client", local())
	_, other := a.pair("other", local())
	empty := a.write("empty.pem", "NOTHING", nil)
	if c, err := web.LoadTLS(web.TLSFiles{}); c != nil || err != nil {
		t.Error(c, err)
	}
	for name, f := range map[string]web.TLSFiles{
		"does not exist":       {CA: filepath.Join(a.dir, "none")},
		"holds no certificate": {CA: empty},
		"needs both":           {Cert: cert},
		"private key does not": {Cert: cert, Key: other},
		"key " + a.dir:         {Cert: cert, Key: filepath.Join(a.dir, "none")},
		"client-key.pem with":  {Cert: key, Key: cert},
	} {
		_, err := web.LoadTLS(f)
		var failure *cluster.Failure
		if !errors.As(err, &failure) || failure.Kind != cluster.FailConfig || failure.Hint.IsZero() || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHandshakeHangs(t *testing.T) {
	url := webtest.Serve(t, func(c *net.TCPConn) { webtest.Hang(c) })
	r, _ := collect(t, open(t, strings.Replace(url, "http", "https", 1), brief(200*time.Millisecond)))
	webtest.WantFailure(t, r.Err, cluster.FailTimeout, "no TLS handshake within 200ms")
}

// HTTP/2 would be a second way through the transport, to no use for one request.
func TestOnlyHTTP1(t *testing.T) {
	a := newAuthority(t)
	s := a.serve(local(), func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} })
	var major int
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		major = r.ProtoMajor
		webtest.Answer(plain, good)(w, r)
	})
	r, _ := collect(t, open(t, s.URL, a.with(web.TLSFiles{CA: filepath.Join(a.dir, "ca.pem")})))
	if r.Err != nil || major != 1 {
		t.Error(r.Err, major)
	}
}
