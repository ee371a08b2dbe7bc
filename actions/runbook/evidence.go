package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Limits of the field. Where the node's own past or healthy peers tell what is
// normal, a sensor must be above that by three deviations too.
const (
	// A WAL's writer waits for each group commit, so commits a second are at most
	// 1000/await. Flash answers in about 1 ms, a network disk or spinning one in
	// up to 20; the Known limits are for where normal is known, the others not.
	waitFlash, waitFlashKnown = 20.0, 10.0
	waitOther, waitOtherKnown = 50.0, 25.0
	waitFactor                = 3.0
	// waitFast is what no device is slow at, in ms.
	waitFast = 2.0
	// highPressure is the share of time, in percent, that some work stood still.
	highPressure, pressureFactor = 20.0, 2.0
	// highCore is where one core is saturated as averages of a second go, and
	// highProcess where one thread is.
	highCore, highProcess, cpuFactor = 90.0, 85.0, 1.2
	highSteal                        = 5.0 // percent: a neighbour takes the core
	highRunning                      = 1.0 // runnable tasks per core
	// calmCore is up to which the busiest core has room for sure.
	calmCore = 75.0
	// mostIOWait is the share of all time spent idle while I/O is awaited that
	// says something, on few cores; on many it is half a core's.
	mostIOWait, iowaitFactor = 10.0, 2.0
	// highLoss is two of 60 probes; TCP's throughput falls off at 1 % already.
	// Nothing gets through worstLoss to speak of, whatever was normal.
	highLoss, worstLoss = 3.0, 10.0
	// highResent is the share of segments sent again, in percent, above which loss
	// governs a stream: by Mathis, at 10 ms and 1 % a connection gets 1.8 MB/s.
	// Fewer than fewResent a second are an accident. A flow of steadyFlow bytes/s,
	// some ten segments a second, would show such a loss.
	highResent, resentFactor = 1.0, 3.0
	fewResent, steadyFlow    = 0.5, 15e3
	// muchUnread is half of what a Linux kernel keeps for a program that reads
	// slowly, in bytes; one that keeps up has read nearly all of it at any moment.
	muchUnread = 32 << 10
	stuckShare = 50.0 // percent of the segments: hardly anything comes through
	// Throughput goes with the inverse of the round trip; 50 ms more is a detour
	// across a continent, or a queue.
	rttFactor, rttAbove, rttDetour = 3.0, 5.0, 50.0 // the latter two in ms
	// slowAnswer is the least time, in ms, that TCP takes to send a lost segment
	// again (RFC 6298 asks for 1 s, Linux takes 200 ms).
	slowAnswer, slowFactor = 200.0, 3.0
	// manyPings is how many must all come back to gainsay a loss of a tenth.
	manyPings = 30
	// starvedShare is below which of normal a replica receives too little.
	starvedShare = 0.7
	// riseFactor is above which ingest rose enough to be blamed.
	riseFactor = 1.25
	// fewErrors is the runbook's limit of sync errors a second.
	fewErrors = 0.1
)

// listedEvery is how often a host's connections are listed.
const listedEvery = 10 * time.Second

// orderSlack is how late a cause may show after the lag's onset and still be
// before it, as slow sensors and averages go.
const orderSlack = 30 * time.Second

// order is how a finding stands to the onset of the lag.
type order uint8

const (
	orderUnknown order = iota // it or the lag began before we looked
	orderFits
	orderLate // it began well after the lag
	orderPast // it fits, and is over
)

// finding is something abnormal that speaks for a cause.
type finding struct {
	cause cluster.Cause
	// tool is what it was measured with: findings by the same are one indicator.
	tool  string
	text  string
	order order
	since time.Time // zero if not known
	weak  bool      // proves nothing alone, and counts only beside another
}

// level is how a sensor stands.
type level struct {
	now, peak float64
	norm      norm
	known     bool
	abnormal  bool
	order     order
	since     time.Time
	until     time.Time // of a past one
}

// limit says when a sensor is abnormal.
type limit struct {
	known, alone float64 // floors where normal is known, and where not
	factor       float64 // times the normal; 0 for none
}

// level judges a sensor of a node against its past, of this run or recorded, else
// against its peers.
func (d *diagnosis) level(n *subject, s sensor, l limit) level {
	v := level{now: n.now(s), norm: d.normOf(n, s)}
	v.known = !math.IsNaN(v.now)
	floor := l.alone
	if v.norm.known {
		floor = max(l.known, v.norm.high(), l.factor*v.norm.mid)
	}
	v.abnormal = v.known && v.now > floor
	d.recorded = d.recorded || v.norm.recorded && v.abnormal
	if n.episode == nil || v.norm.peers || !v.norm.known {
		return v
	}
	x := n.episode.spells[s]
	switch {
	case x.since.IsZero() || x.before:
	case v.abnormal:
		v.since, v.order = x.since, d.orderOf(x.since)
	case x.peak > floor && d.orderOf(x.since) == orderFits && x.last.Sub(x.since) >= 2*momentEvery && x.last.After(d.onset):
		v.since, v.until, v.peak, v.order = x.since, x.last, x.peak, orderPast
	}
	return v
}

// found tells whether a level is a finding at all.
func (v level) found() bool { return v.abnormal || v.order == orderPast }

// shown is what a finding speaks of: the level now, or that of its past.
func (v level) shown() float64 {
	if v.order == orderPast {
		return v.peak
	}
	return v.now
}

// orderOf places an instant in relation to the onset of the lag.
func (d *diagnosis) orderOf(t time.Time) order {
	switch {
	case t.IsZero() || d.onset.IsZero():
		return orderUnknown
	case t.After(d.onset.Add(orderSlack)):
		return orderLate
	}
	return orderFits
}

// normOf returns what is normal for a sensor of a node: by its own past in this run,
// else in earlier recordings, else by healthy peers of the same kind.
func (d *diagnosis) normOf(n *subject, s sensor) norm {
	if n.norms[s].known || n != d.n {
		return n.norms[s]
	}
	return d.all.peers(d.r, s)
}
