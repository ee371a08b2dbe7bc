package actions

import (
	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// gate is one sample of what a ramp goes on by. All empty: it passes.
type gate struct {
	fail     string // step back at once
	critical string // step back if it stays
	missing  string // not known, which is neither good nor bad
	wait     string // not good enough to go on
}

// gateOf looks at every replica. What is not known passes nothing.
func gateOf(s *cluster.Snapshot) gate {
	var g gate
	if s.Primary.Admin.Configured && !s.Primary.Admin.Reachable {
		g.missing = "the list of breakers can't be read"
	}
	if len(s.Replicas) == 0 {
		g.missing = "no replica is known"
	}
	for i := range s.Replicas {
		g.replica(s, &s.Replicas[i])
	}
	if n := len(s.Unmatched); n > 0 {
		g.fail = "the breaker of " + s.Unmatched[0].Agent.Text().String() + " is tripped"
	}
	return g
}

func (g *gate) replica(s *cluster.Snapshot, r *cluster.Replica) {
	name := r.Name.String()
	if r.Breaker.State == cluster.BreakerTripped {
		g.fail = "the breaker of " + name + " is tripped"
	}
	if v, ok := r.Sync.ErrorsPerSecond.Value(); ok && v > syncErrors {
		g.fail = "syncs of " + name + " fail, " + tenth(v) + "/s"
	} else if ok && v > 0 {
		g.wait = "syncs of " + name + " report errors"
	}
	for i := range r.Alerts {
		switch a := &r.Alerts[i]; a.State {
		case cluster.AlertPending, cluster.AlertFiring:
			g.wait = a.Rule.String() + " of " + name + " is " + a.State.String()
		case cluster.AlertNoData, cluster.AlertInactive:
		}
	}
	g.lag(s, r, name)
}

// syncErrors is the rule's rate of sync errors.
const syncErrors = 0.1

func (g *gate) lag(s *cluster.Snapshot, r *cluster.Replica, name string) {
	v, ok := r.Lag.Seconds.Value()
	t := s.Session.Thresholds
	words := "the lag of " + name + " is " + seconds(v)
	switch {
	case !ok || r.Lag.State != cluster.LagLive:
		g.missing = "the lag of " + name + " is " + r.Lag.State.String()
		return
	case v > t.Critical.Seconds():
		g.critical = words
		return
	case v > t.Warning.Seconds():
		g.wait = words
		return
	}
	if high, ok := runbook.ForecastOf(s, r).High.Value(); ok && high > flatSlope && v > 1 {
		g.wait = words + " and rises"
	}
}
