package runbook

import (
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The contract's words for what to do.
const (
	adviceThrottle = "throttle"
	adviceSync     = "sync"
	adviceReset    = "reset"
	adviceRamp     = "ramp"
	adviceNetwork  = "network"
	adviceEscalate = "escalate"
)

// course is what the runbook says to do about a cause.
type course struct {
	advice []string
	likely string // the step that follows
	maybe  string // the step that would make sure
}

var courses = map[cluster.Cause]course{
	cluster.CauseDisk: {
		[]string{adviceThrottle, adviceSync},
		"reduce the ingestion rate on the primary for a while, look for competing I/O (iotop), and sync once it keeps up",
		"look at iostat on the replica and for competing I/O (iotop) before acting",
	},
	cluster.CauseCPU: {
		[]string{adviceThrottle, adviceSync},
		"reduce the ingestion rate on the primary for a while, see what uses the processor (top), and sync once it keeps up",
		"see with top what uses the replica's processor before acting",
	},
	cluster.CauseNetwork: {
		[]string{adviceNetwork},
		"check the path (traceroute, mtr) and the firewall on the RPC port from the primary",
		"ping the replica from the primary: the path that matters is not the monitor's",
	},
	cluster.CausePrimary: {
		[]string{adviceThrottle, adviceRamp},
		"reduce the ingestion rate on the primary, then ramp it up in steps",
		"compare the primary's load and ingestion rate with those before the lag",
	},
	cluster.CauseBreaker: {
		[]string{adviceReset, adviceSync},
		"reset the circuit breaker once, and sync if the gap does not close",
		"see why the circuit breaker tripped before it is reset",
	},
	cluster.CauseSync: {
		[]string{adviceSync},
		"read the sync errors in both logs, start a manual sync; if it fails repeatedly, rebuild the replica",
		"read the sync errors in the logs of the primary and of the replica",
	},
	cluster.CauseMeasurement: {
		nil,
		"don't act on the lag: compare the assertion counts, and check what the primary reports",
		"compare the assertion counts before the lag is believed",
	},
	cluster.CauseUnknown: {
		nil, "",
		"walk through the runbook's investigation",
	},
}

// advise fills in the advice and the next step. Only a likely cause is acted
// upon; and throttling is left out where the replica applies nothing, since
// there it can't help.
func (d *diagnosis) advise(v *cluster.Verdict) {
	c := courses[v.Cause]
	next := c.maybe
	var advice []string
	if v.Confidence == cluster.ConfidenceLikely {
		advice, next = c.advice, c.likely
	}
	if v.Cause == cluster.CauseUnknown && len(v.Missing) > 0 {
		next += ", beginning with what is missing here"
	}
	stopped := d.appliesNothing()
	for _, a := range advice {
		if a == adviceThrottle && stopped {
			continue
		}
		v.Advice = append(v.Advice, cluster.Clean(a))
	}
	if d.r.Breaker.State == cluster.BreakerTripped && v.Cause != cluster.CauseBreaker {
		next = d.afterTrip(v)
	} else if stopped && v.Cause != cluster.CauseMeasurement && v.Cause != cluster.CauseBreaker {
		next = "throttling would not help, the replica applies nothing: " + next
	}
	if d.escalates() {
		v.Advice = append(v.Advice, cluster.Clean(adviceEscalate))
	}
	v.Next = cluster.Clean(next)
}

// afterTrip is what to do where the breaker is open for another reason: while
// that lasts it would trip again.
func (d *diagnosis) afterTrip(v *cluster.Verdict) string {
	if d.fine[cluster.CauseDisk] && d.fine[cluster.CauseCPU] && d.fine[cluster.CauseNetwork] {
		v.Advice = append(v.Advice, cluster.Clean(adviceReset))
		return "reset the circuit breaker once: what tripped it is not seen any more, and nothing flows while it is open"
	}
	if v.Cause == cluster.CauseUnknown {
		return "see why the circuit breaker tripped: the lag came first, but nothing flows while it is open"
	}
	return "see to the " + v.Cause.String() + " first, else the breaker trips again; then reset it once, since nothing flows while it is open"
}

// escalates tells whether the runbook says to escalate this replica: a condition
// holds for it, or its lag is one.
func (d *diagnosis) escalates() bool {
	for i := range d.s.Escalations {
		if slices.Contains(d.s.Escalations[i].Replicas, d.r.ID) {
			return true
		}
	}
	t := d.s.Session.Thresholds
	if t.Escalate > 0 && d.lag() > t.Escalate.Seconds() {
		return true
	}
	several := 0
	for _, r := range d.all.lagging {
		if lag, _ := r.Lag.Seconds.Value(); lag > t.Critical.Seconds() {
			several++
		}
	}
	return several >= 2 && d.lag() > t.Critical.Seconds()
}
