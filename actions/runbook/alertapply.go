package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Apply folds one observation: sessions, settings, clock steps and scrapes, as a
// scrape by Prometheus would count. It evaluates nothing.
func (a *Alerts) Apply(o *cluster.Observation) {
	switch b := o.Body.(type) {
	case *cluster.Session:
		a.open(b)
		return
	case *cluster.Settings:
		a.setPolling(b.Interval)
		return
	case *cluster.ClockStep:
		a.shift(b.By)
		return
	}
	if o.Source.Kind == cluster.FromMetrics {
		a.scrape(o)
	}
}

// open takes the session at the head of a stream. Another run begins anew; the
// same one again, as at the head of each segment of a recording, changes nothing.
func (a *Alerts) open(b *cluster.Session) {
	if a.run != "" && a.run != b.Run {
		*a = *NewAlerts(a.rules, a.options)
	}
	a.run = b.Run
	a.setPolling(b.Interval)
	for i := range b.Replicas {
		a.Expect(b.Primary.ID, b.Replicas[i].ID)
	}
}

// setPolling takes a polling interval. A grid of evaluations that it sets begins
// anew, else a shorter one would wait for the end of a longer.
func (a *Alerts) setPolling(interval time.Duration) {
	if a.options.Every == 0 && interval != a.polling {
		a.next = time.Time{}
	}
	a.polling = interval
}

// scrape takes one reading of a target. Prometheus keeps nothing of a scrape
// that failed half way, so nor does this; a family that the configuration wants
// and the target lacks is no failure to it, and of a series that stands twice we
// keep neither.
func (a *Alerts) scrape(o *cluster.Observation) {
	target := o.Source.Node
	b, ok := o.Body.(*cluster.MetricsReading)
	whole := ok && (o.Err == nil || o.Err.Kind == cluster.FailMissing || o.Err.Kind == cluster.FailDuplicate)
	seen := make(map[alertKey]bool)
	if whole {
		at := o.Taken
		if at.IsZero() {
			at = o.Received
		}
		for i := range b.Samples {
			m := &b.Samples[i]
			about := m.Replica
			if about == "" {
				about = target
			}
			seen[alertKey{m.Family, about}] = true
			a.Observe(target, m.Family, about, at, m.Value)
		}
	}
	for k, s := range a.targets[target] {
		if !seen[k] && (!whole || b.Asked.Has(k.family)) {
			s.Stale = true
		}
	}
}

// shift moves all times by a step of the wall clock: what held for a minute has
// still held for a minute. Where it was set ahead the machine may have slept, and no
// rate goes over that.
func (a *Alerts) shift(by time.Duration) {
	a.newest += by.Milliseconds()
	if !a.next.IsZero() {
		a.next = a.next.Add(by)
	}
	for _, of := range a.targets {
		for _, s := range of {
			if by > 0 && s.Family != cluster.FamilyLag {
				s.Samples = nil
			}
			for i := range s.Samples {
				s.Samples[i].At += by.Milliseconds()
			}
			for i := range s.Records {
				s.Records[i].shift(by)
			}
		}
	}
}
