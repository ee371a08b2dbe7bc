package cluster

import (
	"testing"
	"time"
)

// rpcFeed is a cluster whose RPC ports are known, and whose hosts tell addresses.
func rpcFeed(t testing.TB, rpc2, rpc3 string) *feed {
	f := &feed{t: t, state: NewState(), hist: NewHistory(HistoryOptions{})}
	spec := func(id NodeID, rpc string) NodeSpec { return NodeSpec{ID: id, Host: true, RPC: Clean(rpc)} }
	f.publish(0, Source{Kind: FromMonitor}, &Session{
		Run: "r", Interval: time.Second, Primary: spec("node1", "10.0.0.1:18182"),
		Replicas: []NodeSpec{spec("node2", rpc2), spec("node3", rpc3)},
	}, nil)
	return f
}

// conn is an established connection with n kB sent and n segments.
func conn(local, peer string, n uint64) Connection {
	return Connection{
		State: Clean(Established), Local: Clean(local), Peer: Clean(peer), Told: true, Counted: true,
		RTT: 10 * time.Millisecond, MinRTT: time.Millisecond, Cwnd: 10, SendQueue: 7,
		SentBytes: 1000 * n, ReceivedBytes: n, Segments: n,
	}
}

func (f *feed) sockets(at time.Duration, id NodeID, list ...Connection) {
	f.publish(at, Source{FromHost, id}, &SocketReading{Uptime: time.Hour + at, Via: Clean("ss"), Connections: list}, nil)
}

func (f *feed) kernel(at time.Duration, id NodeID) Kernel {
	f.t.Helper()
	r := f.at(at).Replica(id)
	if r == nil {
		f.t.Fatalf("no replica %q", id)
	}
	return r.Network.Kernel
}

func TestFlowIsReckonedFromTwoReadings(t *testing.T) {
	f := rpcFeed(t, "10.0.0.2:18182", "10.0.0.3:18182")
	before, after := conn("10.0.0.1:4000", "10.0.0.2:18182", 100), conn("10.0.0.1:4000", "10.0.0.2:18182", 300)
	before.RecvQueue, after.RecvQueue = 900, 1200
	after.Retransmissions, after.RTT, after.Unacked, after.NotSent = 10, 80*time.Millisecond, 4, 3
	f.sockets(sec(1), "node1", before)
	if k := f.kernel(sec(1), "node2").Primary; !k.Known || k.Connections != 1 || k.SentBytesPerSecond.Known() || k.RecvQueue.Known() || k.Why.String() != "the first reading" {
		t.Errorf("%+v", k)
	}
	f.sockets(sec(11), "node1", after)
	k := f.kernel(sec(12), "node2").Primary
	wantFigure(t, "sent", k.SentBytesPerSecond, 20_000)
	wantFigure(t, "received", k.ReceivedBytesPerSecond, 20)
	wantFigure(t, "retransmissions", k.RetransmissionsPerSecond, 1)
	wantFigure(t, "retransmitted", k.Retransmitted, 5)
	wantFigure(t, "rtt", k.RTT, 80)
	wantFigure(t, "least", k.MinRTT, 1)
	wantFigure(t, "unacked", k.Unacked, 4)
	wantFigure(t, "queue", k.SendQueue, 7)
	wantFigure(t, "not sent", k.NotSent, 3)
	wantFigure(t, "unread", k.RecvQueue, 900)
	if k.Interval != 10*time.Second || !k.Why.IsZero() || !k.At.Equal(t0.Add(sec(11))) {
		t.Errorf("%+v", k)
	}
	other := f.kernel(sec(12), "node3").Primary
	if !other.Known || other.Connections != 0 || other.Why.String() != "no connection" {
		t.Errorf("%+v", other)
	}
	if stale := f.kernel(sec(60), "node2").Primary; stale.Known || stale.Why.String() != "not read for 49 s" {
		t.Errorf("%+v", stale)
	}
	if none := f.kernel(sec(12), "node2").Replica; none.Known || none.Why.IsZero() {
		t.Errorf("%+v", none)
	}
}

