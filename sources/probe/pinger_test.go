package probe

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Collectors side by side send through few sockets, each gets its own reply, and the
// last one closes what they shared.
func TestCollectorsShareSockets(t *testing.T) {
	address, _, _ := acceptor(t)
	pool := new(Pingers)
	list := make([]*Collector, 2*sharing+1)
	before := openFiles()
	for i := range list {
		list[i] = New(Options{Node: "node2", Address: address, Clock: sources.NewClock(1), Pingers: pool})
	}
	for range 3 {
		var wg sync.WaitGroup
		for _, c := range list {
			wg.Go(func() {
				r := c.Collect(t.Context())[0]
				if b, ok := r.Body.(*cluster.ProbeReading); !ok || b.Method != cluster.ProbeICMP || len(b.RTTs) != 1 || r.Err != nil {
					t.Errorf("%+v, %v", r.Body, r.Err)
				}
			})
		}
		wg.Wait()
	}
	if n := len(pool.list); n != 3 {
		t.Errorf("%d shared by %d collectors", n, len(list))
	}
	for _, g := range pool.list {
		if len(g.sockets) != 1 || len(g.sockets[0].waiting) != 0 {
			t.Errorf("%d sockets, requests left %v", len(g.sockets), g.sockets[0].waiting)
		}
	}
	for _, c := range list {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := openFiles(); len(pool.list) != 0 || after > before+2 { // the poller keeps two of its own
		t.Errorf("%d shared, %d files open, %d before", len(pool.list), after, before)
	}
}

// A socket that breaks is no loss of what was on its way, and another takes its
// place.
func TestBrokenSocketIsNoLoss(t *testing.T) {
	address, _, _ := acceptor(t)
	c := collector(t, Options{Node: "node2", Address: address, Clock: sources.NewClock(1)})
	probeHere(t, c)
	s := c.pinger.sockets[0]
	r := &request{socket: s, to: c.target.current, reply: make(chan echo, 1)}
	if _, err := s.register(r); err != nil {
		t.Fatal(err)
	}
	_ = s.conn.Close()
	if e := r.await(t.Context(), DefaultTimeout); e.answered || e.why == "" {
		t.Errorf("%+v", e)
	}
	<-s.ended
	if got, e := s.send(&request{to: r.to, reply: make(chan echo, 1)}); got != nil || e.why == "" {
		t.Errorf("sent through it: %+v", e)
	}
	b, ok := probeHere(t, c).Body.(*cluster.ProbeReading)
	if !ok || b.Method != cluster.ProbeICMP || len(b.RTTs) != 1 || c.pinger.sockets[0] == s {
		t.Errorf("%+v", b)
	}
}

// A reply that nobody read at once took no longer for that.
func TestRoundTripEndsWhenTheReplyComes(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		to := netip.MustParseAddr(ip)
		s, why := familyOf(to).open()
		if why != "" {
			t.Fatal(why)
		}
		t.Cleanup(func() { _ = s.conn.Close() })
		r := &request{to: to, reply: make(chan echo, 1)}
		if _, e := s.send(r); e.why != "" {
			t.Fatal(e.why)
		}
		const late = 200 * time.Millisecond // what it lies there, not what is waited for
		time.Sleep(late)
		go func() { s.read() }()
		e := r.await(t.Context(), time.Minute)
		if !e.answered || e.rtt <= 0 || e.rtt > late/2 {
			t.Errorf("%s: %+v", ip, e)
		}
		_ = s.conn.Close()
		<-s.ended
	}
}

// Without a date by the kernel, or with one that a set clock made senseless, the time
// is that of reading.
func TestUndatedReply(t *testing.T) {
	now := time.Now()
	sent := now.Add(-30 * time.Millisecond)
	for _, p := range []arrival{{read: now, lay: lay(nil, now)}, {read: now, lay: lay([]byte("garbage"), now)}, {read: now, lay: time.Hour}} {
		if d := p.since(sent); d != 30*time.Millisecond {
			t.Errorf("%+v: %v", p.lay, d)
		}
	}
}
