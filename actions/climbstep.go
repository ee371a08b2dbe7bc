package actions

import (
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// overtaken says who else set the limit; empty if nobody did.
func (m *machine) overtaken() string {
	c, l := m.Climb, m.World.Limit
	n := c.Plan.Ramp.Steps[c.At]
	switch {
	case l.since(c.since):
		return m.otherThan(n)
	case l.Failure != nil && l.Failure.Kind == cluster.FailMissing && m.now.Mono-c.since.Mono > limitHolds:
		v, ok := m.World.Snapshot.Primary.IngestPerSecond.Value()
		if ok && v > 1.25*float64(n) {
			return "ingest is " + perSecond(v) + ": the limit is not in force any more"
		}
	}
	return ""
}

// otherThan says how the limit came into force that is not n; empty if it is n.
func (m *machine) otherThan(n int64) string {
	if l := m.World.Limit; l.Unlimited || l.PerSecond != n {
		return othersWords(l, admin.Limit{}, false)
	}
	return ""
}

// prepare reads the limit right before step i: what somebody else has set since the
// last look is not to be overwritten.
func (m *machine) prepare(i int) {
	c := m.Climb
	c.due, c.asked = i, m.now
	c.check = m.reread("step", Ask{Kind: KindRamp})
}

// seenStep sends the step that is due, if the limit is still the ramp's. Where the
// limit can't be read the ramp waits, but for a step back: that is the safe way.
func (m *machine) seenStep(answer string) {
	c := m.Climb
	if c == nil || c.check == "" || answer != c.check {
		return
	}
	c.check = ""
	if m.Flight != nil { // of something else that was confirmed meanwhile: after it, by a new reading
		return
	}
	if c.due > c.At && m.Peace(m.now) > 0 { // asked for meanwhile
		return
	}
	_, n := c.Plan.Ramp.at(c.At)
	switch l := m.World.Limit; {
	case l.Known() && l.Mono >= c.asked.Mono:
		if who := m.otherThan(n); who != "" {
			m.endClimb(who)
			return
		}
	case l.Failure != nil && l.Failure.Kind == cluster.FailMissing: // it never tells
	case c.Back.IsZero():
		c.good, c.Paused = 0, cluster.Clean("the limit in force can't be read")
		return
	}
	m.climb(c.due, journal.Gestures{})
}

// feel notes whether the ingest shows that a limit of the ramp is in force.
func (m *machine) feel() {
	c := m.Climb
	v, ok := m.World.Snapshot.Primary.IngestPerSecond.Value()
	before, known := c.Plan.before.ingest.Value()
	n := float64(c.Plan.Ramp.Steps[c.At])
	c.felt = c.felt || ok && known && v <= 1.1*n && (before > 1.25*n || v > 1.25*before)
}

// relieves tells whether the first step is in force, by less than what came in before
// it, for a cluster that had a critical lag already: that is what it waits for, and
// nothing that the ramp has done.
func (m *machine) relieves() bool {
	c := m.Climb
	before, known := c.Plan.before.ingest.Value()
	if c.At != 0 || !known || float64(c.Plan.Ramp.Steps[0]) >= lowers*before {
		return false
	}
	limit := m.World.Snapshot.Session.Thresholds.Critical.Seconds()
	for i := range m.World.Snapshot.Replicas {
		r := &m.World.Snapshot.Replicas[i]
		now, _ := r.Lag.Seconds.Value()
		if was, _ := c.Plan.before.lags[r.ID].Value(); now > limit && was <= limit {
			return false // of another replica, which kept up
		}
	}
	return true
}

// held says that the ingest, which was near the limit of this step, is far below it,
// where the server tells no limit: somebody may have set a lower one, which the next
// step would lift. Empty if it is not.
func (m *machine) held() string {
	c, l := m.Climb, m.World.Limit
	v, ok := m.World.Snapshot.Primary.IngestPerSecond.Value()
	n := float64(c.Plan.Ramp.Steps[c.At])
	if !ok || l.Failure == nil || l.Failure.Kind != cluster.FailMissing {
		return ""
	}
	if c.filled = c.filled || v >= nearLimit*n; !c.filled || v >= farBelow*n {
		return ""
	}
	return "ingest is " + perSecond(v) + ", far below this step: somebody may have set a lower limit"
}

const (
	nearLimit = 0.8
	farBelow  = 0.5
)
