package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// probeHere runs one round in this process.
func probeHere(t testing.TB, c *Collector) sources.Reading {
	t.Helper()
	rs := c.Collect(context.Background())
	if len(rs) != 1 {
		t.Fatalf("%d readings, want 1", len(rs))
	}
	return rs[0]
}

// collector returns one that is closed with the test.
func collector(t testing.TB, o Options) *Collector {
	t.Helper()
	c := New(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// acceptor listens on loopback until it is stopped, and keeps each connection until the
// other side closes it; it tells how they did.
func acceptor(t testing.TB) (address string, ends <-chan error, stop func()) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed, stopped := make(chan error, 100), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, err = conn.Read(make([]byte, 1))
			_ = conn.Close()
			select {
			case closed <- err:
			default: // nobody looks
			}
		}
	}()
	stop = func() { _ = l.Close(); <-stopped }
	t.Cleanup(stop)
	return l.Addr().String(), closed, stop
}

func TestRoundOverLoopback(t *testing.T) {
	address, ends, _ := acceptor(t)
	clock := sources.NewClock(1)
	c := collector(t, Options{Node: "node2", Address: address, Clock: clock})
	if want := (cluster.Source{Kind: cluster.FromProbe, Node: "node2"}); c.Source() != want {
		t.Errorf("source %v", c.Source())
	}
	before := clock.Now()
	r := probeHere(t, c)
	b, ok := r.Body.(*cluster.ProbeReading)
	if !ok || b.Sent != 1 || len(b.RTTs) != 1 || b.RTTs[0] <= 0 || b.Port != cluster.PortOpen || r.Err != nil {
		t.Fatalf("%+v: %+v", r, r.Body)
	}
	if r.Took < b.RTTs[0] || r.Taken.Before(before) || r.Taken.After(clock.Now()) {
		t.Errorf("taken %v, took %v", r.Taken, r.Took)
	}
	if err := <-ends; errors.Is(err, syscall.ECONNRESET) {
		t.Error("hung up with a reset")
	}
}

// However short the interval, rounds start 200 ms apart, in time of the clock.
func TestRoundsKeepTheirDistance(t *testing.T) {
	address, _, _ := acceptor(t)
	clock := sources.NewClock(1)
	c := collector(t, Options{Node: "node2", Address: address, Clock: clock})
	start := clock.Mono()
	for range 4 {
		probeHere(t, c)
	}
	if d := clock.Mono() - start; d < 3*MinSpacing {
		t.Errorf("four rounds in %v", d)
	}
}

// TestManyKnockMoreRarely: of many nodes one that answers echoes is not knocked at in
// each round, for as long as its port was open, and is otherwise.
func TestManyKnockMoreRarely(t *testing.T) {
	address, knocks, stop := acceptor(t)
	shared := new(Pingers)
	c := collector(t, Options{Node: "node2", Address: address, Clock: sources.NewClock(1), Pingers: shared})
	state := func() cluster.PortState {
		t.Helper()
		b, ok := probeHere(t, c).Body.(*cluster.ProbeReading)
		if !ok || b.Method != cluster.ProbeICMP || len(b.RTTs) != 1 {
			t.Fatalf("no round trip by ICMP: %+v", b)
		}
		return b.Port
	}
	for range 2 { // the first round knows nothing of echoes, and alone there is a knock in each
		state()
		<-knocks
	}
	shared.users = 400_000 // others, that a test need not run: it is half an hour until the next knock
	for range 3 {
		if s := state(); s != cluster.PortOpen {
			t.Errorf("port %v, want open", s)
		}
	}
	stop() // all that came was taken
	if n := len(knocks); n > 0 {
		t.Errorf("%d knocks more, want none", n)
	}
	c.lastAt = netip.MustParseAddr("127.0.0.2") // its name told another address
	if s := state(); s != cluster.PortClosed {
		t.Errorf("elsewhere: port %v, want closed", s)
	}
	c.last.state = cluster.PortOpen
	shared.users = 1
	if s := state(); s != cluster.PortClosed {
		t.Errorf("alone: port %v, want closed", s)
	}
	shared.users = 400_000
	c.last.state = cluster.PortFiltered
	if s := state(); s != cluster.PortClosed {
		t.Errorf("after a port that was not open: %v, want closed", s)
	}
}

