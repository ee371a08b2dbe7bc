package runbook

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The tools that tell of the way from the primary.
const (
	toolPing    = "primary's ping"
	toolConnect = "primary's connect"
	toolKernel  = "primary's kernel"
)

// The primary's host sends three pings every ten seconds.
const (
	pingsAtOnce = 3
	pingEvery   = 10 * time.Second
)

// And the tools that tell of the monitor's own way.
const (
	toolProbe = "probe"
	toolKnock = "connect"
)

// path looks at the way from the primary: that replication takes it makes it the
// one that matters.
func (d *diagnosis) path(w *cluster.Network, starves bool) {
	d.pings(w, starves)
	d.flow(&w.Kernel.Primary)
	d.knocks(&w.Peer)
}

// pings judges loss and round trips as the primary's host meets them. Each tells its
// own figure alone: the other's is of another while, and may be of before.
func (d *diagnosis) pings(w *cluster.Network, starves bool) {
	trips, by := w.Peer.Trips()
	loss := d.level(d.n, sensorPathLoss, limit{highLoss, highLoss, 0})
	loss.abnormal = loss.abnormal || loss.now >= worstLoss
	rtt, far := d.roundTrip(sensorPathRTT, trips.Min)
	for _, x := range []struct {
		level
		shared, weak bool
		words        string
	}{
		{loss, d.all.lossyLink(sensorPathLoss, highLoss), lone(trips.Loss, trips.Probes), "loss " + lossOf(trips.Loss, trips.Probes, loss.shown())},
		{rtt, d.all.slowLink(sensorPathRTT, d.onset), far && !starves, "rtt " + milliseconds(rtt.shown()) + rtt.was(briefTime)},
	} {
		words := "from the primary " + x.words + " by " + by + d.when(x.level)
		switch {
		case !x.found():
		case x.shared:
			d.murky = true
			d.contradict(cluster.CauseNetwork, words+", but to healthy replicas too")
		default:
			d.find(finding{cause: cluster.CauseNetwork, tool: toolPing, order: x.order, since: x.since, text: words, weak: x.weak})
		}
	}
}

// flow judges the RPC connections as the primary's kernel knows them: what it
// sends again was lost on the way, and their round trips are those of the data.
// One that is being opened in vain tells no more than a connect, and may be ours.
func (d *diagnosis) flow(f *cluster.Flow) {
	if !f.Known {
		return
	}
	if since := d.n.opening.since; unanswered(f) {
		d.find(finding{
			cause: cluster.CauseNetwork, tool: toolConnect, order: d.orderOf(since), since: since,
			text: "the primary asks for a connection and gets no answer (SYN-SENT)" + d.sinceWords(since),
		})
		return
	}
	resent := d.level(d.n, sensorResent, limit{highResent, highResent, resentFactor})
	words := "the primary sends " + percent(resent.shown()) + " of its segments again" + resent.was(percent) + d.when(resent)
	switch {
	case !resent.found():
	case d.all.lossyLink(sensorResent, highResent):
		d.murky = true
		d.contradict(cluster.CauseNetwork, words+", but to healthy replicas too")
	default:
		d.find(finding{cause: cluster.CauseNetwork, tool: toolKernel, order: resent.order, since: resent.since, text: words})
	}
	d.flowTrip(f)
}

// flowTrip judges the round trips of the connection itself.
func (d *diagnosis) flowTrip(f *cluster.Flow) {
	v, long := d.flowLevel(f)
	if !long || d.all.slowLink(sensorFlowRTT, d.onset) {
		return
	}
	d.find(finding{
		cause: cluster.CauseNetwork, tool: toolKernel, order: v.order, since: v.since,
		text: "the RPC connection's rtt is " + milliseconds(v.now) + v.was(briefTime) + ", at best " + figure(f.MinRTT, milliseconds) + d.when(v),
	})
}

// flowLevel tells whether the connection's round trips are long. They contain up to
// 40 ms for which the other end may hold back what it acknowledges.
func (d *diagnosis) flowLevel(f *cluster.Flow) (v level, long bool) {
	v = d.level(d.n, sensorFlowRTT, limit{0, 0, rttFactor})
	least, ok := f.MinRTT.Value()
	switch {
	case v.norm.known && !v.norm.peers:
		return v, v.abnormal && v.now > v.norm.mid+rttDetour
	case ok:
		v.norm = norm{}
		return v, v.now > rttFactor*least && v.now > least+rttDetour
	}
	return v, false
}

// knocks judges whether the RPC port opens to the primary's host.
func (d *diagnosis) knocks(p *cluster.Peer) {
	since := d.n.barred.since
	switch {
	case barred(p.Port):
		d.find(finding{
			cause: cluster.CauseNetwork, tool: toolConnect, order: d.orderOf(since), since: since,
			text: because("from the primary RPC port "+p.Port.String(), p.PortWhy) + d.sinceWords(since),
		})
		d.nothingComes(since)
	case d.refusedAlone(p):
		d.find(finding{
			cause: cluster.CauseNetwork, tool: toolConnect, order: d.orderOf(since), since: since,
			text: "RPC port refused to the primary, open from the monitor: something on the way rejects" + d.sinceWords(since),
		})
		d.nothingComes(since)
	case p.Port == cluster.PortClosed && d.r.Network.Port != cluster.PortClosed:
		d.notes = append(d.notes, "RPC port closed to the primary: its host answers, stemedb does not listen, or a firewall rejects")
	default:
	}
}

