package cluster

import (
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
		v.RetransmissionsPerSecond, v.Retransmitted, v.RecvQueue, v.Withheld = Figure{}, Figure{}, Figure{}, Figure{}
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
