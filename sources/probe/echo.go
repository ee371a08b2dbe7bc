package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// payload is how many bytes an echo request carries: as many as ping's, so that
// the round trips compare.
const payload = 56

// echo is what an echo request gave.
type echo struct {
	answered bool
	rtt      time.Duration // real time
	why      string        // why none could be sent; empty if it was, and where there is no route
}

// family is what ICMP calls things in one of the two IP families.
type family struct {
	datagram, raw, any string // networks and address for icmp.ListenPacket
	proto              int
	request, reply     icmp.Type
}

func familyOf(ip netip.Addr) family {
	if ip.Is4() {
		return family{"udp4", "ip4:icmp", "0.0.0.0", 1, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	}
	return family{"udp6", "ip6:ipv6-icmp", "::", 58, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
}

// open returns a socket for echoes and the id that they carry, or why there is
// none. The kernel gives an unprivileged socket its id, and hands it the replies
// to that id only.
func (f family) open(sequence []byte) (*icmp.PacketConn, int, string) {
	conn, err := icmp.ListenPacket(f.datagram, f.any)
	if err == nil {
		if at, ok := conn.LocalAddr().(*net.UDPAddr); ok && at.Port != 0 {
			return conn, at.Port, ""
		}
		return conn, int(binary.BigEndian.Uint16(sequence)), ""
	}
	conn, rawErr := icmp.ListenPacket(f.raw, f.any)
	switch {
	case rawErr == nil:
		return conn, int(binary.BigEndian.Uint16(sequence)), ""
	case errors.Is(err, syscall.EACCES) && errors.Is(rawErr, syscall.EPERM):
		return nil, 0, "ICMP not permitted (ping_group_range)"
	}
	return nil, 0, "no ICMP socket: " + systemWords(err)
}

// echo sends one echo request and waits for its reply. The socket is of this
// round alone and the request carries a random text, so that a reply to an
// earlier one, or to another program's, is never taken for this one's.
func (c *Collector) echo(ctx context.Context, ip netip.Addr) echo {
	f := familyOf(ip)
	data := make([]byte, payload)
	_, _ = rand.Read(data) // never fails
	conn, id, why := f.open(data)
	if why != "" {
		return echo{why: why}
	}
	defer func() { _ = conn.Close() }() // nothing is lost with it
	sent := &icmp.Echo{ID: id, Seq: int(binary.BigEndian.Uint16(data[2:])), Data: data}
	packet, err := (&icmp.Message{Type: f.request, Body: sent}).Marshal(nil)
	if err != nil {
		return echo{why: "no ICMP: " + systemWords(err)}
	}
	_ = conn.SetReadDeadline(time.Now().Add(c.timeout)) // real time: a socket knows no other
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	start := c.clock.Mono()
	if _, err := conn.WriteTo(packet, destination(conn, ip)); err != nil {
		return unsent(err)
	}
	if !f.await(conn, ip, sent) {
		return echo{}
	}
	return echo{answered: true, rtt: c.clock.Real(c.clock.Mono() - start)}
}

// unsent judges a request that did not leave: without a route, of whatever kind,
// it counts as sent and lost, as ping counts it; what a firewall of this machine
// forbids or the machine can't do is not the network's loss.
func unsent(err error) echo {
	for _, no := range noRoutes {
		if errors.Is(err, no) {
			return echo{}
		}
	}
	if errors.Is(err, syscall.EPERM) {
		return echo{why: "echo requests are blocked on this machine"}
	}
	return echo{why: "echo requests can't be sent: " + systemWords(err)}
}

// await reads until the reply to sent has come, and returns false at the
// socket's deadline. What else comes in is not ours.
func (f family) await(conn *icmp.PacketConn, from netip.Addr, sent *icmp.Echo) bool {
	buf := make([]byte, 1500)
	for {
		n, peer, err := conn.ReadFrom(buf)
		if err != nil {
			return false
		}
		if m, err := icmp.ParseMessage(f.proto, buf[:n]); err == nil && m.Type == f.reply && sameHost(peer, from) {
			got, ok := m.Body.(*icmp.Echo)
			if ok && got.ID == sent.ID && got.Seq == sent.Seq && bytes.Equal(got.Data, sent.Data) {
				return true
			}
		}
	}
}

func destination(conn *icmp.PacketConn, ip netip.Addr) net.Addr {
	if _, datagram := conn.LocalAddr().(*net.UDPAddr); datagram {
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
	}
	return &net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()}
}

func sameHost(peer net.Addr, ip netip.Addr) bool {
	var got net.IP
	switch p := peer.(type) {
	case *net.UDPAddr:
		got = p.IP
	case *net.IPAddr:
		got = p.IP
	}
	return got.Equal(ip.AsSlice())
}
