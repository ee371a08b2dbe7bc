package runbook

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// segmentBytes is what a segment carries in the virtual cluster.
const segmentBytes = 1448

func rpcOf(i int) string { return fmt.Sprintf("10.0.0.%d:18182", i+2) }

// send lets the primary send so many bytes to n for a second, and lost ones again.
func (n *vnode) send(e effect, bytes float64) {
	n.segments += bytes/segmentBytes + 2
	n.came += bytes
	n.resent += (bytes/segmentBytes + 2) * (e.loss + e.pathLoss) / 100
}

// pathsEvery is how often, in seconds, the primary's host is asked.
const pathsEvery = 10

// observePaths publishes what the primary's host tells of the ways to the
// replicas.
func (w *world) observePaths() {
	if w.miss.primaryHost || w.second%pathsEvery >= w.interval {
		return
	}
	const after = 2 * time.Millisecond
	kernel := &cluster.SocketReading{Uptime: seconds(w.nodes[0].uptime), Via: cluster.Clean("ss")}
	for i, n := range w.nodes[1:] {
		e := n.now(w.second)
		port := e.port
		if e.cut {
			port = cluster.PortFiltered
		}
		if !w.miss.ping {
			p := &cluster.PeerPing{Every: pathsEvery * time.Second, Sent: 3}
			for k := range p.Sent {
				if !e.cut && (!e.losesPing || k != 1) && w.rng.Float64()*100 >= e.loss+e.pathLoss {
					p.RTTs = append(p.RTTs, w.trip(n, e))
				}
			}
			w.publish(after, time.Second, cluster.FromPeer, n.id, p, nil)
			w.publish(after, time.Second, cluster.FromPeer, n.id, &cluster.PeerPort{Every: pathsEvery * time.Second, Port: port, By: cluster.Clean("ssh")}, nil)
		}
		c := cluster.Connection{
			State: cluster.Clean(cluster.Established), Local: cluster.Clean(fmt.Sprintf("10.0.0.1:%d", 41000+i)), Peer: cluster.Clean(rpcOf(i)),
			Told: true, Counted: true, RTT: w.trip(n, e), MinRTT: time.Duration(n.rtt * 0.8 * float64(time.Millisecond)), Cwnd: 10,
			SentBytes: uint64(n.segments * segmentBytes), Segments: uint64(n.segments), Retransmissions: uint64(n.resent),
		}
		c.NotSent, c.SendQueue = uint64(e.withheld), uint64(e.withheld) // what is not sent is not acknowledged
		if barred(port) {
			c.State, c.SendQueue = cluster.Clean(cluster.SynSent), 1
		}
		kernel.Connections = append(kernel.Connections, c)
		if !w.miss.host {
			w.publish(after, time.Millisecond, cluster.FromHost, n.id, w.received(n, &c, e), nil)
		}
	}
	if !w.miss.ss {
		w.publish(after, time.Millisecond, cluster.FromHost, w.nodes[0].id, kernel, nil)
	}
}

// received is the other end of a connection of the primary's.
func (w *world) received(n *vnode, c *cluster.Connection, e effect) *cluster.SocketReading {
	r := &cluster.SocketReading{Uptime: seconds(n.uptime), Via: cluster.Clean("ss")}
	if c.State.String() == cluster.Established {
		r.Connections = []cluster.Connection{{
			State: c.State, Local: c.Peer, Peer: c.Local, RecvQueue: uint64(e.unread),
			Told: true, Counted: true, ReceivedBytes: uint64(n.came),
		}}
	}
	return r
}

// trip is what a packet from the primary and its answer take.
func (w *world) trip(n *vnode, e effect) time.Duration {
	return time.Duration(math.Max(0.05, w.noisy(n.rtt)+e.rtt+e.pathRTT) * float64(time.Millisecond))
}

// hitAll is hit for all replicas.
func hitAll(from int, e effect) func(*world) {
	return func(w *world) {
		for _, n := range w.nodes[1:] {
			n.faults = append(n.faults, fault{from: from, effect: e})
		}
	}
}

