package admin

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	want := Limits{3 * time.Second, 3 * time.Second, 10 * time.Second, 15 * time.Second}
	if got := (Limits{}).orDefaults(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// resend is a server that answers the first request and acts on the second, then
// resets: what a client that re-sends would hide behind a clean answer.
func resend(t *testing.T) *faultServer {
	return startFault(t, nil, func(s *faultServer, conn net.Conn, r *http.Request, body []byte) {
		if s.Counted() == 2 {
			rst(s, conn, r, body)
			return
		}
		answer(200, jsonType, echo)(s, conn, r, body)
	})
}

// TestNoResend shows that net/http re-sends on a reused connection, and that this
// client does not, even given the header and the body that make net/http do so.
func TestNoResend(t *testing.T) {
	post := func(s *faultServer) *http.Request {
		r, err := http.NewRequest(http.MethodPost, "http://"+s.Addr()+rateLimitPath, bytes.NewReader([]byte(echo)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Idempotency-Key", "k")
		return r
	}
	t.Run("net/http does", func(t *testing.T) {
		s, transport := resend(t), &http.Transport{}
		defer transport.CloseIdleConnections()
		for range 2 {
			resp, err := transport.RoundTrip(post(s))
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if n := s.Counted(); n != 3 {
			t.Errorf("%d requests arrived, 2 were made: this test no longer shows the danger", n)
		}
	})
	t.Run("the client does not", func(t *testing.T) {
		s := resend(t)
		c := newClient(t, Options{URL: "http://" + s.Addr()})
		first, second := throttle(t, c, 500, Peer{}), throttle(t, c, 500, Peer{})
		if first.Verdict != Accepted || second.Verdict != Ambiguous || s.Counted() != 2 {
			t.Errorf("%s, %s, %d requests", first.Summary(), second.Summary(), s.Counted())
		}
	})
	t.Run("nor its transport, whatever the request", func(t *testing.T) {
		s := startFault(t, nil, then(acts, rst))
		w := &wire{}
		transport := w.transport(t.Context(), Limits{}.orDefaults(), newClient(t, Options{URL: "http://" + s.Addr()}).tls, nil)
		for range 2 { // the second stands for a re-send
			resp, err := transport.RoundTrip(post(s))
			if err == nil {
				resp.Body.Close()
				t.Error("an answer to a request that was reset")
			}
		}
		w.seal()
		if n := s.Counted(); n != 1 {
			t.Errorf("%d requests arrived", n)
		}
	})
}

// TestSealedWireIsSilent gives up a request between its connection and its first
// byte: what is called not sent must not leave later.
func TestSealedWireIsSilent(t *testing.T) {
	s := startFault(t, nil, answer(200, jsonType, echo))
	w := &wire{}
	c := newClient(t, Options{URL: "http://" + s.Addr()})
	transport := w.transport(t.Context(), c.limits, c.tls, nil)
	var wrote bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		w.arm()
		wrote, _ = w.seal()
	}})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr(), strings.NewReader(echo))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err == nil {
		resp.Body.Close()
		t.Error("an answer over a sealed wire")
	}
	if n := s.Counted(); wrote || n != 0 {
		t.Errorf("wrote %v, %d requests arrived", wrote, n)
	}
}

func TestStopWaiting(t *testing.T) {
	t.Run("after it left", func(t *testing.T) {
		arrived := make(chan struct{})
		s := startFault(t, nil, then(func(*faultServer, net.Conn, *http.Request, []byte) { close(arrived) }, hang))
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		c := newClient(t, Options{URL: "http://" + s.Addr()})
		r, _ := c.RateLimit(500)
		got := c.Send(ctx, Send{Request: r, Confirmed: r.Digest(), ID: "x"})
		if got.Verdict != Ambiguous || got.Summary().String() != "may have taken effect: stopped waiting without an answer" {
			t.Error(got.Summary())
		}
	})
	t.Run("before", func(t *testing.T) {
		s := startFault(t, nil, hang)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := newClient(t, Options{URL: "http://" + s.Addr()})
		r, _ := c.RateLimit(500)
		got := c.Send(ctx, Send{Request: r, Confirmed: r.Digest(), ID: "x"})
		if got.Verdict != NotSent || got.Summary().String() != "not sent: stopped waiting" || s.Counted() != 0 {
			t.Error(got.Summary(), s.Counted())
		}
	})
}

