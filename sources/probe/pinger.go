package probe

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// sharing is how many collectors send through one socket. A request to a host that
// is down waits in the kernel for its address, some 800 bytes for some seconds, and
// those of all of them must leave room in the socket's 200 KiB for one more.
const sharing = 32

// Pingers are the sockets through which collectors send echo requests. Making one
// takes as long as ten requests do, so that they are shared. The zero value has
// none, and is ready.
type Pingers struct {
	mu   sync.Mutex
	list []*pinger
}

// pinger is a socket of each family, for as long as anybody uses it.
type pinger struct {
	users int // guarded by the mutex of Pingers

	mu      sync.Mutex
	sockets []*socket
}

func (p *Pingers) join() *pinger {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(g *pinger) bool { return g.users < sharing })
	if i < 0 {
		i, p.list = len(p.list), append(p.list, &pinger{})
	}
	p.list[i].users++
	return p.list[i]
}

func (p *Pingers) leave(g *pinger) {
	p.mu.Lock()
	g.users--
	last := g.users == 0
	if last {
		p.list = slices.DeleteFunc(p.list, func(o *pinger) bool { return o == g })
	}
	p.mu.Unlock()
	if last {
		g.close()
	}
}

// send sends an echo request. Without one there is nothing to wait for, and the
// echo tells why.
func (g *pinger) send(ip netip.Addr) (*request, echo) {
	s, why := g.socket(familyOf(ip))
	if why != "" {
		return nil, echo{why: why}
	}
	r := &request{to: ip, reply: make(chan echo, 1)}
	_, _ = rand.Read(r.data[:]) // never fails
	return s.send(r)
}

// socket returns the one of a family. One that broke, or could not be had, is tried
// for again.
func (g *pinger) socket(f family) (*socket, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, s := range g.sockets {
		if s.family != f {
			continue
		}
		if !s.broken() {
			return s, ""
		}
		g.sockets = slices.Delete(g.sockets, i, i+1)
		break
	}
	s, why := f.open()
	if why == "" {
		g.sockets = append(g.sockets, s)
		go s.read()
	}
	return s, why
}

func (g *pinger) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sockets {
		_ = s.conn.Close() // nothing is lost with it
		<-s.ended
	}
	g.sockets = nil
}

// family is what ICMP calls things in one of the two IP families.
type family struct {
	datagram, raw, any string // networks and address for icmp.ListenPacket
	proto              int
	request, reply     icmp.Type
}

var (
	family4 = family{"udp4", "ip4:icmp", "0.0.0.0", 1, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	family6 = family{"udp6", "ip6:ipv6-icmp", "::", 58, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
)

func familyOf(ip netip.Addr) family {
	if ip.Is4() {
		return family4
	}
	return family6
}

// socket sends echo requests, and gives each the reply that is its own.
type socket struct {
	family
	conn  *icmp.PacketConn
	id    int // of all its requests
	ended chan struct{}

	mu      sync.Mutex
	last    uint16 // sequence number
	waiting map[uint16]*request
}

// open returns a socket, or why there is none. The kernel gives an unprivileged one
// its id, and hands it the replies to that id only. A raw one is asked to do so
// too: else it is handed all that anybody's ping gets.
func (f family) open() (*socket, string) {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	s := &socket{
		family: f, id: int(binary.BigEndian.Uint16(random[:])), last: binary.BigEndian.Uint16(random[2:]),
		ended: make(chan struct{}), waiting: map[uint16]*request{},
	}
	var err, rawErr error
	if s.conn, err = icmp.ListenPacket(f.datagram, f.any); err == nil {
		if at, ok := s.conn.LocalAddr().(*net.UDPAddr); ok && at.Port != 0 {
			s.id = at.Port
		}
		return s, ""
	}
	if s.conn, rawErr = icmp.ListenPacket(f.raw, f.any); rawErr == nil {
		s.filter()
		return s, ""
	}
	if errors.Is(err, syscall.EACCES) && errors.Is(rawErr, syscall.EPERM) {
		return nil, "ICMP not permitted (ping_group_range)"
	}
	return nil, "no ICMP socket: " + systemWords(err)
}

// filter has the kernel drop all but replies to this socket's id. Where it can't,
// read does.
func (s *socket) filter() {
	icmpAt := bpf.Instruction(bpf.LoadConstant{Dst: bpf.RegX})
	if s.family == family4 {
		icmpAt = bpf.LoadMemShift{} // behind the IP header, which IPv6 hands out apart
	}
	reply := uint32(ipv4.ICMPTypeEchoReply)
	if s.family == family6 {
		reply = uint32(ipv6.ICMPTypeEchoReply)
	}
	program, err := bpf.Assemble([]bpf.Instruction{
		icmpAt,
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: reply, SkipTrue: 3},
		bpf.LoadIndirect{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(s.id), SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return
	}
	if c := s.conn.IPv4PacketConn(); c != nil {
		_ = c.SetBPF(program)
	}
	if c := s.conn.IPv6PacketConn(); c != nil {
		_ = c.SetBPF(program)
	}
}

// send sends a request and has its reply looked out for.
func (s *socket) send(r *request) (*request, echo) {
	r.socket = s
	packet, err := s.register(r)
	if err != nil {
		return nil, echo{why: "no ICMP: " + systemWords(err)}
	}
	if _, err := s.conn.WriteTo(packet, destination(s.conn, r.to)); err != nil {
		s.forget(r)
		return nil, unsent(err)
	}
	return r, echo{}
}

// register gives a request its number, and its time.
func (s *socket) register(r *request) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		return nil, net.ErrClosed
	}
	for s.last++; s.waiting[s.last] != nil; s.last++ {
	}
	r.seq = s.last
	sent := icmp.Echo{ID: s.id, Seq: int(r.seq), Data: r.data[:]}
	packet, err := (&icmp.Message{Type: s.request, Body: &sent}).Marshal(nil)
	if err != nil {
		return nil, err
	}
	s.waiting[r.seq] = r
	r.sent = time.Now()
	return packet, nil
}

func (s *socket) forget(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[r.seq] == r {
		delete(s.waiting, r.seq)
	}
}

// read hands out replies until the socket is closed or breaks.
func (s *socket) read() {
	defer close(s.ended)
	buf := make([]byte, 1500)
	for {
		n, peer, err := s.conn.ReadFrom(buf)
		if err != nil {
			s.fail(err)
			return
		}
		m, err := icmp.ParseMessage(s.proto, buf[:n])
		if err != nil || m.Type != s.reply {
			continue
		}
		if got, ok := m.Body.(*icmp.Echo); ok && got.ID == s.id {
			s.answered(got, peer, time.Now())
		}
	}
}

// answered takes a reply. What is none to a request that is waited for is not ours.
func (s *socket) answered(got *icmp.Echo, from net.Addr, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.waiting[uint16(got.Seq)]
	if r == nil || !bytes.Equal(got.Data, r.data[:]) || !sameHost(from, r.to) {
		return
	}
	delete(s.waiting, r.seq)
	r.reply <- echo{answered: true, rtt: at.Sub(r.sent)}
}

// fail gives the socket up: what is on its way can't be known to be lost.
func (s *socket) fail(err error) {
	_ = s.conn.Close() // again, where that is why
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.waiting {
		r.reply <- echo{why: "no ICMP: " + systemWords(err)}
	}
	s.waiting = nil
}

func (s *socket) broken() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}
