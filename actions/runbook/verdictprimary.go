package runbook

import (
	"math"

	"github.com/stemedb/stemetop/sources/cluster"
)

// primary looks for a load that no replica can keep up with, or a primary that
// can't send. A replica that keeps up with the same primary clears it.
func (d *diagnosis) primary() {
	p := &d.s.Primary
	n := d.all.p.subject(p.ID)
	// A replica that is in a bad way by itself says nothing of the others.
	if len(d.all.healthy) > 0 && !d.all.together {
		d.fine[cluster.CausePrimary] = true
		d.normal = append(d.normal, names(d.all.healthy)+" "+plural(len(d.all.healthy), "keeps", "keep")+" up with the same primary")
		return
	}
	before := len(d.findings)
	if d.all.together {
		o := orderUnknown
		if d.all.sameTime {
			o = orderFits
		}
		d.find(finding{
			cause: cluster.CausePrimary, tool: "lag", order: o,
			text: "most replicas lag, with one onset: " + names(d.all.lagging),
		})
	}
	d.sends(n)
	rose := d.ingest(n)
	if p.Host.Reachable {
		d.primaryHost(n)
	}
	if d.all.together {
		d.alike(d.overloaded(before))
	}
	if v := d.level(n, sensorTook, limit{slowAnswer, slowAnswer, slowFactor}); v.found() {
		d.find(finding{
			cause: cluster.CausePrimary, tool: "answers", order: v.order, since: v.since, weak: true,
			text: "the primary's answers take " + milliseconds(v.shown()) + v.was(briefTime) + d.when(v),
		})
	}
	// What else lags may lag for a reason of its own: then a calm load clears the primary.
	d.fine[cluster.CausePrimary] = n.norms[sensorRate].known && n.has(sensorRate) && !rose && !d.overloaded(before)
	if d.fine[cluster.CausePrimary] {
		as := ", as before"
		if n.norms[sensorRate].recorded {
			as, d.recorded = ", as recorded", true
		}
		d.normal = append(d.normal, "the primary takes in "+perSecond(n.now(sensorRate))+as)
	}
}

// A primary sends nothing below silentShare of what it sent, as long as it takes in
// at least stillTakes of what it took in.
const (
	silentShare = 0.1
	stillTakes  = 0.3
)

// sends looks for a primary that takes in and sends nothing. By its counter alone
// replicas that take nothing, and a way that lets nothing through, look the same. But
// then its kernel holds what could not be sent; where it holds nothing, on a
// connection that stands and with the breaker closed, nobody gave it anything.
func (d *diagnosis) sends(n *subject) {
	now, was, takes := n.now(sensorSent), n.norms[sensorSent], n.norms[sensorRate]
	if !was.known || now >= silentShare*was.mid || math.IsNaN(now) || !takes.known || !(n.now(sensorRate) >= stillTakes*takes.mid) {
		return
	}
	since := n.lowSince(sensorSent, silentShare*was.mid)
	f := &d.r.Network.Kernel.Primary
	held, known := f.SendQueue.Value()
	if known && held > 0 {
		return
	}
	idle := f.Known && known && f.Connections > 0 && f.At.After(since) && d.r.Breaker.State == cluster.BreakerClosed
	text := "the primary sends " + bytesPerSecond(now) + level{norm: was}.was(bytesPerSecond) +
		" and takes in " + perSecond(n.now(sensorRate)) + d.sinceWords(since)
	if idle {
		text += "; its kernel holds nothing back for " + d.r.Name.String()
	}
	d.find(finding{cause: cluster.CausePrimary, tool: "sent bytes", order: d.orderOf(since), since: since, weak: !idle, text: text})
}

// overloaded tells whether the findings from index on say that the primary is,
// by its load or its host, and not only that its replicas lag.
func (d *diagnosis) overloaded(index int) bool {
	for _, f := range d.findings[index:] {
		if f.cause == cluster.CausePrimary && f.tool != "lag" && !f.weak {
			return true
		}
	}
	return false
}