// TestProxy: one of the environment is ignored, one of the configuration used.
func TestProxy(t *testing.T) {
	proxy := startFault(t, nil, answer(200, jsonType, echo))
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://"+proxy.Addr())
	}
	const target = "http://192.0.2.1:9" // loopback would never go by a proxy
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || p == nil {
		t.Fatalf("the environment names no proxy for %s: this test shows nothing", target)
	}
	limits := Limits{Dial: 200 * time.Millisecond}
	c := newClient(t, Options{URL: target, Limits: limits})
	if r := throttle(t, c, 500, Peer{}); r.Verdict != NotSent || proxy.Counted() != 0 {
		t.Errorf("%s, the proxy got %d requests", r.Summary(), proxy.Counted())
	}
	c = newClient(t, Options{URL: target, Limits: limits, Proxy: "http://u:canary-proxy@" + proxy.Addr()})
	secure := newClient(t, Options{URL: "https://192.0.2.1:9", Limits: limits, Proxy: "http://" + proxy.Addr()})
	proxy.Set(answer(403, "text/plain", "no"))
	if r := throttle(t, secure, 500, Peer{}); r.Verdict != NotSent || !strings.Contains(r.Summary().String(), "403") && !strings.Contains(r.Summary().String(), "Word") {
		t.Errorf("a tunnel that the proxy refused: %s", r.Summary()) // CONNECT is no part of the request
	}
	proxy.Set(answer(200, jsonType, echo))
	r := throttle(t, c, 500, Peer{Address: "198.51.100.1:1"}) // the proxy's address is not the server's
	if r.Verdict != Accepted || proxy.Counted() != 1 || r.Peer.Address != "" {
		t.Errorf("%s, the proxy got %d requests, peer %+v", r.Summary(), proxy.Counted(), r.Peer)
	}
}

func TestHeaders(t *testing.T) {
	s := startFault(t, nil, answer(200, jsonType, echo))
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("canary-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, Options{URL: "http://" + s.Addr(), TokenFile: token})
	r, err := c.RateLimit(500)
	if err != nil {
		t.Fatal(err)
	}
	got := c.Send(t.Context(), Send{Request: r, Confirmed: r.Digest(), ID: "plan-7", AuditHead: "12:9f2c41aa"})
	if got.Verdict != Accepted || got.Peer.Address != s.Addr() {
		t.Fatal(got.Summary(), got.Peer)
	}
	h := s.Headers()[0]
	for name, want := range map[string]string{
		"Authorization": "Bearer canary-token", "Content-Type": "application/json", "Accept": "application/json",
		"X-Request-Id": "plan-7", "X-Audit-Head": "12:9f2c41aa", "Idempotency-Key": "", "X-Idempotency-Key": "",
		"Connection": "close", "Accept-Encoding": "",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	tm := got.Timing
	if tm.Start.IsZero() || tm.Connected <= 0 || tm.Wrote < tm.Connected || tm.FirstByte < tm.Connected || tm.Done < tm.FirstByte || tm.TLS != 0 {
		t.Errorf("timing %+v", tm)
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	s := startFault(t, nil, answer(200, jsonType, echo))
	c := newClient(t, Options{URL: "http://" + s.Addr()})
	good, _ := c.RateLimit(500)
	other, _ := c.RateLimit(501)
	abroad, _ := NewRequest(http.MethodPost, "http://"+s.Addr()+"0/v1", nil, Shape{})
	for name, send := range map[string]Send{
		"nothing confirmed":      {Request: good, ID: "x"},
		"another confirmed":      {Request: good, Confirmed: other.Digest(), ID: "x"},
		"no request":             {ID: "x"},
		"another server":         {Request: abroad, Confirmed: abroad.Digest(), ID: "x"},
		"no id":                  {Request: good, Confirmed: good.Digest()},
		"an id with a line feed": {Request: good, Confirmed: good.Digest(), ID: "x\r\nEvil: y"},
		"a head with a space":    {Request: good, Confirmed: good.Digest(), ID: "x", AuditHead: "a b"},
	} {
		if r := c.Send(t.Context(), send); r.Verdict != NotSent || r.Failure == nil {
			t.Errorf("%s: %s", name, r.Summary())
		}
	}
	c.token = "/nonexistent/token"
	if r := c.Send(t.Context(), Send{Request: good, Confirmed: good.Digest(), ID: "x"}); r.Verdict != NotSent || !strings.Contains(r.Summary().String(), "token file /nonexistent/token does not exist") {
		t.Error(r.Summary())
	}
	if n := s.Counted(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}
