package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// TestScenariosAreJudged asks what is said of each scenario of the demo a minute
// and a half in, by a program that started with it.
func TestScenariosAreJudged(t *testing.T) {
	for name, want := range map[string]struct {
		target     int
		cause      cluster.Cause
		confidence cluster.Confidence
	}{
		"healthy":     {1, cluster.CauseNone, cluster.ConfidenceLikely},
		"disk":        {1, cluster.CauseDisk, cluster.ConfidenceLikely},
		"cpu":         {2, cluster.CauseCPU, cluster.ConfidenceLikely},
		"network":     {4, cluster.CauseNetwork, cluster.ConfidenceLikely},
		"breaker":     {3, cluster.CauseBreaker, cluster.ConfidenceLikely},
		"sync-errors": {2, cluster.CauseSync, cluster.ConfidenceLikely},
		"overload":    {1, cluster.CausePrimary, cluster.ConfidenceLikely},
		"corruption":  {3, cluster.CauseSync, cluster.ConfidenceLikely},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := physics.Scenarios()
			i := slices.IndexFunc(all, func(s physics.Scenario) bool { return s.Name == name })
			s, err := newStage(t, &plot{seed: 1, replicas: 4, target: want.target, events: all[i].Events})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.close(); err != nil {
					t.Error(err)
				}
			}()
			s.run(90 * time.Second)
			s.round()
			id := cluster.NodeID(physics.NodeID(want.target))
			v := s.verdicts[id]
			if v.Cause != want.cause || v.Confidence != want.confidence {
				t.Errorf("%v %v\nfor %q\nagainst %q\nmissing %q", v.Cause, v.Confidence, v.For, v.Against, v.Missing)
			}

			s.connected(t, id, want.cause == cluster.CauseNetwork)
		})
	}
}

// A crash loop during syncs is escalated, by the processes and by systemd's count.
func TestCrashLoopIsEscalated(t *testing.T) {
	all := physics.Scenarios()
	i := slices.IndexFunc(all, func(s physics.Scenario) bool { return s.Name == "crash-loop" })
	s, err := newStage(t, &plot{seed: 1, replicas: 3, target: 2, events: all[i].Events})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	s.run(150 * time.Second)
	v := s.pipeline.timeline.Head(s.clock.Now)
	service := v.Replica("node3").Host.Service
	if n, ok := service.Restarts.Value(); !ok || n < 3 || !service.Looping() {
		t.Errorf("%+v", service)
	}
	if n := v.Replica("node2").Host.Service; n.Recent != 0 || !n.Known || n.Since.IsZero() {
		t.Errorf("of another: %+v", n)
	}
	if c := v.Primary.Config; !c.Read || c.MaxLag.Value != 300 || c.Timeout.Value != 5000 {
		t.Errorf("the primary's configuration: %+v", c)
	}
	crashing := func(e cluster.Escalation) bool {
		return e.Reason.String() == "crash_loop" && slices.Equal(e.Replicas, []cluster.NodeID{"node3"})
	}
	if !slices.ContainsFunc(v.Escalations, crashing) {
		t.Errorf("escalations %+v", v.Escalations)
	}
}

// connected checks what the kernels of the embedded hosts tell of the connection
// to a replica.
func (s *stage) connected(t *testing.T, id cluster.NodeID, lossy bool) {
	t.Helper()
	k := s.pipeline.timeline.Head(s.clock.Now).Replica(id).Network.Kernel
	again, ok := k.Primary.Retransmitted.Value()
	if k.Primary.Connections != 1 || k.Replica.Connections != 1 || (ok && again > 1) != lossy {
		t.Errorf("%+v", k)
	}
}