// refusedAlone tells whether the port refuses the primary and opens to the monitor, which
// saw it open right before the primary knocked and after: it is no restart between.
func (d *diagnosis) refusedAlone(p *cluster.Peer) bool {
	open := d.n.opens.since
	if !d.r.Network.Newest.After(p.Connect.Newest) {
		return false
	}
	return p.Port == cluster.PortClosed && d.n.opens.holds && (open.IsZero() || p.Connect.Newest.Sub(open) >= momentEvery)
}

// onItsWay tells whether anything was found on the way that replication takes, or
// at the replica's own interface. What the monitor's probes lose may be lost on
// its own way, and a replica that is slow for any other reason receives less too:
// together they prove nothing. But where nothing is applied any more, a port that
// is shut says why.
func (d *diagnosis) onItsWay() bool {
	return slices.ContainsFunc(d.findings, func(f finding) bool {
		return f.cause == cluster.CauseNetwork && !f.weak && f.tool != toolProbe &&
			(f.tool != toolKnock || d.appliesNothing())
	})
}

// slowWay tells whether the way to the replica is, or may be, what is slow: by a
// finding that did not come late, or by round trips of which nobody knows whether
// they were always as long.
func (d *diagnosis) slowWay() bool {
	if slices.ContainsFunc(d.findings, func(f finding) bool {
		return f.cause == cluster.CauseNetwork && !f.weak && f.order != orderLate && f.order != orderPast
	}) {
		return true
	}
	for _, s := range []sensor{sensorPathRTT, sensorRTT} {
		if v := d.n.now(s); v > rttDetour {
			return !d.normOf(d.n, s).known
		}
	}
	return false
}

// barred tells whether something on the way keeps a port shut.
func barred(p cluster.PortState) bool {
	return p == cluster.PortFiltered || p == cluster.PortUnreachable || p == cluster.PortNoRoute
}

// gainsaidLoss tells whether a loss that the monitor meets is none on the
// primary's way: its data come through, or its pings do for long enough to know.
func (d *diagnosis) gainsaidLoss(w *cluster.Network, loss level) bool {
	if resent := d.n.now(sensorResent); resent >= highResent || d.n.now(sensorPathLoss) >= highLoss {
		return false
	} else if sent, _ := w.Kernel.Primary.SentBytesPerSecond.Value(); resent < highResent && sent >= steadyFlow {
		return true
	}
	since := d.beganBy(loss)
	known := d.n.now(sensorPathLoss) < highLoss && w.Peer.Echo.Probes >= manyPings
	return known && !since.IsZero() && d.s.At.Sub(since) >= manyPings/pingsAtOnce*pingEvery
}

// gainsaidTrip tells whether the primary's round trips are as they should be, now
// that the monitor's are long: its connection knows at once, its pings are rare.
func (d *diagnosis) gainsaidTrip(w *cluster.Network, own level) bool {
	if f := &w.Kernel.Primary; f.Known {
		if _, long := d.flowLevel(f); long {
			return false
		}
	}
	trips, _ := w.Peer.Trips()
	v, _ := d.roundTrip(sensorPathRTT, trips.Min)
	since := d.beganBy(own)
	// The median of three moments is of now when two of them are.
	return v.known && !v.found() && !since.IsZero() && d.s.At.Sub(since) >= pingEvery+3*momentEvery
}

// beganBy is when a level of the monitor's own became abnormal, or at least when the
// lag was noticed; zero if neither is known.
func (d *diagnosis) beganBy(v level) time.Time {
	if e := d.n.episode; v.since.IsZero() && e != nil {
		return e.noticed
	}
	return v.since
}

// missOnPath lists what the primary's host can't tell of the way to the replica.
func (d *diagnosis) missOnPath(w *cluster.Network) {
	if _, by := w.Peer.Trips(); by == "" {
		why := w.Peer.Why
		if why.IsZero() && w.Peer.Ping.Err != nil {
			why = w.Peer.Ping.Err.What
		}
		d.missing = append(d.missing, because("round trips from the primary", why))
	}
	if w.Peer.Port == cluster.PortUnknown && w.Peer.Connect.Reachable { // else its host is missing
		d.missing = append(d.missing, because("the RPC port from the primary", w.Peer.PortWhy))
	}
}

// notePath notes when the way from the primary was shut.
func (n *subject) notePath(w *cluster.Network, at time.Time) {
	if w.Peer.Port != cluster.PortUnknown {
		n.barred.note(barred(w.Peer.Port) || w.Peer.Port == cluster.PortClosed && w.Port == cluster.PortOpen, at)
	}
	if f := &w.Kernel.Primary; f.Known {
		n.opening.note(unanswered(f), at)
	}
}
