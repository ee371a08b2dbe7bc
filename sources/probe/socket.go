package probe

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// family is what ICMP calls things in one of the two IP families.
type family struct {
	domain, proto  int
	request, reply icmp.Type
}

var (
	family4 = family{unix.AF_INET, unix.IPPROTO_ICMP, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	family6 = family{unix.AF_INET6, unix.IPPROTO_ICMPV6, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
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
	conn  packetConn
	raw   bool
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
	if s.conn, err = f.listen(unix.SOCK_DGRAM); err == nil {
		if at, ok := s.conn.LocalAddr().(*net.UDPAddr); ok && at.Port != 0 {
			s.id = at.Port
		}
		return s, ""
	}
	if s.conn, rawErr = f.listen(unix.SOCK_RAW); rawErr == nil {
		s.raw = true
		s.filter()
		return s, ""
	}
	if errors.Is(err, syscall.EACCES) && errors.Is(rawErr, syscall.EPERM) {
		return nil, "ICMP not permitted (ping_group_range)"
	}
	return nil, "no ICMP socket: " + systemWords(err)
}

// listen makes a socket of a kind, raw or datagram, whose packets the kernel dates
// as they come: a busy monitor must not make the way look longer than it is.
func (f family) listen(kind int) (packetConn, error) {
	fd, err := unix.Socket(f.domain, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, f.proto)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "icmp")
	defer func() { _ = file.Close() }() // the connection has a copy
	var wildcard unix.Sockaddr = &unix.SockaddrInet4{}
	if f == family6 {
		wildcard = &unix.SockaddrInet6{}
	}
	if err := unix.Bind(fd, wildcard); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // without it, the time is that of reading
	c, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(packetConn)
	if !ok {
		_ = c.Close()
		return nil, fmt.Errorf("a %T", c)
	}
	return conn, nil
}

// packetConn is what package net makes of the socket: a net.UDPConn, or a
// net.IPConn of a raw one.
type packetConn interface {
	net.PacketConn
	syscall.Conn
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
	if s.family == family4 {
		_ = ipv4.NewPacketConn(s.conn).SetBPF(program)
	} else {
		_ = ipv6.NewPacketConn(s.conn).SetBPF(program)
	}
}

// send sends a request and has its reply looked out for.
func (s *socket) send(r *request) (*request, echo) {
	r.socket = s
	packet, err := s.register(r)
	if err != nil {
		return nil, echo{why: "no ICMP: " + systemWords(err)}
	}
	if _, err := s.conn.WriteTo(packet, s.destination(r.to)); err != nil {
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
	from, err := s.conn.SyscallConn()
	if err != nil {
		s.fail(err)
		return
	}
	var p arrival
	for {
		if err := p.receive(from); err != nil {
			s.fail(err)
			return
		}
		m, err := icmp.ParseMessage(s.proto, p.message(s.raw))
		if err != nil || m.Type != s.reply {
			continue
		}
		if got, ok := m.Body.(*icmp.Echo); ok && got.ID == s.id {
			s.answered(got, &p)
		}
	}
}

// answered takes a reply. What is none to a request that is waited for is not ours.
func (s *socket) answered(got *icmp.Echo, p *arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.waiting[uint16(got.Seq)]
	if r == nil || !bytes.Equal(got.Data, r.data[:]) || p.from != r.to.WithZone("") {
		return
	}
	delete(s.waiting, r.seq)
	r.reply <- echo{answered: true, rtt: p.since(r.sent)}
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