// slowPrimary adds so many ms to each of the primary's answers.
func slowPrimary(from int, ms float64) func(*world) {
	return func(w *world) {
		w.nodes[0].faults = append(w.nodes[0].faults, fault{from: from, effect: effect{slow: ms}})
	}
}

// lost has one second at which a packet is lost.
func lost(second int, e effect) func(*world) {
	return func(w *world) {
		w.nodes[1].faults = append(w.nodes[1].faults, fault{from: second, until: second + 1, effect: e})
	}
}

func pathRules() []rule {
	lossy := effect{capacity: 0.3, pathLoss: 8, pathRTT: 60}
	return []rule{
		{
			"a path that only the primary takes", 3, hit(300, lossy), 380, cluster.CauseNetwork, likely,
			[]string{"from the primary rtt", "of its segments again", "check the path"},
			"network",
		},
		{
			"a path that only the primary takes, seen late", 3, all(hit(300, effect{capacity: 0.3, pathLoss: 8, pathRTT: 150}), startAt(340)), 420, cluster.CauseNetwork, likely,
			[]string{"of its segments again", "the lag began before we looked"},
			"network",
		},
		{
			"a path that only the primary takes, without ping", 3, all(hit(300, lossy), without(missing{ping: true})), 380, cluster.CauseNetwork, likely,
			[]string{"of its segments again", "round trips from the primary"},
			"network",
		},
		{
			"a path that only the primary takes, seen by none", 3, all(hit(300, lossy), without(missing{primaryHost: true})), 380, cluster.CauseUnknown, unsure,
			[]string{"the primary's host", "alone proves nothing: receives"},
			"",
		},
		{
			"a firewall that refuses the primary alone", 3, hit(300, effect{stops: true, ownPort: cluster.PortOpen, port: cluster.PortClosed}), 380,
			cluster.CauseNetwork, likely,
			[]string{"refused to the primary, open from the monitor", "applies nothing"},
			"network",
		},
		{
			"a port that nobody listens at", 3, hit(300, effect{stops: true, port: cluster.PortClosed}), 380, cluster.CauseUnknown, unsure,
			[]string{"stemedb does not listen"},
			"",
		},
		{
			"a firewall between primary and replica", 3, hit(300, effect{stops: true, ownPort: cluster.PortOpen, port: cluster.PortFiltered}), 380,
			cluster.CauseNetwork, likely,
			[]string{"from the primary RPC port filtered", "SYN-SENT"},
			"network",
		},
		{
			"the monitor's own way to one replica", 3, all(hit(290, effect{ownLoss: 15, ownRTT: 90}), hit(300, slow)), 420, cluster.CauseDisk, likely,
			[]string{"but not from the primary"},
			"throttle sync",
		},
		{
			"the monitor's own way, and a cause that can't be seen", 3, hit(300, effect{capacity: 0.5, ownLoss: 15, ownRTT: 90}), 420,
			cluster.CauseUnknown, unsure,
			[]string{"but not from the primary"},
			"",
		},
		{
			"the monitor's own way, a cause that can't be seen, and a primary that tells nothing", 3,
			all(hit(300, effect{capacity: 0.5, ownLoss: 20, ownRTT: 90}), without(missing{primaryHost: true})), 420,
			cluster.CauseNetwork, possible,
			[]string{"by icmp", "receives", "the primary's host"},
			"",
		},
		{
			"a way from the primary that is slow to all, seen late", 3, all(hitAll(300, effect{capacity: 0.3, rtt: 250}), startAt(340)), 400,
			cluster.CauseNetwork, possible,
			[]string{"the RPC connection's rtt is", "primary: most replicas lag", "the lag began before we looked"},
			"",
		},
		{
			"most lag, and the primary's answers are slow, but its load is as before", 3,
			all(hitAll(300, effect{capacity: 0.6}), slowPrimary(300, 400)), 380,
			cluster.CausePrimary, possible,
			[]string{"most replicas lag", "their hosts are alike", "the primary's answers take", "as before"},
			"",
		},
		{
			"one probe of a few that was lost", 3, all(hit(300, effect{capacity: 0.5}), lost(372, effect{ownLoss: 100}), startAt(362), without(missing{primaryHost: true})), 382,
			cluster.CauseUnknown, unsure,
			[]string{"alone proves nothing: loss", "(1 of ", "normal: "},
			"",
		},
		{
			"one ping of the primary's that was lost", 3, all(hit(300, effect{capacity: 0.5}), lost(370, effect{losesPing: true}), startAt(362), without(missing{ss: true})), 382,
			cluster.CauseUnknown, unsure,
			[]string{"alone proves nothing: from the primary loss", "(1 of "},
			"",
		},
		{
			"a replica that is slow for no known reason, on a lossy way", 3,
			hit(300, effect{capacity: 0.5, loss: 6, rtt: 160, unread: 60e3}), 380,
			cluster.CauseNetwork, possible,
			[]string{"of its segments again", "60 kB that came wait unread: stemedb is not short of data"},
			"",
		},
		{
			"a lossy way to a replica that leaves a little unread", 3,
			hit(300, effect{capacity: 0.5, loss: 6, rtt: 160, unread: 8e3}), 380,
			cluster.CauseNetwork, likely,
			[]string{"of its segments again"},
			"network",
		},
		{
			"a replica that reads no more, on a lossy way", 3,
			hit(300, effect{stops: true, loss: 6, rtt: 50, unread: 14e6, withheld: 4e6}), 380,
			cluster.CauseNetwork, possible,
			[]string{"14 MB that came wait unread: stemedb is not short of data"},
			"",
		},
		{
			"a replica that reads no more, on a way that was lossy before, not listed since", 3,
			all(hit(200, effect{loss: 6, rtt: 50}), hit(301, effect{stops: true, unread: 14e6, withheld: 4e6})), 309,
			cluster.CauseNetwork, possible,
			[]string{"whether its stemedb reads what comes"},
			"",
		},
		{
			"the same, listed once since", 3,
			all(hit(200, effect{loss: 6, rtt: 50}), hit(301, effect{stops: true, unread: 14e6, withheld: 4e6})), 315,
			cluster.CauseNetwork, possible,
			[]string{"whether its stemedb reads what comes"},
			"",
		},
		{
			"a way that lets nothing more through, with what came before it unread", 3,
			hit(300, effect{stops: true, loss: 100, unread: 60e3}), 380,
			cluster.CauseNetwork, likely,
			[]string{"from the primary loss"},
			"network",
		},
		{
			"a host that hangs takes no connections, seen late", 3,
			all(hit(300, effect{stops: true, port: cluster.PortFiltered, slow: 1500}), startAt(340), without(missing{host: true})), 400,
			cluster.CauseNetwork, possible,
			[]string{"RPC port filtered", "its answers take", "its host is slow"},
			"",
		},
		{
			"a port that is closed to the monitor", 3, all(hit(0, effect{ownPort: cluster.PortFiltered}), hit(300, slow)), 380, cluster.CauseDisk, likely,
			[]string{"RPC port filtered from here, open from the primary"},
			"throttle sync",
		},
	}
}

