package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What is not known passes no gate, and what is not good is told for what it is.
func TestGate(t *testing.T) {
	alert := func(s cluster.AlertState) func(*cluster.Snapshot) {
		return func(v *cluster.Snapshot) {
			v.Replicas[0].Alerts = []cluster.AlertChange{{Rule: cluster.Clean("Rule"), State: s}}
		}
	}
	lag := func(change func(*cluster.Lag)) func(*cluster.Snapshot) {
		return func(v *cluster.Snapshot) { change(&v.Replicas[0].Lag) }
	}
	failing := func(n float64) func(*cluster.Snapshot) {
		return func(v *cluster.Snapshot) { v.Replicas[1].Sync.ErrorsPerSecond = cluster.Known(n) }
	}
	for _, c := range []struct {
		name string
		set  func(*cluster.Snapshot)
		want gate // the words that each begins with
	}{
		{"all is well", func(*cluster.Snapshot) {}, gate{}},
		{"a stale lag", lag(func(l *cluster.Lag) { l.State = cluster.LagStale }), gate{missing: "the lag of node2 is stale"}},
		{"a frozen lag", lag(func(l *cluster.Lag) { l.State = cluster.LagFrozen }), gate{missing: "the lag of node2 is frozen"}},
		{"no lag", lag(func(l *cluster.Lag) { l.Seconds = cluster.Figure{} }), gate{missing: "the lag of node2 is"}},
		{"above warning", lag(func(l *cluster.Lag) { l.Seconds = cluster.Known(5.1) }), gate{wait: "the lag of node2 is 5.1 s"}},
		{"at warning", lag(func(l *cluster.Lag) { l.Seconds = cluster.Known(5) }), gate{}},
		{"above critical", lag(func(l *cluster.Lag) { l.Seconds = cluster.Known(10.1) }), gate{critical: "the lag of node2 is 10.1 s"}},
		{"no replica", func(v *cluster.Snapshot) { v.Replicas = nil }, gate{missing: "no replica is known"}},
		{"breakers can't be read", func(v *cluster.Snapshot) { v.Primary.Admin.Configured, v.Primary.Admin.Reachable = true, false }, gate{missing: "the list of breakers"}},
		{"a breaker of nobody", func(v *cluster.Snapshot) { v.Unmatched = []cluster.TrippedBreaker{{Agent: "agent-9"}} }, gate{fail: "the breaker of agent-9 is tripped"}},
		{"a breaker", func(v *cluster.Snapshot) { v.Replicas[1].Breaker.State = cluster.BreakerTripped }, gate{fail: "the breaker of node3 is tripped"}},
		{"syncs fail", failing(0.2), gate{fail: "syncs of node3 fail"}},
		{"few syncs fail", failing(0.05), gate{wait: "syncs of node3 report errors"}},
		{"an alert is pending", alert(cluster.AlertPending), gate{wait: "Rule of node2 is pending"}},
		{"an alert fires", alert(cluster.AlertFiring), gate{wait: "Rule of node2 is firing"}},
		{"an alert is inactive", alert(cluster.AlertInactive), gate{}},
	} {
		r := newRig(t)
		r.nodes["node2"].lag, r.nodes["node2"].apply = 0.2, 1500
		r.run(time.Minute)
		v := r.world().Snapshot
		c.set(v)
		g := gateOf(v)
		for name, pair := range map[string][2]string{
			"fail": {g.fail, c.want.fail}, "critical": {g.critical, c.want.critical}, "missing": {g.missing, c.want.missing}, "wait": {g.wait, c.want.wait},
		} {
			if !strings.HasPrefix(pair[0], pair[1]) || pair[0] != "" && pair[1] == "" {
				t.Errorf("%s: %s is %q, want %q", c.name, name, pair[0], pair[1])
			}
		}
	}
}
