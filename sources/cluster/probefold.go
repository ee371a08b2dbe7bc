package cluster

import (
	"math"
	"slices"
	"time"
)

// keepProbes is how many probes loss and percentiles are of: enough to see 2 %
// loss, few enough to forget a minute's trouble in a minute.
const keepProbes = 60

func (s *State) applyProbe(o *Observation) {
	n := s.node(o.Source.Node)
	n.probe.add(o)
	r, ok := o.Body.(*ProbeReading)
	if !ok {
		return
	}
	s.probes[o.Source.Node] = remembered(s.probes[o.Source.Node], keepProbes, o.Taken, r.Sent, r.RTTs)
}

func (s *State) viewNetwork(id NodeID, configured bool, at time.Time) Network {
	n := s.nodes[id]
	if n == nil {
		n = &nodeState{}
	}
	v := Network{Access: n.probe.view(n.probe.newest != nil, s.firstSeen, at, s.fresh()), Peer: s.viewPeer(id, configured, at)}
	if !v.Reachable {
		return v
	}
	if r, ok := n.probe.newest.Body.(*ProbeReading); ok {
		v.Method, v.MethodWhy, v.Port, v.PortWhy = r.Method, r.Why, r.Port, r.PortWhy
	}
	t := tripsOf(s.probes[id])
	v.RTT, v.Min, v.Median, v.P95, v.Jitter, v.Loss, v.Probes, v.Ceased = t.RTT, t.Min, t.Median, t.P95, t.Jitter, t.Loss, t.Probes, t.Ceased
	return v
}

const (
	// leastBack is how many probes must have come back before a loss is called
	// over, and byLuck how rarely so many would if it went on.
	leastBack = 12
	byLuck    = 0.01
)

// ceased tells whether the losses among points are over: they are remembered for
// as long as it takes to see a small one, but a cut of that while is not the way
// of now. How often one was lost is told by how far apart the lost ones are.
func ceased(points []ProbePoint) bool {
	first, last, lost := 0, 0, 0
	for i, p := range points {
		if !p.Lost {
			continue
		}
		if lost == 0 {
			first = i
		}
		last, lost = i, lost+1
	}
	back := len(points) - 1 - last
	if lost < 2 || back < leastBack {
		return false
	}
	share := float64(lost-1) / float64(last-first)
	return math.Pow(1-share, float64(back)) < byLuck
}

func tripsOf(points []ProbePoint) (v Trips) {
	rtts := make([]time.Duration, 0, keepProbes)
	var jitter time.Duration
	for i, p := range points {
		if p.Lost {
			continue
		}
		if i > 0 && !points[i-1].Lost {
			jitter += (p.RTT - points[i-1].RTT).Abs()
		}
		rtts = append(rtts, p.RTT)
	}
	v.Probes, v.Ceased = len(points), ceased(points)
	if len(points) > 0 {
		v.Loss = Known(float64(len(points)-len(rtts)) / float64(len(points)) * 100)
	}
	if len(rtts) == 0 {
		return v
	}
	if !points[len(points)-1].Lost {
		v.RTT = ms(rtts[len(rtts)-1])
	}
	if len(rtts) > 1 {
		v.Jitter = ms(jitter / time.Duration(len(rtts)-1))
	}
	slices.Sort(rtts)
	v.Min, v.Median, v.P95 = ms(rtts[0]), ms(rtts[len(rtts)/2]), ms(rtts[(len(rtts)*95+99)/100-1])
	return v
}

func ms(d time.Duration) Figure { return Known(float64(d) / float64(time.Millisecond)) }