// What waits unread is of one connection, and of one in use if any is.
func TestUnreadIsOfAConnectionInUse(t *testing.T) {
	a, b := "10.0.0.1:4000", "10.0.0.2:18182"
	left := func(c Connection, bytes uint64) Connection { c.RecvQueue = bytes; return c }
	closed := left(conn("10.0.0.1:4001", b, 5), 60e3)
	closed.State = Clean("CLOSE-WAIT")
	for name, x := range map[string]struct {
		lists [2][]Connection
		want  float64
	}{
		"in use":                   {[2][]Connection{{left(conn(a, b, 1), 60e3)}, {left(conn(a, b, 2), 50e3)}}, 50e3},
		"read meanwhile":           {[2][]Connection{{left(conn(a, b, 1), 60e3)}, {conn(a, b, 2)}}, 0},
		"closed by the other end":  {[2][]Connection{{conn(a, b, 1), closed}, {conn(a, b, 2), closed}}, 0},
		"forgotten beside another": {[2][]Connection{{conn(a, b, 1), left(conn("10.0.0.1:4001", b, 5), 60e3)}, {conn(a, b, 2), left(conn("10.0.0.1:4001", b, 5), 60e3)}}, 0},
		"a little of each":         {[2][]Connection{{left(conn(a, b, 1), 20e3), left(conn("10.0.0.1:4001", b, 1), 20e3)}, {left(conn(a, b, 2), 20e3), left(conn("10.0.0.1:4001", b, 2), 20e3)}}, 20e3},
		"another connection's":     {[2][]Connection{{left(conn("10.0.0.1:4001", b, 1), 60e3)}, {left(conn(a, b, 2), 60e3)}}, 0},
		"none in use":              {[2][]Connection{{left(conn(a, b, 1), 60e3)}, {left(conn(a, b, 1), 60e3)}}, 60e3},
	} {
		f := rpcFeed(t, b, "")
		f.sockets(sec(1), "node1", x.lists[0]...)
		f.sockets(sec(11), "node1", x.lists[1]...)
		wantFigure(t, name, f.kernel(sec(11), "node2").Primary.RecvQueue, x.want)
	}
}

// What waits to be sent while nothing is on its way is held back by the other end.
func TestWithheldIsWhereNothingIsOnItsWay(t *testing.T) {
	a, b := "10.0.0.1:4000", "10.0.0.2:18182"
	waits := func(local string, bytes uint64, unacked uint32) Connection {
		c := conn(local, b, 1)
		c.NotSent, c.Unacked = bytes, unacked
		return c
	}
	for name, x := range map[string]struct {
		before, after []Connection
		want          float64
	}{
		"a closed window":              {[]Connection{waits(a, 900, 0)}, []Connection{waits(a, 800, 0)}, 800},
		"a way that is cut":            {[]Connection{waits(a, 900, 5)}, []Connection{waits(a, 900, 5)}, 0},
		"for a moment":                 {[]Connection{waits(a, 0, 0)}, []Connection{waits(a, 900, 0)}, 0},
		"a cut one beside an idle one": {[]Connection{waits(a, 900, 5), waits("10.0.0.1:4001", 0, 0)}, []Connection{waits(a, 900, 5), waits("10.0.0.1:4001", 0, 0)}, 0},
	} {
		f := rpcFeed(t, b, "")
		f.sockets(sec(1), "node1", x.before...)
		wantUnknown(t, name, f.kernel(sec(1), "node2").Primary.Withheld)
		f.sockets(sec(11), "node1", x.after...)
		wantFigure(t, name, f.kernel(sec(11), "node2").Primary.Withheld, x.want)
	}
	untold := waits(a, 0, 0)
	untold.Told = false
	f := rpcFeed(t, b, "")
	f.sockets(sec(1), "node1", untold)
	f.sockets(sec(11), "node1", untold)
	wantUnknown(t, "by a kernel that does not tell", f.kernel(sec(11), "node2").Primary.Withheld)
}

