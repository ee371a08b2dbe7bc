package web

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// open returns a client of raw that is closed with the test.
func open(t *testing.T, raw string, change ...func(*Options)) *Client {
	t.Helper()
	target, err := ParseTarget(raw, "a test")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Target: target, Clock: sources.NewClock(1), Words: Words{Section: "admin", WrongURL: "check admin.url"}}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// get asks once and returns the failure; nil if the answer was read.
func get(t *testing.T, c *Client) *cluster.Failure {
	t.Helper()
	readings := c.Collect(context.Background(), func(*http.Response, *Timing) (cluster.Body, error) {
		return &cluster.BreakersReading{}, nil
	})
	if len(readings) != 1 || (readings[0].Body == nil) != (readings[0].Err != nil) {
		t.Fatalf("readings %v", readings)
	}
	return readings[0].Err
}

func through(proxy string) func(*Options) { return func(o *Options) { o.Proxy = proxy } }

func TestOnlyGet(t *testing.T) {
	var got *http.Request
	s := webtest.HTTP(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Clone(context.Background()) })
	if f := get(t, open(t, strings.Replace(s.URL, "//", "//ops:hunter2@", 1)+"/x?y=z#f")); f != nil {
		t.Fatal(f)
	}
	user, password, _ := got.BasicAuth()
	if got.Method != http.MethodGet || got.RequestURI != "/x?y=z" || got.ContentLength != 0 || user != "ops" || password != "hunter2" {
		t.Errorf("%s %s, %s %s", got.Method, got.RequestURI, user, password)
	}
}

// An environment with a proxy changes nothing: it would see the token. (The
// standard library exempts loopback, so the refusal is looked at as such.)
func TestNoProxyFromEnvironment(t *testing.T) {
	if open(t, "http://node9:1").transport.Proxy != nil {
		t.Error("a proxy is taken from the environment")
	}
}

// proxied is the failure of a plain request through a proxy that answers so.
func proxied(t *testing.T, target string, h http.HandlerFunc) *cluster.Failure {
	t.Helper()
	return get(t, open(t, target, through(strings.Replace(webtest.HTTP(t, h).URL, "//", "//me:hunter2@", 1))))
}

func TestNamedProxy(t *testing.T) {
	var asked, auth string
	f := proxied(t, "http://node9:1/x", func(_ http.ResponseWriter, r *http.Request) {
		asked, auth = r.URL.String(), r.Header.Get("Proxy-Authorization")
	})
	if f != nil || asked != "http://node9:1/x" || !strings.HasPrefix(auth, "Basic ") {
		t.Error(f, asked, auth)
	}
	denied := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }
	webtest.WantFailure(t, proxied(t, "http://node9:1", denied), cluster.FailStatus, "status 407", "a proxy answers")
	webtest.WantFailure(t, proxied(t, "https://node9:1", denied), cluster.FailStatus, "proxy does not connect to it: status 407", "node9:1")
	echo := webtest.Serve(t, func(c *net.TCPConn) { webtest.Say(c, "you sent hunter2\r\n\r\n"); webtest.Hang(c) })
	f = get(t, open(t, "http://node9:1", through(strings.Replace(echo, "//", "//me:hunter2@", 1))))
	if f == nil || strings.Contains(f.Error(), "hunter2") {
		t.Error(f)
	}
}

func TestProxyIsGone(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	f := get(t, open(t, "http://node9:1", through(s.URL)))
	webtest.WantFailure(t, f, cluster.FailRefused, "the proxy: connection refused", "check admin.proxy")
}

