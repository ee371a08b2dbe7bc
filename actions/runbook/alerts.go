package runbook

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// AlertOptions tune the mirror of Prometheus. The zero value is the default.
type AlertOptions struct {
	// Every is the evaluation interval; 0 is the polling interval in force, and
	// before a session each call of Evaluate.
	Every   time.Duration
	Dialect Dialect
	// Space is how near samples of one series may be for both to be remembered: of
	// nearer ones the newest is, as if Prometheus scraped so often and just now. A
	// counter that fell is remembered always. 0 remembers all.
	Space time.Duration
}

// forgetAfter is how long a series that is not expected is remembered after it
// vanished, so that targets that make up names can't fill the memory for ever.
const forgetAfter = 24 * time.Hour

type alertKey struct {
	family  cluster.Family
	replica cluster.NodeID
}

// Alerts is a fold over the stream: samples and evaluation times in, the state
// of each rule for each series out. It shows what a Prometheus would that
// scraped when we did, and where that has no value, nodata.
//
// As to Prometheus a series belongs to its target: it is gone when a scrape of
// the target fails or a complete one lacks it.
//
// The owner of the fold calls Apply and then Evaluate, with the time received,
// for each observation, so that a replay evaluates when the live program did.
// Not safe for concurrent use.
type Alerts struct {
	rules    []Rule
	options  AlertOptions
	run      string
	polling  time.Duration
	newest   int64 // Unix ms of the newest sample
	next     time.Time
	targets  map[cluster.NodeID]map[alertKey]*AlertSeries
	about    map[cluster.NodeID][]*AlertSeries // by replica; each by target and family
	expected map[cluster.NodeID]bool
}

// NewAlerts returns alerts that know no series. The rules must pass Check.
func NewAlerts(rules []Rule, o AlertOptions) *Alerts {
	return &Alerts{
		rules: slices.Clone(rules), options: o,
		targets:  make(map[cluster.NodeID]map[alertKey]*AlertSeries),
		about:    make(map[cluster.NodeID][]*AlertSeries),
		expected: make(map[cluster.NodeID]bool),
	}
}

// Expect makes known that target should tell the lag of replica, so that one
// that is never seen has alerts too, in nodata.
func (a *Alerts) Expect(target, replica cluster.NodeID) {
	a.expected[replica] = true
	a.series(target, cluster.FamilyLag, replica)
}

// Observe takes a sample of a series of target about replica.
func (a *Alerts) Observe(target cluster.NodeID, f cluster.Family, replica cluster.NodeID, at time.Time, v float64) {
	if s := a.series(target, f, replica); s != nil {
		s.observe(PromSample{at.UnixMilli(), v}, memory(a.rules, f), a.options.Space)
		a.newest = max(a.newest, at.UnixMilli())
	}
}

// Absent marks a series stale: a scrape of its target failed or lacked it.
func (a *Alerts) Absent(target cluster.NodeID, f cluster.Family, replica cluster.NodeID) {
	if s := a.targets[target][alertKey{f, replica}]; s != nil {
		s.Stale = true
	}
}

// series returns the memory of a series, made at its first use; nil if no rule
// is about its family.
func (a *Alerts) series(target cluster.NodeID, f cluster.Family, replica cluster.NodeID) *AlertSeries {
	of := a.targets[target]
	if s := of[alertKey{f, replica}]; s != nil {
		return s
	}
	if !slices.ContainsFunc(a.rules, func(r Rule) bool { return r.Family == f }) {
		return nil
	}
	if of == nil {
		of = make(map[alertKey]*AlertSeries)
		a.targets[target] = of
	}
	s := &AlertSeries{Target: target, Family: f, Replica: replica, Records: make([]AlertRecord, len(a.rules))}
	of[alertKey{f, replica}] = s
	list := a.about[replica]
	i, _ := slices.BinarySearchFunc(list, s, compareSeries)
	a.about[replica] = slices.Insert(list, i, s)
	return s
}

// every returns the evaluation interval in force; 0 for each call.
func (a *Alerts) every() time.Duration {
	return cmp.Or(a.options.Every, a.polling)
}

// Evaluate runs one evaluation of all rules at the given time, and tells so, if
// it is due: the first call, and then the first within each further interval.
// Times must not run backwards; call it with the time received of each
// observation, so that a replay evaluates when the live program did.
func (a *Alerts) Evaluate(at time.Time) bool {
	at = at.Truncate(time.Millisecond) // Prometheus knows no finer time
	if at.Before(a.next) {
		return false
	}
	a.plan(at)
	// What came in is seen, even if its own clock was a little ahead.
	now := max(at.UnixMilli(), a.newest)
	for _, of := range a.targets {
		for k, s := range of {
			a.evaluate(s, at, now)
			if a.forgotten(s, now) {
				delete(of, k)
				a.about[s.Replica] = slices.DeleteFunc(a.about[s.Replica], func(x *AlertSeries) bool { return x == s })
			}
		}
	}
	return true
}

func (a *Alerts) evaluate(s *AlertSeries, at time.Time, now int64) {
	for i := range a.rules {
		if r := &a.rules[i]; r.Family == s.Family {
			v, ok := s.value(r, &a.options, now)
			s.Records[i].evaluate(r, v, ok, at)
		}
	}
}

// plan sets when the next evaluation is due, on the grid that the first began:
// a late one does not delay those that follow.
func (a *Alerts) plan(at time.Time) {
	every := a.every()
	if a.next.IsZero() || every <= 0 {
		a.next = at.Add(every)
		return
	}
	a.next = a.next.Add((at.Sub(a.next)/every + 1) * every)
}

func (a *Alerts) forgotten(s *AlertSeries, now int64) bool {
	n := len(s.Samples)
	return s.Stale && n > 0 && !a.expected[s.Replica] && now-s.Samples[n-1].At > forgetAfter.Milliseconds()
}

// compareSeries orders by target, family and replica.
func compareSeries(x, y *AlertSeries) int {
	return cmp.Or(cmp.Compare(x.Target, y.Target), cmp.Compare(x.Family, y.Family), cmp.Compare(x.Replica, y.Replica))
}
