package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Severity is how grave an alert is.
type Severity uint8

// The severities, least first.
const (
	SeverityWarning Severity = iota
	SeverityCritical
)

// String returns the word that Prometheus rules carry as the severity label.
func (s Severity) String() string {
	if s == SeverityCritical {
		return "critical"
	}
	return "warning"
}

// Rule is one alerting rule: an expression over a family, compared to a
// threshold by a strict >, as Prometheus would evaluate it for each series.
type Rule struct {
	Name     cluster.Text
	Severity Severity
	Family   cluster.Family
	// Rate is the range of a rate() over a counter, in whole milliseconds; 0
	// compares the value of a gauge itself.
	Rate time.Duration
	// Above is the threshold: seconds for a lag, per second for a rate.
	Above float64
	// For is how long the expression must hold at every evaluation before the
	// alert fires; 0 fires at the first.
	For time.Duration
	// KeepFiringFor is how long a firing alert outlives its expression.
	KeepFiringFor time.Duration
}

// DefaultRules returns the runbook's three rules. The lag limits are the
// configured ones; holds, range and error rate are the runbook's.
func DefaultRules(t cluster.Thresholds) []Rule {
	return []Rule{
		{
			Name: cluster.Clean("ReplicationLagCritical"), Severity: SeverityCritical,
			Family: cluster.FamilyLag, Above: t.Critical.Seconds(), For: 3 * time.Minute,
		},
		{
			Name: cluster.Clean("ReplicationLagWarning"), Severity: SeverityWarning,
			Family: cluster.FamilyLag, Above: t.Warning.Seconds(), For: 5 * time.Minute,
		},
		{
			Name: cluster.Clean("MerkleSyncFailures"), Severity: SeverityWarning,
			Family: cluster.FamilySyncErrors, Rate: 5 * time.Minute, Above: 0.1,
		},
	}
}

// MaxRate is the longest range of a rate() that a rule may ask for: it bounds
// what is remembered of each counter.
const MaxRate = time.Hour

// Check returns what is wrong with a configured rule, as a *cluster.Failure of
// kind FailConfig, or nil.
func (r Rule) Check() error {
	name := "alert rule " + r.Name.String()
	switch {
	case r.Name.IsZero():
		return cluster.Fail(cluster.FailConfig, "an alert rule has no name", "give it one")
	case int(r.Family) >= cluster.NumFamilies:
		return cluster.Fail(cluster.FailConfig, name+" is about an unknown metric", "name one of those under metrics:")
	case math.IsNaN(r.Above):
		return cluster.Fail(cluster.FailConfig, name+" has no threshold", "give a number")
	case r.For < 0 || r.KeepFiringFor < 0 || r.Rate < 0:
		return cluster.Fail(cluster.FailConfig, name+" has a negative duration", "durations are 0 or more")
	case r.Rate > MaxRate:
		return cluster.Fail(cluster.FailConfig, name+" has a rate over more than "+MaxRate.String(), "use a shorter range")
	}
	return nil
}

// memory returns how long samples of family f must be kept for rules; 0 if the
// newest is enough.
func memory(rules []Rule, f cluster.Family) time.Duration {
	var most time.Duration
	for i := range rules {
		if rules[i].Family == f {
			most = max(most, rules[i].Rate)
		}
	}
	return most
}
