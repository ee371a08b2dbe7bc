package metrics

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

const (
	head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	lag2 = "stemedb_replication_lag_seconds{replica=\"node2\"} 12.5\n"
)

// chunked is an answer up to the end of its first chunk.
var chunked = head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(lag2), lag2)

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		handle  func(c *net.TCPConn)
		kind    cluster.FailureKind
		words   string
		samples int
	}{
		"reset":  {func(c *net.TCPConn) { _ = c.SetLinger(0) }, cluster.FailReset, "without an answer", 0},
		"closed": {func(*net.TCPConn) {}, cluster.FailReset, "without an answer", 0},
		"reset in the body": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Content-Length: 9999\r\n\r\n"+lag2+"stemedb_rep")
			_ = c.SetLinger(0) // what was said is in the other side's queue: loopback delivers at once
		}, cluster.FailReset, "in the middle of the answer", 1},
		"closed in the body": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Content-Length: 9999\r\n\r\n"+lag2+lag2[:20])
		}, cluster.FailReset, "in the middle of the answer", 1},
		"closed in a chunk": {func(c *net.TCPConn) {
			webtest.Say(c, chunked)
		}, cluster.FailReset, "in the middle of the answer", 1},
		"cut, length unknown": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Connection: close\r\n\r\n"+lag2+lag2[:20])
		}, cluster.FailFormat, "middle of a line", 1},
		"bad chunk": {func(c *net.TCPConn) {
			webtest.Say(c, chunked+"zz\r\n")
			webtest.Hang(c)
		}, cluster.FailFormat, "not a proper HTTP answer", 1},
		"malformed at once": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Connection: close\r\n\r\n"+strings.Replace(lag2, "12.5", "x1", 1))
		}, cluster.FailFormat, "malformed", 0},
		"no HTTP": {func(c *net.TCPConn) { webtest.Say(c, "SSH-2.0-OpenSSH_9.2\r\n"); webtest.Hang(c) }, cluster.FailFormat, "not a proper HTTP answer", 0},
		"huge header": {func(c *net.TCPConn) {
			webtest.Say(c, head+"X: "+strings.Repeat("x", 200<<10)+"\r\n\r\n")
			webtest.Hang(c)
		}, cluster.FailFormat, "header", 0},
		"hang":              {func(c *net.TCPConn) { webtest.Hang(c) }, cluster.FailTimeout, "connected, but no answer", 0},
		"hang in a header":  {func(c *net.TCPConn) { webtest.Say(c, "HTTP/1.1 200"); webtest.Hang(c) }, cluster.FailTimeout, "not complete", 0},
		"hang in the body":  {func(c *net.TCPConn) { webtest.Say(c, head+"\r\n"+lag2+lag2[:30]); webtest.Hang(c) }, cluster.FailTimeout, "not complete", 1},
		"trickle":           {trickle, cluster.FailTimeout, "not complete", 0},
		"endless body":      {webtest.Endless(head+"\r\n"+lag2, "# filler\n"), cluster.FailTooLarge, "larger than 1 MiB", 1},
		"endless line":      {webtest.Endless(head+"\r\n"+lag2, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), cluster.FailFormat, "line 2 is longer", 1},
		"endless, nothing":  {webtest.Endless(head+"\r\n", "# filler\n"), cluster.FailTooLarge, "larger than 1 MiB", 0},
		"alert of a TLS":    {func(c *net.TCPConn) { webtest.Say(c, "\x15\x03\x01\x00\x02\x02\x16\r\n"); webtest.Hang(c) }, cluster.FailTLS, "https://", 0},
		"unknown encoding":  {func(c *net.TCPConn) { webtest.Say(c, head+"Content-Encoding: zstd\r\n\r\n"); webtest.Hang(c) }, cluster.FailFormat, "zstd", 0},
		"escapes in header": {func(c *net.TCPConn) { webtest.Say(c, "\x1b[31mHTTP\r\n\r\n"); webtest.Hang(c) }, cluster.FailFormat, "HTTP", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if c.kind == cluster.FailTimeout {
				timeout = 300 * time.Millisecond
			}
			url := webtest.Serve(t, c.handle)
			r, body := collect(t, open(t, url, func(o *Options) { o.Timeout, o.BodyLimit = timeout, 1<<20 }))
			webtest.WantFailure(t, r.Err, c.kind, c.words, strings.TrimPrefix(url, "http://")+"/metrics")
			if got := len(samplesOf(body)); got != c.samples || (body != nil) != (c.samples > 0) {
				t.Errorf("%d samples in %v, want %d", got, body, c.samples)
			}
			if strings.Contains(r.Err.Error(), "\x1b") {
				t.Errorf("an escape gets through: %q", r.Err.Error())
			}
		})
	}
}

func samplesOf(m *cluster.MetricsReading) []cluster.Sample {
	if m == nil {
		return nil
	}
	return m.Samples
}

// trickle writes a comment, a byte at a time, for ever.
func trickle(c *net.TCPConn) {
	webtest.Say(c, head+"\r\n")
	for {
		if _, err := c.Write([]byte("#")); err != nil {
			return
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		webtest.Hang(c)
	}
}

func TestStatuses(t *testing.T) {
	for status, words := range map[int]string{
		404: "status 404 not found", 401: "http.token_file", 403: "may not read", 500: "status 500", 503: "overloaded",
		204: "status 204", 304: "status 304", 599: "status 599",
	} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		r, body := collect(t, open(t, s.URL))
		webtest.WantFailure(t, r.Err, cluster.FailStatus, words)
		if body != nil || r.Err.Hint.IsZero() {
			t.Errorf("%d: %v, hint %q", status, body, r.Err.Hint)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	followed := webtest.HTTP(t, func(http.ResponseWriter, *http.Request) { t.Error("followed") })
	for location, words := range map[string]string{
		followed.URL + "/login?token=hunter2":               "redirects to " + followed.URL + ", not followed",
		"https://u:hunter2@sso.example.com/login?x=hunter2": "redirects to https://sso.example.com, not followed",
		"":         "redirects to nowhere",
		"http://%": "redirects to nowhere",
	} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		r, body := collect(t, open(t, s.URL))
		webtest.WantFailure(t, r.Err, cluster.FailRedirect, words)
		if body != nil || strings.Contains(r.Err.Error(), "hunter2") {
			t.Error(body, r.Err)
		}
	}
}

func TestConnectFaults(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := collect(t, open(t, "http://"+gone))
	webtest.WantFailure(t, r.Err, cluster.FailRefused, "connection refused", gone)
	r, _ = collect(t, open(t, "http://255.255.255.255:1"))
	webtest.WantFailure(t, r.Err, cluster.FailUnreachable, "unreachable")
}

// A name that is none fails as a name, and needs no name server for it.
func TestUnknownName(t *testing.T) {
	r, _ := collect(t, open(t, "http://node9..invalid:1"))
	webtest.WantFailure(t, r.Err, cluster.FailDNS, "node9..invalid is not known")
}

// While a target hangs, scrapes neither pile up nor outlive Close.
func TestHangsDoNotPileUp(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	url := webtest.Serve(t, func(c *net.TCPConn) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		webtest.Hang(c)
		mu.Lock()
		now--
		mu.Unlock()
	})
	c := open(t, url, brief(100*time.Millisecond))
	for range 5 {
		r, _ := collect(t, c)
		webtest.WantFailure(t, r.Err, cluster.FailTimeout)
	}
	mu.Lock()
	defer mu.Unlock()
	if most > 2 { // one closing while the next opens
		t.Errorf("%d connections at once", most)
	}
}