func TestNewRefuses(t *testing.T) {
	target := Target{URL: &url.URL{Scheme: "http", Host: "h"}}
	for _, proxy := range []string{"h:1", "ftp://h", "http://u:hunter2@h:port", "hunter2", "http://"} {
		_, err := New(Options{Target: target, Proxy: proxy, Words: Words{Section: "admin"}})
		if err == nil || !strings.Contains(err.Error(), "admin.proxy") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", proxy, err)
		}
	}
	target.user = url.UserPassword("u", "hunter2")
	if _, err := New(Options{Target: target, TokenFile: "f"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func TestHide(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("t0ken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, webtest.HTTP(t, func(http.ResponseWriter, *http.Request) {}).URL, func(o *Options) { o.TokenFile = file })
	if f := get(t, c); f != nil {
		t.Fatal(f)
	}
	if got := c.Hide("at0kent0ken"); got != "a[secret][secret]" {
		t.Error(got)
	}
}

// A password is hidden in each form that a server may repeat it in.
func TestHideAPassword(t *testing.T) {
	target := Target{URL: &url.URL{Scheme: "http", Host: "h"}, user: url.UserPassword("dana", "pa ss!w@rd")}
	c, err := New(Options{Target: target, Proxy: "http://px:s%21cret@h:1", Words: Words{Section: "admin"}, Clock: sources.NewClock(1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const want = "a[secret]b[secret]c[secret]d[secret]e[secret]f[secret]"
	if got := c.Hide("apa ss!w@rdbpa%20ss%21w@rdcpa+ss%21w%40rddZGFuYTpwYSBzcyF3QHJkes!cretfcHg6cyFjcmV0"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Each answer and what was not read of it leave the connection for the next.
func TestOneConnection(t *testing.T) {
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(make([]byte, drain/2))
	}))
	s.Config.ConnState = func(_ net.Conn, c http.ConnState) {
		if c == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := open(t, s.URL)
	for range 9 {
		webtest.WantFailure(t, get(t, c), cluster.FailStatus)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A status means what those who ask say it means, else what it always means.
func TestStatuses(t *testing.T) {
	for code, want := range map[int]struct {
		kind  cluster.FailureKind
		words string
	}{
		404: {cluster.FailMissing, "no such list"}, 503: {cluster.FailStatus, "starting, overloaded"},
		418: {cluster.FailStatus, "status 418 i'm a teapot"}, 599: {cluster.FailStatus, "status 599"},
	} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		f := get(t, open(t, s.URL, func(o *Options) {
			o.Statuses = map[int]Status{404: {cluster.FailMissing, "no such list"}}
		}))
		webtest.WantFailure(t, f, want.kind, want.words)
	}
}

// TestResetOfTLS makes sure that a server which hangs up, since it was not spoken
// to as it wants, is not taken for dead alone.
func TestResetOfTLS(t *testing.T) {
	rude := func(c net.Conn, err error) {
		if err != nil {
			t.Error(err)
			return
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // it matters to the test only
		}
		_ = c.Close()
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		rude(c, err)
	}
	plain := httptest.NewServer(http.HandlerFunc(hangUp))
	defer plain.Close()
	if f := get(t, open(t, plain.URL)); f == nil || f.Kind != cluster.FailReset || !strings.Contains(f.Hint.String(), "https://") {
		t.Errorf("plain HTTP: %+v", f)
	}
	over := httptest.NewTLSServer(http.HandlerFunc(hangUp))
	defer over.Close()
	trusting := func(o *Options) { o.TLS = over.Client().Transport.(*http.Transport).TLSClientConfig.Clone() }
	if f := get(t, open(t, over.URL, trusting)); f == nil || f.Kind != cluster.FailReset || !strings.Contains(f.Hint.String(), "admin.cert_file") {
		t.Errorf("without a certificate: %+v", f)
	}
	known := func(o *Options) { trusting(o); o.TLS.Certificates = over.TLS.Certificates }
	if f := get(t, open(t, over.URL, known)); f == nil || strings.Contains(f.Hint.String(), "cert_file") {
		t.Errorf("with a certificate: %+v", f)
	}
	asked := 0
	restarts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked > 1 {
			hangUp(w, r)
		}
	}))
	defer restarts.Close()
	c := open(t, restarts.URL)
	if f := get(t, c); f != nil {
		t.Fatal(f)
	}
	if f := get(t, c); f == nil || strings.Contains(f.Hint.String(), "https://") {
		t.Errorf("a server that answered before: %+v", f)
	}
}
