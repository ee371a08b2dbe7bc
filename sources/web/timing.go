package web

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources"
)

// Timing notes when what happened in a request. The transport calls it from its
// own goroutines, even after the request was given up.
type Timing struct {
	clock sources.Clock
	start time.Time
	mono  time.Duration
	phase atomic.Uint32
	wrote atomic.Int64 // since mono, ns
	first atomic.Int64
}

func newTiming(c sources.Clock) *Timing {
	return &Timing{clock: c, start: c.Now(), mono: c.Mono()}
}

func (t *Timing) trace(ctx context.Context) context.Context {
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

// Began returns when it began, on the clock's monotonic scale.
func (t *Timing) Began() time.Duration { return t.mono }

// took returns how long the request has taken so far.
func (t *Timing) took() time.Duration { return t.clock.Mono() - t.mono }

func (t *Timing) reached() phase { return phase(t.phase.Load()) }

// taken estimates the instant that the answer describes: midway between the
// request's leaving and the first byte of the answer, since servers gather all
// before they write. Without an answer it is now: that there is none, is known
// as of now.
func (t *Timing) taken() time.Time {
	if t.reached() != phaseAnswer {
		return t.start.Add(t.took())
	}
	return t.start.Add(time.Duration((t.wrote.Load() + t.first.Load()) / 2))
}
