package cluster

import (
	"cmp"
	"iter"
	"slices"
)

// group is the connections of one host to one node, in two readings.
type group struct{ now, before []*Connection }

// flow reckons the figures of a group. base may be nil.
func (g *group) flow(base, r *SocketReading) *Flow {
	f := &Flow{Known: true, Via: r.Via}
	var queue, notSent, unread uint64
	told := true
	for _, c := range g.now {
		queue += c.SendQueue
		notSent += c.NotSent
		told = told && c.Told
		switch c.State.s {
		case Established:
			f.Connections++
			unread = max(unread, c.RecvQueue)
		case SynSent:
			f.Opening++
		}
	}
	f.SendQueue, f.RecvQueueNow = Known(float64(queue)), Known(float64(unread))
	if base != nil {
		f.RecvQueue, f.Withheld = Known(float64(g.unread())), g.withheld()
	}
	if told {
		f.NotSent = Known(float64(notSent))
	}
	f.of(busiestConnection(g))
	f.rates(g, base, r)
	return f
}

// lasting returns each established connection as it was and is.
func (g *group) lasting() iter.Seq2[*Connection, *Connection] {
	return func(yield func(o, n *Connection) bool) {
		for _, n := range g.now {
			for _, o := range g.before {
				if n.State.s == Established && o.State.s == Established && n.Local == o.Local && n.Peer == o.Peer && !yield(o, n) {
					return
				}
			}
		}
	}
}

// unread is the most that the program at this end has left of one connection. Of
// several each has a little before it; and one that it has forgotten, or that the
// other end has closed, says nothing of those in use.
func (g *group) unread() uint64 {
	var most, inUse uint64
	used := false
	for o, n := range g.lasting() {
		left := min(o.RecvQueue, n.RecvQueue)
		most = max(most, left)
		if n.ReceivedBytes > o.ReceivedBytes {
			inUse, used = max(inUse, left), true
		}
	}
	if used {
		return inUse
	}
	return most
}

// withheld is the most that the other end does not let one connection send.
func (g *group) withheld() Figure {
	var most uint64
	told := false
	for o, n := range g.lasting() {
		told = told || o.Told && n.Told
		if o.Told && n.Told && o.Unacked == 0 && n.Unacked == 0 {
			most = max(most, min(o.NotSent, n.NotSent))
		}
	}
	if !told {
		return Figure{}
	}
	return Known(float64(most))
}

// of takes the figures that are of one connection.
func (f *Flow) of(c *Connection) {
	if c == nil {
		return
	}
	f.Cwnd, f.Unacked = Known(float64(c.Cwnd)), Known(float64(c.Unacked))
	if c.RTT > 0 && c.LastSent <= rttFresh {
		f.RTT, f.RTTVar = ms(c.RTT), ms(c.RTTVar)
	}
	if c.MinRTT > 0 {
		f.MinRTT = ms(c.MinRTT)
	}
}

// rates are between two readings that list the same connections: what came or
// went has taken its counters with it, so there is a gap rather than a spike.
func (f *Flow) rates(g *group, base, r *SocketReading) {
	switch {
	case r.Via.s != "ss":
		f.Why = r.Why
		return
	case r.Cut:
		f.Why = r.Why
		return
	case base == nil:
		f.Why = Clean("the first reading")
		return
	case !sameConnections(g):
		f.Why = Clean("a connection came or went between the last two readings")
		return
	case len(g.now) == 0:
		return
	}
	seconds := (r.Uptime - base.Uptime).Seconds()
	var d flowDelta
	for i, c := range g.now {
		if !d.add(g.before[i], c) {
			f.Why = Clean("the kernel does not count the bytes of a connection")
			return
		}
	}
	if seconds <= 0 {
		f.Why = Clean("no time passed between the last two readings")
		return
	}
	f.Interval = r.Uptime - base.Uptime
	f.SentBytesPerSecond, f.ReceivedBytesPerSecond = Known(d.sent/seconds), Known(d.received/seconds)
	f.RetransmissionsPerSecond = Known(d.again / seconds)
	if d.segments > 0 {
		f.Retransmitted = Known(min(100, d.again/d.segments*100))
	}
}

// flowDelta is by how much the counters of connections grew.
type flowDelta struct{ sent, received, segments, again float64 }

func (d *flowDelta) add(o, n *Connection) (counted bool) {
	d.sent += float64(n.SentBytes - o.SentBytes)
	d.received += float64(n.ReceivedBytes - o.ReceivedBytes)
	d.segments += float64(n.Segments - o.Segments)
	d.again += float64(n.Retransmissions - o.Retransmissions)
	return n.Counted && o.Counted
}

// sameConnections orders both readings alike, and tells whether they list the same
// connections. One whose counters fell is another with the same ends. One that is
// not established has no part in it.
func sameConnections(g *group) bool {
	g.now, g.before = established(g.now), established(g.before)
	return slices.EqualFunc(g.now, g.before, func(n, o *Connection) bool {
		return n.Local == o.Local && n.Peer == o.Peer && n.SentBytes >= o.SentBytes &&
			n.ReceivedBytes >= o.ReceivedBytes && n.Segments >= o.Segments && n.Retransmissions >= o.Retransmissions
	})
}

func established(list []*Connection) []*Connection {
	list = slices.DeleteFunc(slices.Clone(list), func(c *Connection) bool { return c.State.s != Established })
	slices.SortFunc(list, func(a, b *Connection) int {
		return cmp.Or(cmp.Compare(a.Local.s, b.Local.s), cmp.Compare(a.Peer.s, b.Peer.s))
	})
	return list
}

// busiestConnection is the established one that sent the most between the two
// readings, else since it began; nil if the kernel tells of none.
func busiestConnection(g *group) *Connection {
	var busiest *Connection
	var most uint64
	for _, c := range g.now {
		if c.State.s != Established || !c.Told {
			continue
		}
		sent := c.SentBytes
		for _, o := range g.before {
			if o.Local == c.Local && o.Peer == c.Peer {
				sent = grown(o.SentBytes, sent)
			}
		}
		if busiest == nil || sent > most {
			busiest, most = c, sent
		}
	}
	return busiest
}