// What comes or goes leaves a gap, and no spike.
func TestConnectionsThatChangeLeaveAGap(t *testing.T) {
	a, b := "10.0.0.1:4000", "10.0.0.2:18182"
	for name, lists := range map[string][2][]Connection{
		"appeared":  {{conn(a, b, 100)}, {conn(a, b, 200), conn("10.0.0.1:4001", b, 9000)}},
		"vanished":  {{conn(a, b, 100), conn("10.0.0.1:4001", b, 9000)}, {conn(a, b, 200)}},
		"replaced":  {{conn(a, b, 100)}, {conn("10.0.0.1:4001", b, 9000)}},
		"reused":    {{conn(a, b, 100)}, {conn(a, b, 3)}},
		"all ended": {{conn(a, b, 100)}, nil},
	} {
		f := rpcFeed(t, b, "")
		f.sockets(sec(1), "node1", lists[0]...)
		f.sockets(sec(11), "node1", lists[1]...)
		k := f.kernel(sec(11), "node2").Primary
		wantUnknown(t, name, k.SentBytesPerSecond)
		wantUnknown(t, name, k.Retransmitted)
		if k.Why.String() != "a connection came or went between the last two readings" {
			t.Errorf("%s: %+v", name, k)
		}
		f.sockets(sec(21), "node1", lists[1]...)
		if k = f.kernel(sec(21), "node2").Primary; len(lists[1]) > 0 && k.SentBytesPerSecond != Known(0) {
			t.Errorf("%s, then still: %+v", name, k)
		}
	}
}

// A reboot, a silence and a kernel that counts no bytes leave gaps too.
func TestFlowWithoutRates(t *testing.T) {
	a, b := "10.0.0.1:4000", "10.0.0.2:18182"
	f := rpcFeed(t, b, "")
	f.sockets(sec(1), "node1", conn(a, b, 100))
	f.sockets(sec(100), "node1", conn(a, b, 200))
	if k := f.kernel(sec(100), "node2").Primary; k.SentBytesPerSecond.Known() || k.RecvQueue.Known() || k.Why.String() != "the last two readings are 99 s apart" {
		t.Errorf("%+v", k)
	}
	f.publish(sec(110), Source{FromHost, "node1"}, &SocketReading{Uptime: time.Second, Via: Clean("ss"), Connections: []Connection{conn(a, b, 900)}}, nil)
	if k := f.kernel(sec(110), "node2").Primary; k.SentBytesPerSecond.Known() || k.Why.String() != "the first reading" {
		t.Errorf("%+v", k)
	}
	uncounted := conn(a, b, 0)
	uncounted.Counted, uncounted.LastSent = false, time.Minute
	f = rpcFeed(t, b, "")
	f.sockets(sec(1), "node1", uncounted)
	f.sockets(sec(11), "node1", uncounted)
	k := f.kernel(sec(11), "node2").Primary
	wantUnknown(t, "rtt of a connection that sends nothing", k.RTT)
	if k.SentBytesPerSecond.Known() || k.Why.String() != "the kernel does not count the bytes of a connection" {
		t.Errorf("%+v", k)
	}
	f.publish(sec(21), Source{FromHost, "node1"}, &SocketReading{
		Uptime: time.Hour, Via: Clean("proc"), Why: Clean("no ss"),
		Connections: []Connection{{State: Clean(SynSent), Local: Clean(a), Peer: Clean(b), SendQueue: 1}},
	}, nil)
	k = f.kernel(sec(21), "node2").Primary
	wantUnknown(t, "what /proc does not tell", k.NotSent)
	wantFigure(t, "queue", k.SendQueue, 1)
	if k.Connections != 0 || k.Opening != 1 || k.Why.String() != "no ss" || !k.Known {
		t.Errorf("%+v", k)
	}
	f.publish(sec(31), Source{FromHost, "node1"}, &SocketReading{Uptime: time.Hour, Why: Clean("no ss, no /proc")}, nil)
	if k = f.kernel(sec(31), "node2").Primary; k.Known || k.Why.String() != "no ss, no /proc" {
		t.Errorf("%+v", k)
	}
}

