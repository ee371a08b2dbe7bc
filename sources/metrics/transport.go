package metrics

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources"
)

// maxHeader is what the header of an answer may take, in bytes.
const maxHeader = 64 << 10

// newTransport returns a transport of one connection that uses no proxy,
// follows nothing and unpacks nothing. Each target has its own, so that a slow
// one holds up none but itself and Close closes what is its own.
//
// A dial outlives the scrape that began it, as the connection may serve the
// next one; it ends with life at last.
func newTransport(life context.Context, c *tls.Config, timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(life, cancel)()
			return dialer.DialContext(ctx, network, addr)
		},
		TLSClientConfig:        c,
		TLSHandshakeTimeout:    timeout,
		DisableCompression:     true, // done here, where both sizes are seen
		MaxConnsPerHost:        1,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         2 << 10, // long reads go past it
		WriteBufferSize:        1 << 10, // a request has some 500 bytes
		Protocols:              protocols,
	}
}

// timing notes when what happened in a scrape. The transport calls it from its
// own goroutines, even after the scrape was given up.
type timing struct {
	clock sources.Clock
	start time.Time
	mono  time.Duration
	phase atomic.Uint32
	wrote atomic.Int64 // since mono, ns
	first atomic.Int64
}

func newTiming(c sources.Clock) *timing {
	return &timing{clock: c, start: c.Now(), mono: c.Mono()}
}

func (t *timing) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				t.phase.CompareAndSwap(uint32(phaseConnect), uint32(phaseHandshake))
			}
		},
		GotConn:      func(httptrace.GotConnInfo) { t.phase.Store(uint32(phaseAsked)) },
		WroteRequest: func(httptrace.WroteRequestInfo) { t.wrote.Store(int64(t.took())) },
		GotFirstResponseByte: func() {
			t.first.Store(int64(t.took()))
			t.phase.Store(uint32(phaseAnswer))
		},
	})
}

// took returns how long the scrape has taken so far.
func (t *timing) took() time.Duration { return t.clock.Mono() - t.mono }

func (t *timing) reached() phase { return phase(t.phase.Load()) }

// taken estimates the instant that the answer describes: midway between the
// request's leaving and the first byte of the answer, since exporters gather
// all before they write. Without an answer it is now: that there is none, is
// known as of now.
func (t *timing) taken() time.Time {
	if t.reached() != phaseAnswer {
		return t.start.Add(t.took())
	}
	return t.start.Add(time.Duration((t.wrote.Load() + t.first.Load()) / 2))
}
