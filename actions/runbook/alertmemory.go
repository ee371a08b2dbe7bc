package runbook

import (
	"maps"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// AlertMemory is all that Alerts remember, plain, so that a keyframe could hold
// it: per series 16 bytes for each sample and about 200 for each rule. For a
// thousand replicas at 1 Hz the counters' samples come to 5 MB; a keyframe may
// leave those out where a replay begins a rule's range earlier anyhow.
type AlertMemory struct {
	Run      string // of the session; empty before one
	Polling  time.Duration
	Newest   int64 // Unix milliseconds of the newest sample
	Next     time.Time
	Expected []cluster.NodeID
	Series   []AlertSeries // by target, family and replica
}

// Memory returns a copy of what is remembered.
func (a *Alerts) Memory() AlertMemory {
	m := AlertMemory{
		Run: a.run, Polling: a.polling, Newest: a.newest, Next: a.next,
		Expected: slices.Sorted(maps.Keys(a.expected)),
	}
	for _, of := range a.targets {
		for _, s := range of {
			m.Series = append(m.Series, s.clone())
		}
	}
	slices.SortFunc(m.Series, func(x, y AlertSeries) int { return compareSeries(&x, &y) })
	return m
}

// RecallAlerts returns alerts that go on from m. Rules and options must be those
// of the alerts that gave it; a series with a different number of rules starts
// anew in nodata.
func RecallAlerts(rules []Rule, o AlertOptions, m AlertMemory) *Alerts {
	a := NewAlerts(rules, o)
	a.run, a.polling, a.newest, a.next = m.Run, m.Polling, m.Newest, m.Next
	for _, id := range m.Expected {
		a.expected[id] = true
	}
	for i := range m.Series {
		s := m.Series[i].clone()
		if of := a.series(s.Target, s.Family, s.Replica); of != nil && len(s.Records) == len(a.rules) {
			*of = s
		}
	}
	return a
}

// Clone returns alerts that share nothing with a.
func (a *Alerts) Clone() *Alerts { return RecallAlerts(a.rules, a.options, a.Memory()) }

func (s *AlertSeries) clone() AlertSeries {
	c := *s
	c.Samples, c.Records = slices.Clone(s.Samples), slices.Clone(s.Records)
	return c
}
