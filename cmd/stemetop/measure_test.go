package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo"
	"github.com/stemedb/stemetop/sources/demo/physics"
	"github.com/stemedb/stemetop/sources/ssh"

	gossh "golang.org/x/crypto/ssh"
)

// What is measured on demand reaches the screen through the stream, and ends with it.
func TestMeasuresOnDemand(t *testing.T) {
	dir := t.TempDir()
	public, key, err := newKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := demo.Start(t.Context(), demo.Options{
		Scenario: "healthy", Seed: 1, Clock: sources.NewClock(1), Authorized: []gossh.PublicKey{public}, Allowed: scripts(),
		Events: []physics.Event{{Node: 1, Kind: physics.NetCapacity, Value: 0.02}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := demoConfig(embedded.Nodes(), filepath.Clean(dir), key)
	if err != nil {
		t.Fatal(err)
	}
	p := newPipeline(newWiring(c, sources.NewClock(1), ssh.NewShared(t.Context(), nil)), false)
	defer p.end()
	stop, err := p.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	m := &measurer{p: p, ctx: t.Context()}
	closeTrace := m.begin(panes.PaneTrace, "node2")
	closeWriters := m.begin(panes.PaneWriters, "node1")
	now := func() *cluster.Snapshot { return p.timeline.Latest(p.wiring.clock.Now) }
	wait := func(what string, ok func(*cluster.Snapshot) bool) {
		t.Helper()
		for limit := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			s := now()
			if s != nil && ok(s) {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("%s: not seen", what)
			}
		}
	}
	wait("the path", func(s *cluster.Snapshot) bool {
		r := s.Replica("node2")
		return r != nil && len(r.Network.Trace.Hops) == 3 && r.Network.Trace.Hops[0].Back > 0 && r.Network.Trace.Hops[1].Last > 5*time.Millisecond
	})
	wait("who writes", func(s *cluster.Snapshot) bool {
		w := &s.Primary.Host.Writers
		return len(w.Writers) > 0 && w.Writers[0].Command.String() == "stemedb-api" && w.Writers[0].Written > 1e5 && w.Denied == 0
	})
	closeSyncs := m.begin(panes.PaneSync, "node2")
	var readings []time.Time
	wait("the syncs' durations at each reading", func(s *cluster.Snapshot) bool {
		if at := s.Replica("node2").Sync.EndedAt; len(readings) == 0 || at.After(readings[len(readings)-1]) {
			readings = append(readings, at)
		}
		n := len(readings)
		return n > 3 && readings[n-1].Sub(readings[n-3]) < 10*time.Second // 15 s lie between two else
	})
	closeSyncs()
	closeTrace()
	closeWriters()
	m.wait()
	wait("the ends", func(s *cluster.Snapshot) bool {
		return s.Replica("node2").Network.Trace.Ended && s.Primary.Host.Writers.Ended
	})
}

// What can't be measured says so, and what to configure.
func TestMeasuresNothingWithoutHosts(t *testing.T) {
	c := config.Default()
	c.Primary.URL = "http://127.0.0.1:1"
	c.Replicas = []config.Node{{ID: "node2", URL: "http://127.0.0.1:1"}}
	w := newWiring(c, sources.NewClock(1), ssh.NewShared(t.Context(), nil))
	for name, run := range map[string]func(context.Context, cluster.NodeID, func(sources.Reading)){"trace": w.trace, "writers": w.whoWrites} {
		for _, id := range []cluster.NodeID{"node2", "discovered"} {
			var said []cluster.Body
			run(t.Context(), id, func(r sources.Reading) { said = append(said, r.Body) })
			if len(said) != 1 {
				t.Fatalf("%s of %s: %+v", name, id, said)
			}
			switch b := said[0].(type) {
			case *cluster.TraceReading:
				if b.Why.IsZero() || b.Hint.IsZero() || !b.Ended {
					t.Errorf("%+v", b)
				}
			case *cluster.WritersReading:
				if b.Why.IsZero() || b.Hint.IsZero() || !b.Ended {
					t.Errorf("%+v", b)
				}
			}
		}
	}
}
