package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNetworkFigures(t *testing.T) {
	f := newFeed(t)
	src := Source{FromProbe, "node2"}
	for i := range 100 {
		r := &ProbeReading{Method: ProbeICMP, Sent: 1, Port: PortOpen}
		if i%10 != 0 { // one of ten is lost
			r.RTTs = []time.Duration{time.Duration(1+i%10) * time.Millisecond}
		}
		f.publish(sec(float64(i)), src, r, nil)
	}
	n := f.at(sec(99)).Replica("node2").Network
	if !n.Reachable || n.Method != ProbeICMP || n.Port != PortOpen || n.Probes != keepProbes {
		t.Fatalf("%+v", n)
	}
	wantFigure(t, "loss", n.Loss, 10)
	wantFigure(t, "min", n.Min, 2)
	wantFigure(t, "median", n.Median, 6)
	wantFigure(t, "p95", n.P95, 10)
	wantFigure(t, "newest", n.RTT, 10)
	if j, ok := n.Jitter.Value(); !ok || j > 1 {
		t.Errorf("jitter %v", j)
	}
	stale := f.at(sec(110)).Replica("node2").Network
	wantUnknown(t, "loss of a probe that stopped", stale.Loss)
	if stale.Port != PortUnknown || stale.Err == nil {
		t.Errorf("a port from before: %v, %v", stale.Port, stale.Err)
	}
}

func TestAllProbesLost(t *testing.T) {
	f := newFeed(t)
	f.publish(sec(1), Source{FromProbe, "node2"}, &ProbeReading{Method: ProbeTCP, Sent: 3, Port: PortFiltered}, nil)
	n := f.at(sec(1)).Replica("node2").Network
	wantFigure(t, "loss", n.Loss, 100)
	wantUnknown(t, "rtt", n.RTT)
	wantUnknown(t, "median", n.Median)
}

func TestBreakerIsJoinedToItsReplica(t *testing.T) {
	cases := []struct {
		agent, configured NodeID
		want              BreakerState
	}{
		{"node2", "", BreakerTripped},
		{"agent-node2", "", BreakerTripped},
		{"stemedb/node2/replicator", "", BreakerTripped},
		{"agent-node21", "", BreakerUnknown}, // of nobody knows whom, so perhaps of node2
		{"xnode2", "", BreakerUnknown},
		{"xnode2-node2", "", BreakerTripped},
		{"agent-node2", "a-7", BreakerClosed},
		{"a-7", "a-7", BreakerTripped},
	}
	for _, c := range cases {
		s := NewState()
		s.Apply(&Observation{Seq: 1, Received: t0, Body: &Session{
			Run: "r", Interval: time.Second, Primary: NodeSpec{ID: "node1"}, Replicas: []NodeSpec{{ID: "node2", AgentID: c.configured}},
		}})
		s.Apply(&Observation{Seq: 2, Received: t0, Taken: t0, Source: Source{FromAdmin, "node1"}, Body: &BreakersReading{
			Tripped: []TrippedBreaker{{Agent: c.agent, Failures: 12, FailuresKnown: true}},
		}})
		v := s.Snapshot(t0, nil)
		b := v.Replicas[0].Breaker
		if b.State != c.want || (b.State == BreakerUnknown && !strings.Contains(b.Why.String(), "agent_id")) {
			t.Errorf("%q (configured %q): %v, %v", c.agent, c.configured, b.State, b.Why)
		}
		if unmatched := len(v.Unmatched) == 1; unmatched != (c.want != BreakerTripped) {
			t.Errorf("%q: unmatched %v", c.agent, unmatched)
		}
	}
}

func TestBreakerIsOfTheReplicaWhoseNameIsMeant(t *testing.T) {
	for agent, want := range map[NodeID][]BreakerState{
		"agent-node2":      {BreakerTripped, BreakerClosed, BreakerClosed},
		"agent-node2-b":    {BreakerClosed, BreakerTripped, BreakerClosed},
		"node2-b":          {BreakerClosed, BreakerTripped, BreakerClosed},
		"node2-x7":         {BreakerClosed, BreakerClosed, BreakerTripped}, // as configured
		"agent-node4":      {BreakerUnknown, BreakerUnknown, BreakerClosed},
		"node2-b-to-node4": {BreakerClosed, BreakerTripped, BreakerClosed},
		"agent-node2-c":    {BreakerUnknown, BreakerUnknown, BreakerClosed}, // of one that has another
	} {
		s := NewState()
		s.Apply(&Observation{Seq: 1, Received: t0, Body: &Session{
			Run: "r", Interval: time.Second, Primary: NodeSpec{ID: "node1"},
			Replicas: []NodeSpec{{ID: "node2"}, {ID: "node2-b"}, {ID: "node2-c", AgentID: "node2-x7"}},
		}})
		s.Apply(&Observation{Seq: 2, Received: t0, Taken: t0, Source: Source{FromAdmin, "node1"}, Body: &BreakersReading{
			Tripped: []TrippedBreaker{{Agent: agent}},
		}})
		for i, r := range s.Snapshot(t0, nil).Replicas {
			if r.Breaker.State != want[i] {
				t.Errorf("%s: %s is %v, not %v", agent, r.ID, r.Breaker.State, want[i])
			}
		}
	}
}

// Of several tripped agents of one replica none is lost, and the first to trip is the
// one that a lag may be as old as.
func TestBreakersOfOneReplica(t *testing.T) {
	f := newFeed(t)
	late, early := TrippedBreaker{Agent: "node2-a", Since: t0.Add(-time.Minute)}, TrippedBreaker{Agent: "node2-b", State: Clean("half_open"), Since: t0.Add(-time.Hour)}
	other := TrippedBreaker{Agent: "node2-c", Failures: 3, FailuresKnown: true}
	f.publish(sec(1), Source{FromAdmin, "node1"}, &BreakersReading{Tripped: []TrippedBreaker{late, early, other, {Agent: "stray"}}}, nil)
	v := f.at(sec(1))
	b := v.Replica("node2").Breaker
	if b.State != BreakerTripped || b.Agent != early.Agent || !b.Since.Equal(early.Since) {
		t.Errorf("%+v", b)
	}
	same := func(a, b TrippedBreaker) bool { return a == b }
	if want := []TrippedBreaker{early, late, other}; !slices.EqualFunc(b.Tripped(), want, same) {
		t.Errorf("%+v", b.Tripped())
	}
	if all := v.TrippedBreakers(); len(all) != 4 || all[3].Agent != "stray" {
		t.Errorf("%+v", all)
	}
}

func TestBreakerIsUnknownUntilItsListIsRead(t *testing.T) {
	f := newFeed(t)
	if b := f.at(sec(1)).Replica("node2").Breaker; b.State != BreakerUnknown || b.Why.IsZero() {
		t.Errorf("%+v", b)
	}
	f.publish(sec(1), Source{FromAdmin, "node1"}, &BreakersReading{}, nil)
	if b := f.at(sec(1)).Replica("node2").Breaker; b.State != BreakerClosed {
		t.Errorf("%+v", b)
	}
	f.publish(sec(2), Source{FromAdmin, "node1"}, nil, Fail(FailStatus, "503", ""))
	if b := f.at(sec(2)).Replica("node2").Breaker; b.State != BreakerUnknown || b.Why.String() != "503" {
		t.Errorf("%+v", b)
	}
}