// The end of the program ends a round at once, and gives no reading.
func TestCancelEndsTheRound(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("run this test as root: it opens raw sockets")
	}
	// Of TEST-NET-2: whether dropped or refused, nothing answers.
	c := collector(t, Options{Node: "node2", Address: "198.51.100.1:18182", Clock: sources.NewClock(1), Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if rs := c.Collect(ctx); rs != nil {
		t.Errorf("readings of a cancelled round: %+v", rs)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("ended after %v", d)
	}
	if rs := c.Collect(ctx); rs != nil {
		t.Errorf("readings after the end: %+v", rs)
	}
}

func TestUnknownName(t *testing.T) {
	s := newNameServer(t)
	s.code.Store(uint32(dnsmessage.RCodeNameError))
	c := collector(t, Options{Node: "node2", Address: "db2.example:18182", Clock: sources.NewClock(1)})
	c.target.resolver = s.resolver()
	if r := probeHere(t, c); r.Body != nil || r.Err == nil || r.Err.Kind != cluster.FailDNS || r.Err.Hint.IsZero() {
		t.Errorf("%+v", r)
	}
}

// A name that vanished leaves its address to be probed, with the failure beside.
func TestVanishedName(t *testing.T) {
	address, _, _ := acceptor(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	s := newNameServer(t, "127.0.0.1")
	c := collector(t, Options{Node: "node2", Address: "db2.example:" + port, Clock: sources.NewClock(1)})
	c.target.resolver = s.resolver()
	if r := probeHere(t, c); r.Err != nil || r.Body == nil {
		t.Fatalf("%+v", r)
	}
	s.code.Store(uint32(dnsmessage.RCodeNameError))
	c.target.at = -refreshEvery
	r := probeHere(t, c)
	if b, ok := r.Body.(*cluster.ProbeReading); !ok || b.Port != cluster.PortOpen || r.Err == nil || r.Err.Kind != cluster.FailDNS {
		t.Errorf("%+v", r)
	}
}

// What this machine can't do is neither a port's state nor a lost packet.
func TestOwnTroubleIsNotTheNodes(t *testing.T) {
	cases := []struct {
		err, route error
		want       cluster.FailureKind
		word       string
	}{
		{syscall.EMFILE, syscall.EMFILE, cluster.FailConfig, "open files"},
		{syscall.EPERM, nil, cluster.FailPermission, "not permitted"},
		{syscall.EACCES, syscall.EPERM, cluster.FailPermission, "not permitted"},
		{syscall.EADDRNOTAVAIL, nil, cluster.FailOther, "cannot assign"},
	}
	for _, c := range cases {
		k := noWay(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", c.err)}, c.route)
		if k.state != cluster.PortUnknown || k.answered || k.kind != c.want || !strings.Contains(k.why, c.word) {
			t.Errorf("%v: %+v", c.err, k)
		}
		if b := reading(echo{why: "ICMP not permitted"}, k, "ICMP not permitted"); b.Sent != 0 || b.Method != cluster.ProbeNone {
			t.Errorf("%v: %+v", c.err, b)
		}
	}
}

// Budget: 500 µs of both sides' work a round; at 100 nodes and an interval of 1 s
// that is 5 % of a core.
func BenchmarkRound(b *testing.B) {
	address, _, _ := acceptor(b)
	c := collector(b, Options{Node: "node2", Address: address, Clock: sources.NewClock(1)})
	b.ReportAllocs()
	for b.Loop() {
		c.next = 0
		if r := probeHere(b, c); r.Body == nil {
			b.Fatal(r.Err)
		}
	}
}
