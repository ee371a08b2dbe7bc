package probe

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// nameServer is a real one on loopback that says of every name what it is told.
type nameServer struct {
	addrs atomic.Pointer[[]string]
	code  atomic.Uint32 // dnsmessage.RCode
	mute  atomic.Bool
	asked atomic.Int32
	conn  net.PacketConn
}

func newNameServer(t *testing.T, addrs ...string) *nameServer {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn}
	s.addrs.Store(&addrs)
	ended := make(chan struct{})
	go func() { s.serve(); close(ended) }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	return s
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", s.conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, peer, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		s.asked.Add(1)
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || s.mute.Load() {
			continue
		}
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		m.RCode = dnsmessage.RCode(s.code.Load())
		for _, a := range *s.addrs.Load() {
			m.Answers = append(m.Answers, answers(m.Questions[0], netip.MustParseAddr(a))...)
		}
		if out, err := m.Pack(); err == nil {
			_, _ = s.conn.WriteTo(out, peer)
		}
	}
}

func answers(q dnsmessage.Question, a netip.Addr) []dnsmessage.Resource {
	h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
	switch {
	case a.Is4() && q.Type == dnsmessage.TypeA:
		return []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: a.As4()}}}
	case a.Is6() && q.Type == dnsmessage.TypeAAAA:
		return []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}}}
	}
	return nil
}

func wantAddr(t *testing.T, tg *target, now time.Duration, want, failure string) {
	t.Helper()
	got, f := tg.resolve(t.Context(), now)
	if want == "" && got.IsValid() || want != "" && got != netip.MustParseAddr(want) {
		t.Errorf("at %v: address %v, want %q", now, got, want)
	}
	if failure == "" && f != nil || failure != "" && (f == nil || f.Kind != cluster.FailDNS || !strings.Contains(f.What.String(), failure)) {
		t.Errorf("at %v: failure %v, want %q", now, f, failure)
	}
}

func TestNameIsResolvedAgain(t *testing.T) {
	s := newNameServer(t, "10.0.0.2")
	tg := newTarget("db2.example:18182", s.resolver(), time.Second)
	wantAddr(t, &tg, 0, "10.0.0.2", "")
	tg.note(true)
	asked := s.asked.Load()
	s.addrs.Store(&[]string{"10.0.0.3"})
	wantAddr(t, &tg, refreshEvery-1, "10.0.0.2", "")
	if s.asked.Load() != asked {
		t.Error("asked again though the node answers")
	}
	wantAddr(t, &tg, refreshEvery, "10.0.0.3", "")
	tg.note(false)
	s.addrs.Store(&[]string{"10.0.0.4"})
	wantAddr(t, &tg, refreshEvery+refreshSilent, "10.0.0.4", "")
	tg.note(true)
	s.code.Store(uint32(dnsmessage.RCodeNameError))
	at := 2*refreshEvery + refreshSilent
	wantAddr(t, &tg, at, "10.0.0.4", "is not known; its earlier address is still probed")
	wantAddr(t, &tg, at+1, "10.0.0.4", "is not known")
	s.code.Store(0)
	wantAddr(t, &tg, at+refreshSilent, "10.0.0.4", "")
}

func TestNameFailures(t *testing.T) {
	s := newNameServer(t, "10.0.0.2")
	s.code.Store(uint32(dnsmessage.RCodeNameError))
	tg := newTarget("db2.example:18182", s.resolver(), 200*time.Millisecond)
	wantAddr(t, &tg, 0, "", "host name db2.example is not known")
	asked := s.asked.Load()
	wantAddr(t, &tg, refreshFailed-1, "", "is not known")
	if s.asked.Load() != asked {
		t.Error("asked again at once")
	}
	s.code.Store(uint32(dnsmessage.RCodeServerFailure))
	wantAddr(t, &tg, refreshFailed, "", "can't be looked up now")
	s.mute.Store(true)
	wantAddr(t, &tg, 2*refreshFailed, "", "no answer from the name server within 200ms")
	s.mute.Store(false)
	s.code.Store(0)
	wantAddr(t, &tg, 3*refreshFailed, "10.0.0.2", "")
}

// Where the first address of a name leads nowhere, the next one gets its turn;
// one that has answered stays.
func TestAddressesTakeTurnsUntilOneAnswers(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", "::1")
	tg := newTarget("db2.example:18182", s.resolver(), time.Second)
	first, _ := tg.resolve(t.Context(), 0)
	tg.note(false)
	second, _ := tg.resolve(t.Context(), 1)
	if first == second || !second.IsValid() {
		t.Fatalf("%v, then %v", first, second)
	}
	tg.note(true)
	tg.note(false)
	wantAddr(t, &tg, 2, second.String(), "")
	wantAddr(t, &tg, refreshSilent, second.String(), "")
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"10.0.0.2:18182": "10.0.0.2", "[fd77::2]:18182": "fd77::2", "[fe80::1%eth0]:1": "fe80::1%eth0", "[::ffff:10.0.0.2]:1": "10.0.0.2",
	} {
		tg := newTarget(address, nil, 0)
		wantAddr(t, &tg, 0, want, "")
	}
	for _, address := range []string{"", "db2", ":18182", "db2:", "db2:0", "db2:65536", "db2:rpc", "fd77::2:18182", "a:b:c"} {
		r := probeHere(t, collector(t, Options{Node: "node2", Address: address, Clock: sources.NewClock(1)}))
		if r.Body != nil || r.Err == nil || r.Err.Kind != cluster.FailConfig || r.Err.Hint.IsZero() || r.Taken.IsZero() {
			t.Errorf("%q: %+v", address, r)
		}
	}
}
