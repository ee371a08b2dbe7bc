package main

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/peer"
	"github.com/stemedb/stemetop/sources/remote"
)

// measurer measures on demand what a pane shows, and puts it on the stream.
type measurer struct {
	p   *pipeline
	ctx context.Context //nolint:containedctx // ends with the screen, and with it all that is measured
	wg  sync.WaitGroup
}

// begin measures for a pane and a node until it is stopped. It returns at once, and
// so does stop; what runs on the host ends a moment later.
func (m *measurer) begin(pane panes.Name, id cluster.NodeID) (stop func()) {
	if pane == panes.PaneSync {
		m.p.wiring.watchSyncs(id, true)
		return func() { m.p.wiring.watchSyncs(id, false) }
	}
	ctx, cancel := context.WithCancel(m.ctx)
	kind, run := cluster.FromPeer, m.p.wiring.trace
	if pane == panes.PaneWriters {
		kind, run = cluster.FromHost, m.p.wiring.whoWrites
	}
	source := cluster.Source{Kind: kind, Node: id}
	m.wg.Go(func() {
		run(ctx, id, func(r sources.Reading) { m.p.poller.Publish(source, r) })
	})
	return cancel
}

// wait returns when all that was begun has ended, or is late to.
func (m *measurer) wait() {
	done := make(chan struct{})
	go func() { defer close(done); m.wg.Wait() }()
	select {
	case <-done:
	case <-time.After(linger):
	}
}

// watchSyncs says whether somebody looks at the syncs of a replica: then every scrape
// that may tell of them asks how long they took.
func (w *wiring) watchSyncs(id cluster.NodeID, on bool) {
	for _, n := range []cluster.NodeID{cluster.NodeID(w.config.PrimaryID()), id} {
		if c := w.scrapers[n]; c != nil {
			c.Watch(on)
		}
	}
}

// trace measures the path from the primary to a replica until ctx ends.
func (w *wiring) trace(ctx context.Context, id cluster.NodeID, say func(sources.Reading)) {
	p, n := w.nodes()[0], w.configured(id)
	address := w.rpc(n)
	failure := ownAddress(address, p.ID, n.ID, p.SSH)
	switch {
	case p.SSH == "":
		failure = notConfigured(cluster.NodeID(p.ID), "ssh").bad
	case address == "":
		failure = cluster.Fail(cluster.FailConfig, "the address of "+string(id)+" is not known", "set rpc of "+string(id)+" in the configuration")
	}
	t, failure := w.unless(failure, p)
	if failure != nil {
		say(sources.Reading{Taken: w.clock.Now(), Body: &cluster.TraceReading{Why: failure.What, Hint: failure.Hint, Ended: true}})
		return
	}
	peer.Trace(ctx, peer.TraceOptions{Transport: t, Clock: w.clock, Target: peer.Target{Node: id, Address: address}}, say)
}

// whoWrites asks the host of a node who writes, until ctx ends.
func (w *wiring) whoWrites(ctx context.Context, id cluster.NodeID, say func(sources.Reading)) {
	n := w.configured(id)
	var failure *cluster.Failure
	if n.SSH == "" {
		failure = notConfigured(cluster.NodeID(n.ID), "ssh").bad
	}
	t, failure := w.unless(failure, n)
	if failure != nil {
		say(sources.Reading{Taken: w.clock.Now(), Body: &cluster.WritersReading{Why: failure.What, Hint: failure.Hint, Ended: true}})
		return
	}
	host.WhoWrites(ctx, host.WritersOptions{Transport: t, Clock: w.clock, Proc: n.Proc}, say)
}

// unless is the way to a node's host, unless something failed before.
func (w *wiring) unless(failed *cluster.Failure, n config.Node) (remote.Transport, *cluster.Failure) {
	if failed != nil {
		return nil, failed
	}
	t, err := w.transport(n)
	if err != nil {
		return nil, failureOf(err)
	}
	return t, nil
}

// configured returns the node with an id; one that was only discovered has nothing
// but that.
func (w *wiring) configured(id cluster.NodeID) config.Node {
	for _, n := range w.nodes() {
		if n.ID == string(id) {
			return n
		}
	}
	return config.Node{ID: string(id)}
}
