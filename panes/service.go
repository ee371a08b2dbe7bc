package panes

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// serviceTrouble tells whether the service of a host is to be seen even where there
// is little room.
func serviceTrouble(s *cluster.Service) bool {
	return s.Recent > 0 || s.Known && s.Active.String() != "active"
}

// serviceAlone is what is known of the service of a host that tells nothing.
func (p *page) serviceAlone(f *Frame, s *cluster.Service) {
	if serviceTrouble(s) || s.ByMetrics {
		p.serviceLine(f, s)
	}
}

// serviceLine is how the database's unit stands: since when it runs and how often
// it was started again, by systemd, else by the processes that are seen.
func (p *page) serviceLine(f *Frame, s *cluster.Service) {
	p.left(p.s.Name, "unit", 5)
	var left []piece
	if s.Looping() {
		left = append(left, say(p.s.BadgeCrit, " CRASH LOOP "+string(p.g.Crit)+" ", 0))
	}
	if s.Recent > 0 {
		left = append(left, say(p.s.Warn, restartsSeen(s), 0))
	}
	if s.Known {
		style := p.s.Text
		if s.Active.String() != "active" {
			style = p.s.Warn
		}
		left = append(left, say(style, stateOfUnit(s), 1))
	}
	if s.Since.IsZero() {
		left = append(left, piece{p.s.Unknown, unknown, 3, "up"})
	} else {
		left = append(left, piece{p.s.Text, long(max(0, f.Snap.At.Sub(s.Since).Seconds())), 1, "up"})
	}
	if s.Restarts.Known() {
		left = append(left, piece{p.s.Text, Count(s.Restarts), 2, "restarts"})
	}
	switch {
	case s.Known:
	case s.ByMetrics:
		left = append(left, say(p.s.Text, "by its own metrics", 4))
	default:
		left = append(left, say(p.s.Unknown, s.Why.String(), 4))
	}
	p.bar(left, nil)
}

// stateOfUnit is the unit's state in systemd's words.
func stateOfUnit(s *cluster.Service) string {
	text := s.Active.String()
	if sub := s.Sub.String(); sub != "" && sub != text {
		text += " (" + sub + ")"
	}
	if r := s.Result.String(); r != "" && r != "success" {
		text += ", " + r
	}
	return text
}

// restartsSeen are the restarts within the window.
func restartsSeen(s *cluster.Service) string {
	text := strconv.Itoa(s.Recent) + " restarts"
	if s.Recent == 1 {
		text = "1 restart"
	}
	return text + " in " + Span(cluster.CrashWindow)
}

// rpcLine is what the kernels tell of the RPC connections between the primary and
// the replica, from the end that sends where it tells.
func (p *page) rpcLine(f *Frame, r *cluster.Replica) {
	k, rate := &r.Network.Kernel.Primary, r.Network.Kernel.Primary.SentBytesPerSecond
	if !k.Known {
		k, rate = &r.Network.Kernel.Replica, r.Network.Kernel.Replica.ReceivedBytesPerSecond
	}
	p.left(p.s.Name, "rpc", 5)
	if k.Connections == 0 {
		text := "no connection from " + f.Snap.Primary.Name.String()
		if k.Opening > 0 {
			text += ", one is being opened"
		}
		p.line(p.s.Warn, text)
		return
	}
	again := p.s.Text
	if v, ok := k.Retransmitted.Value(); ok && v >= 1 {
		again = p.s.Warn
	}
	p.bar([]piece{
		say(p.s.Label, "from "+f.Snap.Primary.Name.String(), 1),
		p.traffic("rx", rate),
		{again, padded(whole(k.Retransmitted), 3) + " %", 1, "resent"},
		{p.s.Text, padded(trip(k.RTT), 5) + " ms", 2, "rtt"},
		{p.s.Text, ByteCount(k.SendQueue), 4, "queue"},
		{p.s.Text, k.Via.String() + " " + Age(max(0, f.Snap.At.Sub(k.At).Truncate(time.Second))) + " ago", 6, "by"},
	}, nil)
}

// ByteCount formats a number of bytes that may not be known.
func ByteCount(v cluster.Figure) string {
	n, ok := v.Value()
	if !ok || n < 0 {
		return unknown
	}
	return Bytes(uint64(n))
}

// rpcKnown tells whether there is something to say of the RPC connections.
func rpcKnown(r *cluster.Replica) bool {
	return r != nil && (r.Network.Kernel.Primary.Known || r.Network.Kernel.Replica.Known)
}
