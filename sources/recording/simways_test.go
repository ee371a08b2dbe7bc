package recording

import (
	"fmt"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// How often, in seconds, the real collectors ask by default.
const (
	pathsEvery   = 18 // of one of twelve replicas from the primary's host, by ping and by port
	socketsEvery = 10
	factsEvery   = 30
	unitEvery    = 30
	configEvery  = 60
)

// ways makes what is told of the network, the service and the admin interface:
// all that a run publishes beside metrics, counters of hosts, logs and conclusions.
type ways struct {
	best    []time.Duration // of the round trips to each replica
	flows   []cluster.Connection
	offset  []time.Duration // of the clocks of hosts
	started []time.Duration // when their units were, since boot
}

func newWays(s *sim) *ways {
	w := &ways{}
	for i := range s.replicas {
		best := 200*time.Microsecond + time.Duration(s.rnd.IntN(2_000_000))
		w.best = append(w.best, best)
		w.flows = append(w.flows, cluster.Connection{
			State: cluster.Clean(cluster.Established), Local: cluster.Clean(fmt.Sprintf("10.0.0.1:%d", 41000+7*i)), Peer: cluster.Clean(fmt.Sprintf("10.0.0.%d:18182", i+2)),
			Told: true, MinRTT: best.Truncate(time.Microsecond), Cwnd: 40, Counted: true, SentBytes: s.rnd.Uint64N(1e12), Segments: s.rnd.Uint64N(1e9), Retransmissions: s.rnd.Uint64N(1e5),
		})
	}
	for _, h := range s.hosts {
		w.offset = append(w.offset, time.Duration(s.rnd.IntN(1e6)))
		w.started = append(w.started, h.r.Uptime-time.Duration(s.rnd.IntN(1e6))*time.Microsecond)
	}
	return w
}

// trip is a round trip to replica i: as a local network has it, the odd one late.
func (w *ways) trip(s *sim, i int) time.Duration {
	rtt := w.best[i] + time.Duration(s.rnd.ExpFloat64()*60e3)
	if s.rnd.IntN(50) == 0 {
		rtt += time.Duration(s.rnd.ExpFloat64() * 2e6)
	}
	return rtt.Round(time.Microsecond)
}

// next returns the observations of one second.
func (w *ways) next(s *sim) []cluster.Observation {
	var list []cluster.Observation
	add := func(i int, kind cluster.SourceKind, node cluster.NodeID, b cluster.Body, took time.Duration) {
		list = append(list, s.observe(i, cluster.Source{Kind: kind, Node: node}, b, took))
	}
	at := len(s.replicas) + 1 + len(s.hosts) // collectors start in this order
	add(at, cluster.FromAdmin, "node1", &cluster.BreakersReading{}, time.Millisecond)
	for i, id := range s.replicas {
		p := &cluster.ProbeReading{Method: cluster.ProbeICMP, Sent: 1, Port: cluster.PortOpen}
		if s.rnd.IntN(2000) > 0 {
			p.RTTs = []time.Duration{w.trip(s, i)}
		}
		add(at+1+i, cluster.FromProbe, id, p, w.best[i])
		const every = pathsEvery * time.Second
		switch (s.tick + i) % pathsEvery {
		case 0:
			list = append(list, s.long(at+13+i, cluster.Source{Kind: cluster.FromPeer, Node: id}, w.ping(s, i), 400*time.Millisecond))
		case pathsEvery / 2:
			add(at+13+i, cluster.FromPeer, id, &cluster.PeerPort{
				Every: every, Port: cluster.PortOpen, By: cluster.Clean("ssh"), Forwarded: true, RTT: w.trip(s, i), Trip: w.best[0] + time.Duration(s.rnd.IntN(40))*time.Microsecond,
			}, 3*time.Millisecond)
		}
	}
	for i, h := range s.hosts {
		for _, b := range w.host(s, i) {
			add(i+1, cluster.FromHost, h.node, b, 12*time.Millisecond)
		}
	}
	return list
}

func (w *ways) ping(s *sim, i int) *cluster.PeerPing {
	p := &cluster.PeerPing{Every: pathsEvery * time.Second, Sent: 3}
	for range p.Sent {
		p.RTTs = append(p.RTTs, w.trip(s, i))
	}
	return p
}

// host returns what host i tells more rarely than its counters.
func (w *ways) host(s *sim, i int) (list []cluster.Body) {
	h := s.hosts[i]
	if (s.tick+i)%socketsEvery == 0 {
		list = append(list, w.sockets(s, i))
	}
	if (s.tick+i)%unitEvery == 0 {
		list = append(list, &cluster.ServiceReading{
			Uptime: h.r.Uptime, Unit: cluster.Clean("stemedb-api.service"), Told: true, Active: cluster.Clean("active"), Sub: cluster.Clean("running"), Result: cluster.Clean("success"), Entered: w.started[i], Counted: true,
		})
	}
	if (s.tick+i)%configEvery == 0 {
		list = append(list, &cluster.APIConfig{
			Path: cluster.Clean("/etc/stemedb/api.toml"), Read: true,
			MaxLag: cluster.Setting{Set: true, Valid: true, Value: 30}, Timeout: cluster.Setting{Set: true, Valid: true, Value: 5000},
		})
	}
	if (s.tick+i)%factsEvery == 0 {
		if f, ok := s.facts()[i].Body.(*cluster.HostFacts); ok {
			w.offset[i] += time.Duration(s.rnd.NormFloat64() * 3e4)
			f.ClockOffset, f.ClockError = w.offset[i].Truncate(s.unit), (400*time.Microsecond + time.Duration(s.rnd.ExpFloat64()*1e5)).Truncate(s.unit)
			list = append(list, f)
		}
	}
	return list
}

// sockets lists all connections on the primary's host, its own one on another.
func (w *ways) sockets(s *sim, i int) *cluster.SocketReading {
	r := &cluster.SocketReading{Uptime: s.hosts[i].r.Uptime, Via: cluster.Clean("ss")}
	if i > 0 {
		c := w.flows[i-1]
		c.Local, c.Peer = c.Peer, c.Local
		c.RTT, c.RTTVar, c.Cwnd = 300*time.Microsecond, 100*time.Microsecond, 10
		c.ReceivedBytes, c.SentBytes, c.Segments, c.Retransmissions = c.SentBytes, 0, 0, 0
		r.Connections = append(r.Connections, c)
		return r
	}
	for i := range w.flows {
		c := &w.flows[i]
		segments := s.poisson(3600)
		c.Segments += segments
		c.SentBytes += segments*1400 + s.rnd.Uint64N(1400)
		if s.rnd.IntN(4) == 0 {
			c.Retransmissions++
		}
		c.RTT, c.RTTVar = w.trip(s, i), time.Duration(20+s.rnd.ExpFloat64()*30)*time.Microsecond
		c.LastSent = time.Duration(s.rnd.IntN(12)) * time.Millisecond
		if s.rnd.IntN(3) == 0 {
			c.SendQueue = s.rnd.Uint64N(60_000)
			c.Unacked = uint32(c.SendQueue / 1400)
		} else {
			c.SendQueue, c.Unacked = 0, 0
		}
	}
	r.Connections = slices.Clone(w.flows)
	return r
}

// long is observe for what takes so long that waiting is most of it.
func (s *sim) long(i int, src cluster.Source, b cluster.Body, took time.Duration) cluster.Observation {
	return s.observe(i, src, b, took+time.Duration(s.rnd.ExpFloat64()*2e6))
}
