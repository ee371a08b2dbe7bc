package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// A host may allow one session on a connection: that is for its figures, so the
// other scripts wait until those are read.

// turns counts the open sessions that read figures, by node.
type turns struct {
	sync.Mutex
	by map[string]*atomic.Int32
}

func (t *turns) of(n config.Node) *atomic.Int32 {
	t.Lock()
	defer t.Unlock()
	if t.by == nil {
		t.by = map[string]*atomic.Int32{}
	}
	if t.by[n.ID] == nil {
		t.by[n.ID] = &atomic.Int32{}
	}
	return t.by[n.ID]
}

// first is the transport of whoever reads the figures of a node's host.
func (w *wiring) first(n config.Node) (remote.Transport, error) {
	t, err := w.transport(n)
	if err != nil {
		return nil, err
	}
	return firstWay{t, w.turns.of(n)}, nil
}

// later is the transport of a script that is run beside the figures.
func (w *wiring) later(n config.Node) (remote.Transport, error) {
	t, err := w.transport(n)
	if err != nil {
		return nil, err
	}
	return laterWay{t, w.turns.of(n)}, nil
}

type firstWay struct {
	remote.Transport
	open *atomic.Int32
}

// Start implements remote.Transport.
func (f firstWay) Start(ctx context.Context, command string) (remote.Session, error) {
	s, err := f.Transport.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	f.open.Add(1)
	return &firstSession{Session: s, open: f.open}, nil
}

// firstSession counts until it is closed.
type firstSession struct {
	remote.Session
	open *atomic.Int32
	once sync.Once
}

// Close implements remote.Session.
func (s *firstSession) Close() error {
	s.once.Do(func() { s.open.Add(-1) })
	return s.Session.Close()
}

type laterWay struct {
	remote.Transport
	open *atomic.Int32
}

// Start implements remote.Transport.
func (l laterWay) Start(ctx context.Context, command string) (remote.Session, error) {
	if l.open.Load() == 0 {
		return nil, cluster.Fail(cluster.FailConnecting, "waiting for the figures of the host, which come first", "")
	}
	return l.Transport.Start(ctx, command)
}