// TestVerdictLossToAllIsNotNormal: what the primary loses on its way to healthy
// replicas too explains no lag, and is not among what is normal either.
func TestVerdictLossToAllIsNotNormal(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(100+seed, 3)
		w.calm()
		all(hitAll(290, effect{pathLoss: 20}), hit(300, effect{capacity: 0.5}))(w)
		for w.second < 400 {
			w.step()
		}
		v := w.verdict("node2")
		if words := joined(v.For, "\n"); v.Confidence == likely || strings.Contains(words, "from the primary") {
			t.Errorf("seed %d: %v %v for\n%s", seed, v.Cause, v.Confidence, words)
		}
		if words := joined(v.Against, "\n"); !strings.Contains(words, "to healthy replicas too") {
			t.Errorf("seed %d: against\n%s", seed, words)
		}
	}
}

// TestVerdictTellsNoFigureOfAnotherWhile: a round trip in the finding on a loss would
// be that of its own, longer while, and of before where it has just become longer.
func TestVerdictTellsNoFigureOfAnotherWhile(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(100+seed, 3)
		w.calm()
		hit(300, effect{capacity: 0.3, loss: 25, rtt: 60})(w)
		for w.second < 400 {
			w.step()
		}
		words := joined(w.verdict("node2").For, "\n")
		if !strings.Contains(words, "from the primary loss ") || strings.Contains(words, ", loss ") || strings.Contains(words, ", rtt ") {
			t.Errorf("seed %d:\n%s", seed, words)
		}
	}
}

