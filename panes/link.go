package panes

import (
	"github.com/stemedb/stemetop/sources/cluster"
)

// mostTripped is how many of a replica's tripped breakers have a line beside its host:
// the alerts' pane lists them all, and the host's figures need the room.
const mostTripped = 3

// linkHeight is how many lines linkOf takes.
func linkHeight(f *Frame) int {
	switch r := f.replica(); {
	case r == nil:
		return 0
	case r.Breaker.State == cluster.BreakerTripped:
		return 1 + min(1+len(r.Breaker.More), mostTripped)
	}
	return 1
}

// linkOf draws the lines of the selected replica; a primary has none.
func (p *page) linkOf(f *Frame) {
	if r := f.replica(); r != nil {
		p.linkLines(f, r)
	}
}

// linkLines draw how a replica is reached from the monitor, and the circuit
// breaker that the primary keeps for it, which has a line of its own while it is
// tripped.
func (p *page) linkLines(f *Frame, r *cluster.Replica) {
	p.left(p.s.Name, "here", 5) // from here: the path from the primary has a line of its own
	n := &r.Network
	var left []piece
	switch {
	case !n.Configured:
		left = append(left, say(p.s.Unknown, unknown+" not probed", 0))
	case !n.Reachable:
		text := unknown
		if n.Err != nil {
			text += " " + n.Err.What.String()
		}
		left = append(left, say(p.s.Unknown, text, 0))
	default:
		left = p.reach(n)
	}
	if r.Breaker.State != cluster.BreakerTripped {
		p.bar(append(left, p.breakerPiece(&r.Breaker)), nil)
		return
	}
	p.bar(left, nil)
	tripped := r.Breaker.Tripped()
	for i := range tripped {
		if left := len(tripped) - i; i == mostTripped-1 && left > 1 {
			p.line(p.s.Crit, "     and "+Count(cluster.Known(float64(left)))+" more breakers of its agents, among the alerts")
			return
		}
		p.breakerLine(f, &tripped[i])
	}
}

// reach is the round trip, with the method that it was measured by, what became
// of the probes, and the RPC port.
func (p *page) reach(n *cluster.Network) []piece {
	method := ""
	if n.Method != cluster.ProbeNone {
		method = " " + n.Method.String()
	}
	loss := p.s.Text
	if v, ok := n.Loss.Value(); ok && v > 0 {
		loss = p.s.Warn
	}
	rtt := piece{p.s.Text, padded(trip(n.RTT), 5) + " ms" + method, 0, "rtt"}
	if !n.RTT.Known() {
		rtt = piece{p.s.Warn, padded("lost", 5) + method, 0, "rtt"}
	}
	left := []piece{
		rtt,
		{loss, padded(whole(n.Loss), 3) + " %", 1, "loss"},
		p.portPiece(n),
		{p.s.Text, padded(trip(n.P95), 5), 4, "p95"},
		{p.s.Text, padded(trip(n.Median), 5), 5, "median"},
		{p.s.Text, padded(trip(n.Jitter), 5), 6, "jitter"},
		{p.s.Text, padded(trip(n.Min), 5), 7, "min"},
	}
	if why := n.PortWhy.String(); why != "" && n.Port != cluster.PortOpen {
		left = append(left, say(p.s.Unknown, why, 8))
	}
	return left
}

// trip formats milliseconds; no time at all is not what was measured.
func trip(f cluster.Figure) string {
	if v, ok := f.Value(); ok && v < 0.05 {
		return "<0.1"
	}
	return Number(f)
}

// portPiece is the state of the RPC port, in the words that tell the causes apart.
func (p *page) portPiece(n *cluster.Network) piece {
	s := p.s.BadgeCrit
	switch n.Port {
	case cluster.PortOpen:
		s = p.s.Text
	case cluster.PortUnknown:
		return piece{p.s.Unknown, unknown, 2, "rpc"}
	case cluster.PortClosed, cluster.PortFiltered, cluster.PortUnreachable, cluster.PortNoRoute:
	default:
	}
	return piece{s, n.Port.String(), 0, "rpc"}
}

// whole formats a percentage without decimals; what is not none shows.
func whole(f cluster.Figure) string {
	v, ok := f.Value()
	switch {
	case !ok:
		return unknown
	case v > 0 && v < 1:
		return "<1"
	}
	return fixed(v, 0)
}

// breakerPiece is the state of a breaker that is not tripped.
func (p *page) breakerPiece(b *cluster.Breaker) piece {
	if b.State == cluster.BreakerClosed {
		return piece{p.s.Text, b.State.String(), 3, "breaker"}
	}
	return piece{p.s.Unknown, unknown, 3, "breaker"}
}

// breakerLine is what the server tells of a replica's tripped breaker.
func (p *page) breakerLine(f *Frame, b *cluster.TrippedBreaker) {
	p.space(5)
	p.put(p.s.BadgeCrit, "TRIPPED "+string(p.g.Crit))
	p.space(1)
	p.line(p.s.Crit, "breaker "+breakerText(b, "", f.Snap.At))
}
