package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
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

// request is an echo request on its way. It carries a random text, so that a reply
// to an earlier one, or to another program's, is never taken for this one's.
type request struct {
	socket *socket
	to     netip.Addr
	data   [payload]byte
	seq    uint16
	sent   time.Time
	reply  chan echo // takes one
}

// prompt is within which an echo is answered at once.
const prompt = 250 * time.Millisecond

// soon waits a little for what became of a request, and leaves it on its way.
func (r *request) soon(ctx context.Context) (e echo, ok bool) {
	late := time.NewTimer(prompt)
	defer late.Stop()
	select {
	case e := <-r.reply:
		return e, true
	case <-late.C:
	case <-ctx.Done():
	}
	return echo{}, false
}

// await waits for what became of a request.
func (r *request) await(ctx context.Context, timeout time.Duration) echo {
	late := time.NewTimer(timeout - time.Since(r.sent)) // real time: a wire knows no other
	defer late.Stop()
	select {
	case e := <-r.reply:
		return e
	case <-late.C:
	case <-ctx.Done():
	}
	r.socket.forget(r)
	select {
	case e := <-r.reply: // while something else was waited for
		return e
	default:
		return echo{}
	}
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

// destination is an address in the form that the socket takes.
func (s *socket) destination(ip netip.Addr) net.Addr {
	if s.raw {
		return &net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()}
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
}