// TestVerdictWaitsForThePrimarysPings: where a way becomes long, or is shut, to the
// monitor and to the primary at once, the primary's pings and connections, which are
// rare, say so last. Until then nothing says that it is the monitor's own link.
func TestVerdictWaitsForThePrimarysPings(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(100+seed, 3)
		w.miss.ss = seed%2 == 1 // what the kernel knows at once
		w.calm()
		bad := effect{capacity: 0.3, rtt: 160}
		if seed%4 > 1 {
			bad = effect{stops: true, port: cluster.PortFiltered}
		}
		hit(300+int(seed)/2, bad)(w)
		for w.second < 360 {
			w.step()
			v := w.verdict("node2")
			if words := joined(append(v.For, v.Against...), "\n"); strings.Contains(words, "own link") {
				t.Fatalf("seed %d, %d: %v %v\n%s", seed, w.second, v.Cause, v.Confidence, words)
			}
		}
	}
}

// TestLateByTheSameToolIsNoDoubt: that the kernel gives up on a connection long
// after its port was shut does not speak against the port.
func TestLateByTheSameToolIsNoDoubt(t *testing.T) {
	d := &diagnosis{onset: now, against: map[cluster.Cause][]string{}, findings: []finding{
		{cause: cluster.CauseNetwork, tool: toolConnect, order: orderFits, text: "shut"},
		{cause: cluster.CauseNetwork, tool: toolConnect, order: orderLate, text: "given up"},
		{cause: cluster.CauseNetwork, tool: toolKernel, order: orderLate, text: "lossy"},
	}}
	if got := d.doubts(cluster.CauseNetwork, nil); len(got) != 1 || got[0] != "lossy" {
		t.Errorf("%q", got)
	}
}

// TestVerdictOfAPrimaryThatSendsNothing: that its counter stands still speaks against
// it where its kernel has nothing to send, and not where replicas take nothing.
func TestVerdictOfAPrimaryThatSendsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		bad        effect
		ss         bool
		cause      cluster.Cause
		confidence cluster.Confidence
		says       string
	}{
		"it gives nothing":             {effect{ungiven: true}, true, cluster.CausePrimary, likely, "holds nothing back for node2"},
		"it gives nothing, without ss": {effect{ungiven: true}, false, cluster.CausePrimary, possible, "and takes in"},
		"they take nothing":            {effect{stops: true, withheld: 4e5}, true, cluster.CausePrimary, possible, ""},
		"their breakers are open":      {effect{tripped: true}, true, cluster.CauseBreaker, likely, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				w := newWorld(100+seed, 3)
				w.tellsSent, w.miss.ss = true, !c.ss
				w.calm()
				hitAll(300, c.bad)(w)
				for w.second < 400 {
					w.step()
				}
				v := w.verdict("node2")
				words := joined(v.For, "\n")
				if v.Cause != c.cause || v.Confidence != c.confidence || !strings.Contains(words, c.says) ||
					c.says == "" && strings.Contains(words, "the primary sends") && c.bad.withheld > 0 {
					t.Errorf("seed %d: %v %v for\n%s\nagainst\n%s", seed, v.Cause, v.Confidence, words, joined(v.Against, "\n"))
				}
			}
		})
	}
}
