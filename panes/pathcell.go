package panes

import (
	"strconv"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// trips fills in the round trips of probes.
func (p *page) trips(v *way, t *cluster.Trips, known bool) {
	for row, x := range map[pathRow]cluster.Figure{
		pathLast: t.RTT, pathMin: t.Min, pathMedian: t.Median, pathP95: t.P95, pathJitter: t.Jitter,
	} {
		v.cells[row] = p.tripCell(x)
	}
	if known && t.Probes > 0 && !t.RTT.Known() {
		v.cells[pathLast] = say(p.s.Warn, "lost", 0)
	}
}

func (p *page) tripCell(x cluster.Figure) piece {
	if !x.Known() {
		return say(p.s.Unknown, unknown, 0)
	}
	return say(p.s.Text, trip(x)+" ms", 0)
}

func (p *page) lossOf(t *cluster.Trips) piece {
	v, ok := t.Loss.Value()
	switch {
	case !ok:
		return say(p.s.Unknown, unknown, 0)
	case v > 0 && t.Ceased:
		return say(p.s.Text, whole(t.Loss)+" %, over", 0)
	case v > 0:
		return say(p.s.Warn, whole(t.Loss)+" % of "+strconv.Itoa(t.Probes), 0)
	}
	return say(p.s.Text, "0 % of "+strconv.Itoa(t.Probes), 0)
}

// resent is the share of segments that were sent again: the kernel's word for loss.
func (p *page) resent(k *cluster.Flow) piece {
	v, ok := k.Retransmitted.Value()
	switch {
	case !ok && k.RetransmissionsPerSecond.Known():
		return say(p.s.Text, "nothing sent", 0)
	case !ok:
		return say(p.s.Unknown, unknown, 0)
	case v > 0:
		return say(p.s.Warn, resentPercent(v)+" % resent", 0)
	}
	return say(p.s.Text, "0 % resent", 0)
}

// resentPercent keeps a decimal: TCP suffers from shares far below one.
func resentPercent(v float64) string {
	if v < 0.05 {
		return "<0.1"
	}
	return fixed(v, 1)
}

func (p *page) portCell(s cluster.PortState, by string) piece {
	word := s.String()
	if by != "" {
		word += " (" + by + ")"
	}
	switch s {
	case cluster.PortOpen:
		return say(p.s.Text, word, 0)
	case cluster.PortUnknown:
		return say(p.s.Unknown, unknown, 0)
	case cluster.PortClosed, cluster.PortFiltered, cluster.PortUnreachable, cluster.PortNoRoute:
	}
	return say(p.s.BadgeCrit, word, 0)
}

func (p *page) connections(k *cluster.Flow) piece {
	switch {
	case k.Opening > 0 && k.Connections > 0:
		return say(p.s.Warn, strconv.Itoa(k.Connections)+" +"+strconv.Itoa(k.Opening)+" opening", 0)
	case k.Opening > 0:
		return say(p.s.Crit, strconv.Itoa(k.Opening)+" opening", 0)
	case k.Connections == 0:
		return say(p.s.Warn, "none", 0)
	}
	return say(p.s.Text, strconv.Itoa(k.Connections)+" open", 0)
}

// queue is what the other end has not acknowledged. What came and waits for the
// program at this end says more: that it is not the way that is slow.
func (p *page) queue(k *cluster.Flow) piece {
	switch left, _ := k.RecvQueue.Value(); {
	case left >= 1e6:
		return say(p.s.Text, fixed(left/1e6, 0)+" MB unread", 0)
	case left >= 1e3:
		return say(p.s.Text, fixed(left/1e3, 0)+" kB unread", 0)
	}
	v, ok := k.SendQueue.Value()
	if !ok {
		return say(p.s.Unknown, unknown, 0)
	}
	return say(p.s.Text, Bytes(uint64(max(0, v))), 0)
}

func (p *page) rateCell(x cluster.Figure) piece {
	if !x.Known() {
		return say(p.s.Unknown, unknown, 0)
	}
	return say(p.s.Text, ByteRate(x), 0)
}

// wire is what the interfaces of a host carry, and what they can.
func (p *page) wire(f *Frame, v *way, n *cluster.Node) {
	rx, tx := carried(n.Host.Nets)
	v.cells[pathHostReceived], v.cells[pathHostSent] = p.rateCell(rx), p.rateCell(tx)
	link := runbook.Machine(&n.Host, &f.Snap.Primary.Host)[runbook.MachineLink].Text
	if link.IsZero() {
		v.cells[pathLink] = say(p.s.Unknown, unknown, 0)
	} else {
		v.cells[pathLink] = say(p.s.Text, link.String(), 0)
	}
}

// carried sums up all interfaces but the loopback.
func carried(ns []cluster.NetUsage) (rx, tx cluster.Figure) {
	add := func(sum *cluster.Figure, x cluster.Figure) {
		if v, ok := x.Value(); ok {
			had, _ := sum.Value()
			*sum = cluster.Known(had + v)
		}
	}
	for i := range ns {
		if !ns[i].Loopback() {
			add(&rx, ns[i].RxBytesPerSecond)
			add(&tx, ns[i].TxBytesPerSecond)
		}
	}
	return rx, tx
}

func (p *page) aged(f *Frame, v *way, a *cluster.Access) {
	age, ok := a.Age(f.Snap.At)
	switch {
	case !ok:
		v.cells[pathAge] = say(p.s.Unknown, unknown, 0)
	case !a.Reachable:
		v.cells[pathAge] = say(p.s.Unknown, Age(age)+" old "+string(p.g.Stale), 0)
	default:
		v.cells[pathAge] = say(p.s.Label, Age(age), 0)
	}
}
