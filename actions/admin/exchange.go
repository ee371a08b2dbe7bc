package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"
)

var errTooLarge = errors.New("the answer is too large")

// received is what one exchange gave.
type received struct {
	err     error // nil if the whole answer was read
	stopped bool  // the caller stopped waiting
	wrote   bool  // something of the request left
	secure  bool  // TLS was asked for
	status  int   // 0 if no header came
	header  http.Header
	body    []byte // what was read of it
	peer    Peer
	timing  Timing
	limits  Limits
	scrub   scrubber
}

// exchange sends r over a connection of its own and reads the whole answer.
func (c *Client) exchange(ctx context.Context, r Request, h http.Header, expect Peer) received {
	got := received{limits: c.limits, secure: c.base.Scheme == "https"}
	got.timing.Start = time.Now()
	header, secrets, err := c.headers(r, h)
	if err != nil {
		got.err = err
		return got
	}
	got.scrub = newScrubber(secrets)
	if end, ok := ctx.Deadline(); ok { // who asks may have less patience
		got.limits.Total = min(got.limits.Total, time.Until(end).Round(100*time.Millisecond))
	}
	life, cancel := context.WithTimeout(ctx, c.limits.Total)
	defer cancel()

	w := &wire{expect: expect, proxied: c.proxy != nil}
	transport := w.transport(life, c.limits, c.tls, c.proxy)
	watch := newStopwatch(got.timing.Start)
	got.err = got.roundTrip(watch.trace(life, w), transport, r, header)
	got.wrote, got.peer = w.seal()
	transport.CloseIdleConnections()
	got.stopped = ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled)
	got.timing = watch.stop()
	return got
}

// roundTrip sends and reads. The body has no GetBody, so that net/http could not
// rewind it even if it had a connection to.
func (got *received) roundTrip(ctx context.Context, t *http.Transport, r Request, h http.Header) error {
	var body io.Reader
	if len(r.body) > 0 {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return err
	}
	req.GetBody = nil
	req.Header = h
	resp, err := t.RoundTrip(req) // not a Client's Do: that follows redirects
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // the connection is closed anyhow
	got.status, got.header = resp.StatusCode, resp.Header
	if resp.StatusCode < http.StatusOK { // 101: what follows is not HTTP
		return nil
	}
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if len(got.body) > maxBody {
		got.body, err = got.body[:maxBody], errTooLarge
	}
	return err
}

// headers returns all headers of a request, and the secrets among them.
func (c *Client) headers(r Request, more http.Header) (http.Header, []string, error) {
	h := http.Header{"Accept": {"application/json"}, "User-Agent": {"stemetop"}}
	if r.contentType != "" {
		h.Set("Content-Type", r.contentType)
	}
	maps.Copy(h, more)
	var secrets []string
	if c.token != "" {
		token, err := readToken(c.token)
		if err != nil {
			return nil, nil, err
		}
		h.Set("Authorization", "Bearer "+token)
		secrets = append(secrets, token)
	}
	if c.user != nil {
		password, _ := c.user.Password()
		basic := http.Request{Header: h}
		basic.SetBasicAuth(c.user.Username(), password)
		_, encoded, _ := strings.Cut(h.Get("Authorization"), " ")
		secrets = append(secrets, password, url.PathEscape(password), url.QueryEscape(password), encoded)
	}
	if c.proxy != nil && c.proxy.User != nil {
		password, _ := c.proxy.User.Password()
		secrets = append(secrets, password, url.PathEscape(password))
	}
	return h, secrets, nil
}

// owns tells whether a URL is below the base: secrets go nowhere else.
func (c *Client) owns(raw string) bool {
	return strings.HasPrefix(raw, c.base.String()+"/")
}

// stopwatch notes when what happened. net/http calls it from its own goroutines,
// even after the exchange was given up.
type stopwatch struct {
	mu      sync.Mutex
	stopped bool
	t       Timing
}

func newStopwatch(start time.Time) *stopwatch { return &stopwatch{t: Timing{Start: start}} }

func (s *stopwatch) note(at *time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		*at = max(time.Since(s.t.Start), 1)
	}
}

func (s *stopwatch) stop() Timing {
	s.note(&s.t.Done)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	return s.t
}

func (s *stopwatch) trace(ctx context.Context, w *wire) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone: func(i httptrace.DNSDoneInfo) {
			if i.Err == nil {
				s.note(&s.t.DNS)
			}
		},
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				s.note(&s.t.Connected)
			}
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				s.note(&s.t.TLS)
			}
		},
		GotConn: func(httptrace.GotConnInfo) { w.arm() },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				s.note(&s.t.Wrote)
			}
		},
		GotFirstResponseByte: func() { s.note(&s.t.FirstByte) },
	})
}
