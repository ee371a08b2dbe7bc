package runbook

import (
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// AlertState is how an alert stands.
type AlertState uint8

// The states of an alert.
const (
	AlertInactive AlertState = iota
	AlertPending             // the expression holds, but not for long enough
	AlertFiring
	AlertNoData // the expression has no value: ours, Prometheus would say inactive
)

// String returns the contract's word for the state.
func (s AlertState) String() string {
	return [...]string{"inactive", "pending", "firing", "nodata"}[s]
}

// Alert is how one rule stands for one series, as of the newest evaluation.
type Alert struct {
	Rule    Rule
	Replica cluster.NodeID // whom it is about
	Target  cluster.NodeID // whose /metrics tells it
	State   AlertState
	// Prometheus is what Prometheus would show, which knows no nodata: inactive
	// there, or firing still by keep_firing_for.
	Prometheus AlertState
	Since      time.Time // since when State holds; zero before the first evaluation
	// Seen is false while the series was never there: then AlertNoData says that
	// a metric is absent, not that one was lost.
	Seen bool
	// Value is the expression's value; unknown where it has none.
	Value cluster.Figure
	// Was is what a loss of the series interrupted, pending or firing, until the
	// alert fires again or a value shows that it is over; else inactive.
	Was AlertState
	// LostAt is when that loss was noticed; zero if Was is inactive.
	LostAt time.Time
	// FiresIn is how long a pending alert still has to hold, up to the evaluation
	// that would find so; 0 in other states.
	FiresIn time.Duration
	// ClearsAt is when a rate that holds would fall to the threshold if the
	// counter stood still from now on; zero in other states and for gauges.
	ClearsAt time.Time
}

// Words says how the alert stands at the given time, without its name.
func (a Alert) Words(at time.Time) string {
	switch a.State {
	case AlertNoData:
		return a.lossWords(at)
	case AlertPending:
		words := "fires in " + minutes(a.FiresIn) + " if it stays"
		if a.Was == AlertFiring {
			words += ", was firing, source lost " + minutes(at.Sub(a.LostAt)) + " ago"
		}
		return words
	case AlertFiring:
		words := "firing since " + minutes(at.Sub(a.Since))
		if !a.ClearsAt.IsZero() {
			words += ", clears " + a.ClearsAt.Format(time.TimeOnly) + " if none follow"
		}
		return words
	default:
		return "inactive"
	}
}

func (a Alert) lossWords(at time.Time) string {
	switch {
	case a.Was != AlertInactive:
		return "was " + a.Was.String() + ", source lost " + minutes(at.Sub(a.LostAt)) + " ago"
	case a.Seen:
		return "no data since " + minutes(at.Sub(a.Since))
	default:
		return "no data yet"
	}
}

// minutes returns d as m:ss, as a countdown is read.
func minutes(d time.Duration) string {
	s := int64(max(0, d).Round(time.Second) / time.Second)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
