package runbook

import (
	"math"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// measurement asks first whether the lag is to be believed.
func (d *diagnosis) measurement() {
	l := &d.r.Lag
	switch {
	case l.State == cluster.LagLive:
		d.contradicted()
	case !d.s.Primary.Metrics.Reachable:
		// No reading, so nothing is wrong with what it says.
		d.missing = append(d.missing, because("the lag", l.Why))
	case l.State == cluster.LagFrozen:
		words := "the lag stands at " + brief(d.lag()) + " s since " + d.clock(l.Since) + " while the gap to the primary moves"
		if l.Outgrown {
			words = "the lag says " + brief(d.lag()) + " s while the gap to the primary grows by far more than that, since " + d.clock(l.Since)
		}
		d.accuse("lag", words)
		d.accuse("counters", figure(d.r.Assertions.Behind, brief)+" assertions behind, applies "+
			figure(d.r.Assertions.PerSecond, perSecond)+" of "+figure(d.s.Primary.IngestPerSecond, perSecond))
	default:
		d.accuse("lag", l.Why.String())
		d.accuse("scrape", "the primary answers all else")
	}
}

// accuse adds a finding against the measurement. It needs no order: it is about
// what is said now.
func (d *diagnosis) accuse(tool, text string) {
	d.find(finding{cause: cluster.CauseMeasurement, tool: tool, text: text, order: orderFits})
}

const (
	// farLess is the share of what the lag should come to in assertions, at the
	// primary's rate, below which the counts contradict it.
	farLess = 0.1
	// idleIngest is the rate, in assertions a second, below which a lag in time
	// grows without anything to apply.
	idleIngest = 0.5
	// skewed is how far clocks must be apart to matter to a lag.
	skewed = time.Second
)

// contradicted compares a live lag with the counts and the clocks: a lag in
// time is told by two clocks, and grows by itself where nothing is written.
func (d *diagnosis) contradicted() {
	taken, ok := d.s.Primary.Assertions.Value()
	indexed, counted := d.r.Assertions.Indexed.Value()
	ingest, known := d.s.Primary.IngestPerSecond.Value()
	// Behind is not known where it is less than the scrapes' skew, but then it is
	// little beside a lag of seconds, and that is all that is asked here.
	behind, same := d.r.Assertions.Behind.Value()
	if !same {
		behind = math.Abs(taken - indexed)
	}
	if !ok || !counted || !known {
		return
	}
	switch {
	case ingest < idleIngest && behind == 0:
		d.accuse("ingest", "the primary takes in "+perSecond(ingest)+": with nothing to apply a lag in time says nothing")
		d.accuse("counters", "0 assertions behind")
	case ingest >= idleIngest && behind < farLess*d.lag()*ingest:
		d.accuse("counters", brief(behind)+" assertions behind, where "+brief(d.lag())+" s of "+perSecond(ingest)+" are "+brief(d.lag()*ingest))
		d.clocks()
	}
}

// standsFor is how many moments a lag must have the same digits, while those of
// others change, to be doubted where no count tells: a minute.
const standsFor = 12

// standsAlone tells whether the lag of r stands still at a fraction of a second
// while another replica's moves: gauges of one exporter are renewed alike, and
// only a whole number, 0 above all, comes often.
func (p *Past) standsAlone(s *cluster.Snapshot, r *cluster.Replica) bool {
	v, stands := p.subject(r.ID).lagStands()
	if !stands || v == math.Trunc(v) {
		return false
	}
	return slices.ContainsFunc(s.Replicas, func(o cluster.Replica) bool {
		n := p.subject(o.ID)
		_, still := n.lagStands()
		return n.moments.len() >= standsFor && n.has(sensorLag) && !still
	})
}

// lagStands tells whether all the newest moments have the same lag.
func (n *subject) lagStands() (v float64, ok bool) {
	lags := n.moments.of[sensorLag]
	if len(lags) < standsFor {
		return 0, false
	}
	newest := lags[len(lags)-standsFor:]
	return float64(newest[0]), !slices.ContainsFunc(newest, func(v float32) bool { return v != newest[0] })
}

// clocks judges the offset between the clocks of primary and replica.
func (d *diagnosis) clocks() {
	p, r := d.s.Primary.Host.Facts, d.r.Host.Facts
	if p == nil || r == nil || !p.ClockKnown || !r.ClockKnown {
		return
	}
	if by := (r.ClockOffset - p.ClockOffset).Abs(); by > skewed+p.ClockError+r.ClockError {
		d.accuse("clocks", "the clocks of primary and replica are "+brief(by.Seconds())+" s apart")
	}
}