// ingest tells whether more is taken in than before the lag; where that is not
// known, whether more is than the replicas apply, all alike.
func (d *diagnosis) ingest(n *subject) (rose bool) {
	now := n.now(sensorRate)
	normal := n.norms[sensorRate]
	if normal.known {
		v := d.level(n, sensorRate, limit{0, math.Inf(1), riseFactor})
		if d.keptUp(v) {
			d.normal = append(d.normal, "it kept up with "+perSecond(v.now)+" before the lag")
			return false
		}
		if v.found() {
			d.find(finding{
				cause: cluster.CausePrimary, tool: "counters", order: v.order, since: v.since,
				weak: !d.worksHarder(),
				text: "the primary takes in " + perSecond(v.shown()) + v.was(brief) + d.when(v),
			})
		}
		if v.order == orderFits && d.exceeds() {
			// A fault makes a replica apply less, too much load makes it apply more.
			d.find(finding{
				cause: cluster.CausePrimary, tool: "applied", order: orderFits, since: v.since,
				text: "it applies " + perSecond(d.n.now(sensorRate)) + ", more than before (" + perSecond(d.n.norms[sensorRate].mid) + "), so it is at its capacity",
			})
		}
		return v.found()
	}
	// True of every lag that rises on all of them, and so no indicator of its own.
	if x := d.all.ofLagging(sensorRate); d.all.together && x.n >= 2 && x.least > 0.1*now && x.most < 0.97*now && x.most < 1.3*x.least {
		d.find(finding{
			cause: cluster.CausePrimary, tool: "lag",
			text: "the primary takes in " + perSecond(now) + ", more than any replica applies (" + perSecond(x.least) + " to " + perSecond(x.most) + ")",
		})
	}
	return false
}

// keptUp tells whether the replica applied as much as is taken in now for a while, after
// the primary's rate rose and before it lagged itself: then that is not why.
func (d *diagnosis) keptUp(rise level) bool {
	if rise.since.IsZero() || d.onset.IsZero() {
		return false
	}
	n, times := &d.n.moments, 0
	for i := range n.len() {
		at := n.at(i)
		if !n.sick(i) && at.After(rise.since) && at.Before(d.onset.Add(-momentEvery)) && n.value(i, sensorRate) >= keptShare*rise.now {
			times++
		}
	}
	return times >= keptTimes
}

// keptShare is how much of what is taken in a replica that keeps up applies at least,
// and keptTimes in how many moments it has to, which are a quarter of a minute.
const (
	keptShare = 0.95
	keptTimes = 3
)

// worksHarder tells whether the replica applies at least what it did before: it
// is at its capacity, not in a fault. Unknown counts as yes.
func (d *diagnosis) worksHarder() bool {
	was, now := d.n.norms[sensorRate], d.n.now(sensorRate)
	return !was.known || math.IsNaN(now) || now > 0.9*was.mid
}

// exceeds tells whether the replica applies clearly more than before the lag.
func (d *diagnosis) exceeds() bool {
	was, now := d.n.norms[sensorRate], d.n.now(sensorRate)
	return was.known && !was.recorded && now > max(was.high(), 1.1*was.mid)
}

// primaryHost judges the primary's own processors and WAL.
func (d *diagnosis) primaryHost(n *subject) {
	h := &d.s.Primary.Host
	d.saturated(h, n, cluster.CausePrimary, "primary's ")
	for _, x := range []struct {
		s    sensor
		name string
	}{{sensorPressureCPU, "PSI cpu"}, {sensorPressureIO, "PSI io"}} {
		if v := d.level(n, x.s, limit{highPressure, highPressure, pressureFactor}); v.found() {
			d.find(finding{
				cause: cluster.CausePrimary, tool: "primary's " + x.name, order: v.order, since: v.since,
				text: "primary's " + x.name + " " + percent(v.shown()) + v.was(percent) + d.when(v),
			})
		}
	}
	k := walDisk(h)
	if k == nil {
		return
	}
	if v := d.level(n, sensorWait, limit{waitOtherKnown, waitOther, waitFactor}); v.found() {
		d.find(finding{
			cause: cluster.CausePrimary, tool: "primary's diskstats", order: v.order, since: v.since,
			text: "primary's " + diskWords(k) + ", " + waitName(k) + " " + milliseconds(v.shown()) + v.was(briefTime) + d.when(v),
		})
	}
}

// alike notes that no host of those that lag stands out: all have room, or all are as
// busy where the primary is too. Else that all are as busy, or as slow, may be why they
// lag.
func (d *diagnosis) alike(overloaded bool) {
	busy, wait := d.all.ofLagging(sensorBusiest), d.all.ofLagging(sensorWait)
	if min(busy.n, wait.n) >= 2 && busy.most-busy.least < 25 &&
		(busy.most < highCore && wait.most < waitFlashKnown || overloaded && (wait.most < waitFlashKnown || wait.most < 2*wait.least)) {
		d.find(finding{
			cause: cluster.CausePrimary, tool: "hosts", weak: true,
			text: "their hosts are alike: busiest core " + brief(busy.least) + " to " + percent(busy.most) +
				", wait " + brief(wait.least) + " to " + milliseconds(wait.most),
		})
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
