package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stemedb/stemetop/sources/cluster"
)

// synRetry is after how long systems send an unanswered SYN again (RFC 6298,
// 2.1): an answer that took longer answers the second, so the first was lost.
const synRetry = time.Second

// noRoutes are the system's words for a route that leads nowhere, and
// noRouteWords ours: none at all, and those of type unreachable, prohibit and
// blackhole (ip-route(8)).
var (
	noRoutes     = [...]error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EACCES, syscall.EINVAL}
	noRouteWords = [...]string{
		"this machine has no route", "this machine's route says unreachable", "this machine's route prohibits it",
		"this machine's route drops it, or the address lacks its zone",
	}
)

// knock is what connecting to the port gave.
type knock struct {
	state    cluster.PortState
	answered bool          // by the node, or in its name: open or refused
	rtt      time.Duration // real time, of an answer
	why      string        // where the state is not open

	kind cluster.FailureKind // where the state is unknown
	hint string
}

// knock connects once and hangs up at once.
func (c *Collector) knock(ctx context.Context, at netip.AddrPort) knock {
	var start time.Duration
	dialer := net.Dialer{Timeout: c.timeout, KeepAlive: -1, Control: func(string, string, syscall.RawConn) error {
		start = c.clock.Mono() // right before the SYN: making the socket is no part of the way
		return nil
	}}
	conn, err := dialer.DialContext(ctx, "tcp", at.String())
	rtt := c.clock.Real(c.clock.Mono() - start)
	if err == nil {
		rtt = handshake(conn, rtt)
		_ = conn.Close() // what could not be closed is closed by the kernel
		return knock{state: cluster.PortOpen, answered: true, rtt: rtt}
	}
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return knock{
			state: cluster.PortClosed, answered: true, rtt: rtt,
			why: "connection refused: nobody listens, or a firewall rejects",
		}
	case errors.As(err, &timeout) && timeout.Timeout():
		return knock{state: cluster.PortFiltered, why: fmt.Sprintf("no answer within %v", c.timeout)}
	}
	return noWay(err, routeTo(at))
}

// handshake returns the kernel's own measure of a connection's first round trip: a
// busy monitor hears of it later. One that took longer than a SYN is waited for
// answers the second, of which the kernel knows no round trip.
func handshake(conn net.Conn, heard time.Duration) time.Duration {
	c, ok := conn.(*net.TCPConn)
	if !ok || heard >= synRetry {
		return heard
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return heard
	}
	rtt := heard
	_ = raw.Control(func(fd uintptr) { // a failure leaves what was heard
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Rtt > 0 {
			rtt = min(heard, time.Duration(info.Rtt)*time.Microsecond)
		}
	})
	return rtt
}

// noWay tells apart who refused the way: the route that this machine has, which
// failed by itself, or somebody on it. The error of the connect may be the same.
func noWay(err, route error) knock {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return knock{why: "too many open files here", kind: cluster.FailConfig, hint: "raise the limit: ulimit -n"}
	}
	for i, no := range noRoutes {
		if errors.Is(route, no) {
			return knock{state: cluster.PortNoRoute, why: noRouteWords[i]}
		}
	}
	if route != nil {
		err = route // the machine's own trouble comes before that of the way
	}
	switch {
	case errors.Is(err, syscall.ENETUNREACH):
		return knock{state: cluster.PortUnreachable, why: "network unreachable, says a router"}
	case errors.Is(err, syscall.EHOSTUNREACH):
		return knock{state: cluster.PortUnreachable, why: "host unreachable: it is down, or a firewall rejects"}
	case errors.Is(err, syscall.EACCES): // ICMPv6 administratively prohibited
		return knock{state: cluster.PortUnreachable, why: "prohibited, says a firewall"}
	case errors.Is(err, syscall.EPERM):
		return knock{why: "connecting is not permitted on this machine", kind: cluster.FailPermission, hint: "a local firewall or sandbox forbids it"}
	}
	return knock{why: systemWords(err), kind: cluster.FailOther}
}

// routeTo returns why this machine has no route; nil if it has one. Connecting a
// datagram socket looks the route up and sends nothing.
func routeTo(at netip.AddrPort) error {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return fmt.Errorf("looking up the route: %w", err)
	}
	_ = conn.Close() // nothing was sent
	return nil
}

// systemWords returns the system's word for err, without addresses.
func systemWords(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return err.Error()
}