// Whose a connection is follows from what is known, never from a guess.
func TestConnectionsAreJoinedToNodes(t *testing.T) {
	for name, tt := range map[string]struct {
		rpc2, rpc3     string
		local, peer    string
		own2, own3     []string // addresses that the hosts tell
		mirror2        [2]string
		resolved       []Resolved
		want           NodeID // empty for none
		why            string // why it is of none
		elsewhereLocal bool   // it is the other end, on the same machine: of nobody, and nobody misses it
	}{
		"the primary dials":         {rpc2: "10.0.0.2:18182", local: "10.0.0.1:4000", peer: "10.0.0.2:18182", want: "node2"},
		"the replica dials":         {rpc2: "10.0.0.2:18182", local: "10.0.0.1:18182", peer: "10.0.0.2:4000", want: "node2"},
		"by a name":                 {rpc2: "two.example:18182", local: "10.0.0.1:18182", peer: "10.0.0.2:4000", resolved: []Resolved{{Clean("two.example"), []Text{Clean("10.0.0.2")}}}, want: "node2"},
		"another address":           {rpc2: "10.0.0.2:18182", own2: []string{"10.0.0.2", "192.168.7.2"}, local: "10.0.0.1:18182", peer: "192.168.7.2:4000", want: "node2"},
		"ports tell apart":          {rpc2: "127.0.0.1:7002", rpc3: "127.0.0.1:7003", local: "127.0.0.1:4000", peer: "127.0.0.1:7003", want: "node3"},
		"both ends are seen":        {rpc2: "127.0.0.1:7002", rpc3: "127.0.0.1:7003", local: "127.0.0.1:7001", peer: "127.0.0.1:4000", mirror2: [2]string{"127.0.0.1:4000", "127.0.0.1:7001"}, want: "node2"},
		"behind one address":        {rpc2: "192.0.2.9:7002", rpc3: "192.0.2.9:7003", local: "10.0.0.1:18182", peer: "192.0.2.9:4000", why: "more than one node has that address: node2, node3"},
		"an address that many have": {rpc2: "10.0.0.2:18182", own2: []string{"172.17.0.1"}, own3: []string{"172.17.0.1"}, local: "10.0.0.1:18182", peer: "172.17.0.1:4000", why: "more than one node has that address: node2, node3"},
		"behind NAT":                {rpc2: "10.0.0.2:18182", local: "10.0.0.1:18182", peer: "192.0.2.9:4000", why: "no node is known to have that address"},
		"loopback":                  {rpc2: "127.0.0.1:7002", local: "127.0.0.1:18182", peer: "127.0.0.1:4000", why: "no node is known to have that address"},
		"the other end here":        {rpc2: "127.0.0.1:7002", local: "127.0.0.1:7002", peer: "127.0.0.1:4000", elsewhereLocal: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := rpcFeed(t, tt.rpc2, tt.rpc3)
			f.publish(sec(1), Source{FromHost, "node1"}, &HostFacts{Resolved: tt.resolved}, nil)
			for id, own := range map[NodeID][]string{"node2": tt.own2, "node3": tt.own3} {
				facts := &HostFacts{}
				for _, a := range own {
					facts.Addresses = append(facts.Addresses, Clean(a))
				}
				f.publish(sec(1), Source{FromHost, id}, facts, nil)
			}
			f.sockets(sec(1), "node1", conn(tt.local, tt.peer, 1))
			if tt.mirror2[0] != "" {
				f.sockets(sec(2), "node2", conn(tt.mirror2[0], tt.mirror2[1], 1))
			}
			for _, id := range []NodeID{"node2", "node3"} {
				want := 0
				if id == tt.want {
					want = 1
				}
				if k := f.kernel(sec(2), id).Primary; k.Connections != want {
					t.Errorf("%s has %d", id, k.Connections)
				}
			}
			strangers := f.at(sec(2)).Primary.Host.Sockets.Unmatched
			switch {
			case tt.want != "" || tt.elsewhereLocal:
				if len(strangers) != 0 {
					t.Errorf("%+v", strangers)
				}
			case len(strangers) != 1 || strangers[0].Connections != 1 || strangers[0].Why.String() != tt.why:
				t.Errorf("%+v", strangers)
			}
		})
	}
}

// What the replica's own host tells is kept apart from what the primary's does.
func TestBothEnds(t *testing.T) {
	f := rpcFeed(t, "10.0.0.2:18182", "")
	for i := range 2 {
		at := sec(1 + 10*float64(i))
		f.sockets(at, "node1", conn("10.0.0.1:4000", "10.0.0.2:18182", 100+uint64(i)*100))
		f.sockets(at, "node2", conn("10.0.0.2:18182", "10.0.0.1:4000", 5+uint64(i)*10))
	}
	k := f.kernel(sec(12), "node2")
	wantFigure(t, "the primary's", k.Primary.SentBytesPerSecond, 10_000)
	wantFigure(t, "the replica's", k.Replica.SentBytesPerSecond, 1000)
}
