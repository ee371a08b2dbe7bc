package cluster

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"
)

const (
	// socketsFresh is how old a list of connections may be: three of its intervals
	// of 10 s.
	socketsFresh = 30 * time.Second
	// rttFresh is for how long after data were last sent the round trip tells of
	// the present: it is measured by what acknowledges them.
	rttFresh = 30 * time.Second
)

// Words of the states of a connection.
const (
	Established = "ESTAB"
	SynSent     = "SYN-SENT"
)

func socketReading(o *Observation) *SocketReading {
	if o == nil {
		return nil
	}
	r, _ := o.Body.(*SocketReading)
	return r
}

func (s *State) foldSockets(n *nodeState, o *Observation, r *SocketReading) {
	if prev := socketReading(n.sockets); prev != nil && r.Uptime < prev.Uptime {
		n.sockets, n.socketBase = nil, nil // rebooted
	}
	if n.socketBase == nil || !s.whole {
		n.socketBase = n.sockets
	}
	n.sockets = keep(o)
	s.joined = nil
}

// joined is which connections of which node go to which other node.
type joined struct {
	flows     map[[2]NodeID]*Flow // by the node that tells and the node at the other end
	unmatched map[NodeID][]UnmatchedPeer
}

// join returns the connections by their ends. It is reckoned anew when what it
// rests on has changed.
func (s *State) join() *joined {
	if s.joined != nil {
		return s.joined
	}
	j := &joined{map[[2]NodeID]*Flow{}, map[NodeID][]UnmatchedPeer{}}
	for _, id := range sortedKeys(s.nodes) {
		n := s.nodes[id]
		r := socketReading(n.sockets)
		if r == nil {
			continue
		}
		who := s.peersSeenBy(id)
		groups := map[NodeID]*group{}
		for i := range r.Connections {
			j.place(id, who, groups, &r.Connections[i], false)
		}
		base := socketReading(n.socketBase)
		if base != nil {
			for i := range base.Connections {
				j.place(id, who, groups, &base.Connections[i], true)
			}
		}
		for _, other := range sortedKeys(groups) {
			j.flows[[2]NodeID{id, other}] = groups[other].flow(base, r)
		}
	}
	s.joined = j
	return j
}

// group is the connections of one host to one node, in two readings.
type group struct{ now, before []*Connection }

// place puts a connection into the group of the node at its other end.
func (j *joined) place(id NodeID, who *peers, groups map[NodeID]*group, c *Connection, before bool) {
	e, ok := endsOf(c)
	if !ok {
		return
	}
	if len(who.rpc[e.local]) > 0 {
		return // the end of another node on the same machine
	}
	other, why := who.of(e)
	if other == "" {
		if !before {
			j.stranger(id, e, why)
		}
		return
	}
	g := groups[other]
	if g == nil {
		g = &group{}
		groups[other] = g
	}
	if before {
		g.before = append(g.before, c)
	} else {
		g.now = append(g.now, c)
	}
}

// stranger counts a connection to nobody who is known.
func (j *joined) stranger(id NodeID, e ends, why string) {
	address := Clean(e.peer.Addr().String())
	list := j.unmatched[id]
	i := slices.IndexFunc(list, func(u UnmatchedPeer) bool { return u.Address == address })
	if i < 0 {
		i, list = len(list), append(list, UnmatchedPeer{Address: address, Why: Clean(why)})
	}
	list[i].Connections++
	j.unmatched[id] = list
}

// flow reckons the figures of a group. base may be nil.
func (g *group) flow(base, r *SocketReading) *Flow {
	f := &Flow{Known: true, Via: r.Via}
	var queue, notSent uint64
	told := true
	for _, c := range g.now {
		queue += c.SendQueue
		notSent += c.NotSent
		told = told && c.Told
		switch c.State.s {
		case Established:
			f.Connections++
		case SynSent:
			f.Opening++
		}
	}
	f.SendQueue = Known(float64(queue))
	if base != nil {
		f.RecvQueue = Known(float64(g.unread()))
	}
	if told {
		f.NotSent = Known(float64(notSent))
	}
	f.of(busiestConnection(g))
	f.rates(g, base, r)
	return f
}

// unread is the most that the program at this end has left of one connection. Of
// several each has a little before it; and one that it has forgotten, or that the
// other end has closed, says nothing of those in use.
func (g *group) unread() uint64 {
	var most, inUse uint64
	used := false
	for _, c := range g.now {
		for _, o := range g.before {
			if c.State.s != Established || o.State.s != Established || c.Local != o.Local || c.Peer != o.Peer {
				continue
			}
			left := min(o.RecvQueue, c.RecvQueue)
			most = max(most, left)
			if c.ReceivedBytes > o.ReceivedBytes {
				inUse, used = max(inUse, left), true
			}
		}
	}
	if used {
		return inUse
	}
	return most
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

// viewFlow is what the host of id tells of its connections to other.
func (s *State) viewFlow(id, other NodeID, host Access, at time.Time) Flow {
	whole := s.viewSockets(id, host, at)
	if !whole.Known {
		return Flow{Why: whole.Why, At: whole.At}
	}
	f := s.join().flows[[2]NodeID{id, other}]
	if f == nil {
		f = &Flow{Known: true, Via: whole.Via, Why: Clean("no connection")}
	}
	v := *f
	v.At = whole.At
	if limit := s.socketsFresh(); !s.whole && v.Interval > limit {
		v.Why = Clean(fmt.Sprintf("the last two readings are %.0f s apart", v.Interval.Seconds()))
		v.Interval, v.SentBytesPerSecond, v.ReceivedBytesPerSecond = 0, Figure{}, Figure{}
		v.RetransmissionsPerSecond, v.Retransmitted, v.RecvQueue = Figure{}, Figure{}, Figure{}
	}
	return v
}

func (s *State) socketsFresh() time.Duration { return max(socketsFresh, s.fresh()) }

// viewSockets is how the connections of a host stand.
func (s *State) viewSockets(id NodeID, host Access, at time.Time) Sockets {
	var o *Observation
	if n := s.nodes[id]; n != nil {
		o = n.sockets
	}
	r := socketReading(o)
	switch {
	case r == nil && !host.Reachable && host.Err != nil:
		return Sockets{Why: host.Err.What}
	case r == nil:
		return Sockets{Why: Clean("not read yet")}
	case at.Sub(o.Received) > s.socketsFresh():
		return Sockets{At: o.Taken, Why: Clean("not read for " + seconds(at.Sub(o.Received)))}
	}
	return Sockets{
		Known: !r.Via.IsZero(), Why: r.Why, At: o.Taken, Via: r.Via,
		Total: len(r.Connections), Unmatched: s.join().unmatched[id],
	}
}

// splitAddress divides "host:port".
func splitAddress(address string) (host string, port uint16, ok bool) {
	host, word, err := net.SplitHostPort(address)
	n, bad := strconv.ParseUint(word, 10, 16)
	return host, uint16(n), err == nil && bad == nil
}
