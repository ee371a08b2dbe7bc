package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// ErrorsOver says over what time a replica's rate of sync errors is: "over 5 min",
// or "over 40 s" where the counter is watched for no longer.
func ErrorsOver(y *cluster.Sync) string {
	const whole = 290 * time.Second // points are 5 s apart
	if y.ErrorsOver <= 0 || y.ErrorsOver >= whole {
		return "over 5 min"
	}
	if y.ErrorsOver < time.Second {
		return "of late"
	}
	return "over " + spoken(y.ErrorsOver)
}

// errorRun is what the counters of one replica's sync errors and of its completed
// syncs did.
type errorRun struct {
	value       float64
	base        float64   // before the run
	since, last time.Time // of the growth; zero before the first

	completed   float64   // syncs, by the histogram of their durations; it is read now and then
	counts      bool      // there is one
	inRow       float64   // errors since the last that completed
	sure        float64   // those of them that were counted when the histogram was read last
	firstFailed time.Time // the first of those in a row
}

// failsAlways tells whether sync after sync fails and none completes: three in
// a row. A background sync that is tried again every half a minute never comes
// above the runbook's rate, which is one for an alert.
func (e *errorRun) failsAlways(at time.Time) bool {
	return e.counts && e.sure >= 3 && at.Sub(e.last) <= errorGap
}

// rate returns the errors a second of a run that goes on, over its own time:
// the runbook's 5 minutes know a new one late. 0 for fewer than five.
func (e *errorRun) rate(at time.Time) float64 {
	if n := e.value - e.base; n >= 5 && at.Sub(e.last) <= errorGap && e.last.After(e.since) {
		return n / at.Sub(e.since).Seconds()
	}
	return 0
}

// errorGap is how long the counter may stand still within one run, and thereby
// how soon errors that ended count as over.
const errorGap = time.Minute

// countErrors notes when counters of sync errors grow. The rate over the
// runbook's 5 minutes can't tell errors that go on from those that are over.
func (p *Past) countErrors(o *cluster.Observation, b *cluster.MetricsReading) {
	for i := range b.Samples {
		m := &b.Samples[i]
		if m.Family != cluster.FamilySyncErrors && m.Family != cluster.FamilySyncDurationCount {
			continue
		}
		id := m.Replica
		if id == "" {
			id = o.Source.Node
		}
		e := p.errors[id]
		switch {
		case m.Family == cluster.FamilySyncDurationCount && e != nil:
			e.complete(m.Value)
		case m.Family == cluster.FamilySyncErrors && e == nil:
			p.errors[id] = &errorRun{value: m.Value}
		case m.Family == cluster.FamilySyncErrors:
			e.count(m.Value, o.Taken)
		}
	}
}

// complete takes how many syncs completed.
func (e *errorRun) complete(v float64) {
	if e.counts && v != e.completed {
		e.inRow = 0
	}
	e.completed, e.counts, e.sure = v, true, e.inRow
}

func (e *errorRun) count(v float64, at time.Time) {
	if v > e.value {
		if e.since.IsZero() || at.Sub(e.last) > errorGap {
			e.since, e.base = at, e.value
		}
		if e.inRow == 0 {
			e.firstFailed = at
		}
		e.inRow += v - e.value
		e.last = at
	}
	e.value = v
}

func (e *errorRun) shift(by time.Duration) {
	for _, t := range []*time.Time{&e.since, &e.last, &e.firstFailed} {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
}

// progressRun counts how often a sync began anew before it was done.
type progressRun struct {
	value float64
	known bool
	began time.Time   // when the first of the attempts did; zero if before we looked
	anew  []time.Time // newest last, at most 8
}

const (
	// retryWindow is within which a sync that begins anew twice is failing.
	retryWindow = 10 * time.Minute
	// nearlyDone is the progress from which a fall is the end, seen late.
	nearlyDone = 0.95
)

func (p *progressRun) note(y *cluster.Sync, at time.Time) {
	v, ok := y.Progress.Value()
	if !ok {
		return
	}
	if n, _ := p.recent(at); n == 0 && v > 0 && (!p.known || p.value == 0 || p.value >= nearlyDone) {
		p.began = time.Time{}
		if p.known {
			p.began = at
		}
	}
	if p.known && v < p.value-0.02 && p.value < nearlyDone {
		p.anew = append(p.anew, at)
		if len(p.anew) > 8 {
			p.anew = p.anew[1:]
		}
	}
	p.value, p.known = v, true
}

// recent returns how often within the window before at, and when the first of
// the attempts began.
func (p *progressRun) recent(at time.Time) (n int, began time.Time) {
	for _, t := range p.anew {
		n += btoi(at.Sub(t) <= retryWindow)
	}
	return n, p.began
}

func (p *progressRun) shift(by time.Duration) {
	if !p.began.IsZero() {
		p.began = p.began.Add(by)
	}
	for i := range p.anew {
		p.anew[i] = p.anew[i].Add(by)
	}
}
