package cluster

import (
	"testing"
	"time"
)

// What the primary's host tells of a replica is as slow as it says, and never the
// monitor's.
func TestPeerFigures(t *testing.T) {
	f := newFeed(t)
	src := Source{FromPeer, "node2"}
	every := 10 * time.Second
	for i := range 5 {
		at := sec(float64(10 * i))
		f.publish(at, src, &PeerPing{Every: every, Sent: 3, RTTs: []time.Duration{2 * time.Millisecond, 4 * time.Millisecond}}, nil)
		f.publish(at, src, &PeerPort{Every: every, Port: PortOpen, By: Clean("ssh"), Forwarded: true, RTT: time.Millisecond, Trip: 5 * time.Millisecond}, nil)
	}
	n := f.at(sec(60)).Replica("node2").Network
	p := n.Peer
	if n.Reachable || !p.Ping.Reachable || p.Echo.Probes != 15 || p.Port != PortOpen || p.PortBy.String() != "ssh" {
		t.Fatalf("%+v", p)
	}
	wantUnknown(t, "the newest packet was lost", p.Echo.RTT)
	wantFigure(t, "median", p.Echo.Median, 4)
	wantFigure(t, "loss", p.Echo.Loss, 100.0/3)
	wantFigure(t, "forwarded", p.Forward.RTT, 1)
	wantFigure(t, "ssh", p.SSH, 5)
	wantUnknown(t, "loss of a connection", p.Forward.Loss)
	if _, by := p.Trips(); by != "icmp" {
		t.Errorf("by %q", by)
	}
	old := f.at(sec(100)).Replica("node2").Network.Peer
	wantUnknown(t, "loss of pings that stopped", old.Echo.Loss)
	if old.Port != PortUnknown || old.Connect.Err == nil || old.Ping.Err == nil {
		t.Errorf("%+v", old)
	}
	f.publish(sec(101), src, nil, Fail(FailTimeout, "the primary's host is silent", ""))
	down := f.at(sec(101)).Replica("node2").Network.Peer
	if down.Ping.Reachable || down.Connect.Reachable || down.Ping.Err.What.String() != "the primary's host is silent" {
		t.Errorf("%+v", down)
	}
}
