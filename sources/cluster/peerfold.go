package cluster

import (
	"time"
)

// keepForwards is how many forwarded connections percentiles are of. They tell no
// loss, so few will do, and keyframes stay small.
const keepForwards = 20

// peerEvery is how often a replica is asked for from the primary's host, at most.
const peerEvery = 10 * time.Second

// peerSlack is how much later than it should a reading may be: it waits its turn.
const peerSlack = 5 * time.Second

func (s *State) applyPeer(o *Observation) {
	n := s.node(o.Source.Node)
	switch b := o.Body.(type) {
	case *PeerPing:
		n.ping.add(o)
		s.peer(o.Source.Node).ping(o.Taken, b)
	case *PeerPort:
		n.port.add(o)
		s.peer(o.Source.Node).forward(o.Taken, b)
	case *TraceReading:
		n.trace = keep(o)
	default: // neither is known without the primary's host
		n.ping.add(o)
		n.port.add(o)
	}
}

func (s *State) peer(id NodeID) *PeerRecall {
	p := s.peers[id]
	if p == nil {
		p = &PeerRecall{Node: id}
		s.peers[id] = p
	}
	return p
}

func (p *PeerRecall) ping(taken time.Time, b *PeerPing) {
	p.Pings = remembered(p.Pings, keepProbes, taken, b.Sent, b.RTTs)
}

func (p *PeerRecall) forward(taken time.Time, b *PeerPort) {
	if b.Forwarded {
		p.Forwards = remembered(p.Forwards, keepForwards, taken, 1, []time.Duration{b.RTT})
	}
}

// remembered returns the last of list with the probes of a round behind it, so many
// as are to be kept, in an array of their own: views share that of list, and a
// thousand replicas have no room for arrays that are half empty.
func remembered(list []ProbePoint, most int, taken time.Time, sent int, rtts []time.Duration) []ProbePoint {
	sent = min(sent, most)
	kept := list[max(0, len(list)+sent-most):]
	out := append(make([]ProbePoint, 0, len(kept)+sent), kept...)
	for i := range sent {
		if i < len(rtts) {
			out = append(out, ProbePoint{Taken: taken, RTT: rtts[i]})
		} else {
			out = append(out, ProbePoint{Taken: taken, Lost: true})
		}
	}
	return out
}

// peerFresh is how old a reading may be that is taken every so often.
func (s *State) peerFresh(every time.Duration) time.Duration {
	return max(s.fresh(), freshIntervals*max(every, peerEvery)+peerSlack)
}

func (s *State) viewPeer(id NodeID, configured bool, at time.Time) Peer {
	n := s.nodes[id]
	if n == nil {
		n = &nodeState{}
	}
	var v Peer
	memory := s.peers[id]
	if memory == nil {
		memory = &PeerRecall{}
	}
	configured = configured && s.session.Primary.Host
	ping, port := body[PeerPing](n.ping.usable), body[PeerPort](n.port.usable)
	v.Ping = n.ping.view(configured, s.firstSeen, at, s.peerFresh(ping.Every))
	v.Connect = n.port.view(configured, s.firstSeen, at, s.peerFresh(port.Every))
	if v.Ping.Reachable {
		v.Why, v.Hint = ping.Why, ping.Hint
		if ping.Sent > 0 {
			v.Echo = tripsOf(memory.Pings)
		}
	}
	if v.Connect.Reachable {
		v.Port, v.PortBy, v.PortWhy = port.Port, port.By, port.Why
		v.ForwardWhy, v.ForwardHint = port.ForwardWhy, port.ForwardHint
		if port.Forwarded {
			v.Forward, v.SSH = tripsOf(memory.Forwards), ms(port.Trip)
			v.Forward.Loss = Figure{} // a lost packet of a connection is sent again, and not told
		}
	}
	return v
}

// body returns the body of an observation, a zero one where it has none.
func body[T any](o *Observation) (b T) {
	if o == nil {
		return b
	}
	if p, ok := any(o.Body).(*T); ok {
		b = *p
	}
	return b
}
