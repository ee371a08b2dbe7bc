package ssh

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Knocked is what a host told of connecting somewhere.
type Knocked struct {
	Open       bool
	Prohibited bool          // by AllowTcpForwarding, PermitOpen, or an option of the key
	Said       cluster.Text  // the server's words, where it is not open
	Took       time.Duration // from asking to the answer
	Trip       time.Duration // the least of the round trips of SSH itself around that
}

// trips is how many round trips of SSH are timed before a knock: the least of
// them is the way there and back, the others have waited for something.
const trips = 3

// Knock opens a channel to host:port as the host sees it, and closes it at once:
// the host connects by TCP, and runs nothing. It returns when the server has
// answered, which for a silent address takes as long as the server's system
// tries, when the link is lost, or when ctx ends. The failure is that of the way
// to the host.
func (b *Builtin) Knock(ctx context.Context, address string) (Knocked, *cluster.Failure) {
	host, service, err := net.SplitHostPort(address)
	port, portErr := strconv.ParseUint(service, 10, 16)
	if err != nil || portErr != nil {
		return Knocked{}, cluster.Fail(cluster.FailConfig, "not an address of a port: "+address, "")
	}
	if err := b.turn.acquire(ctx); err != nil {
		return Knocked{}, asFailure(err)
	}
	l, err := b.connection(ctx)
	b.turn.release()
	if err != nil {
		return Knocked{}, asFailure(err)
	}
	type answer struct {
		k       Knocked
		failure *cluster.Failure
	}
	told := make(chan answer, 1)
	go func() {
		k, failure := l.knock(host, uint32(port))
		told <- answer{k, failure}
	}()
	select {
	case a := <-told:
		return a.k, a.failure
	case <-ctx.Done():
		return Knocked{}, cluster.Fail(cluster.FailTimeout, l.target.name()+" did not tell of "+address+" in time", "")
	}
}

// direct is the payload of a direct-tcpip channel (RFC 4254, 7.2).
type direct struct {
	Host     string
	Port     uint32
	From     string
	FromPort uint32
}

func (l *link) knock(host string, port uint32) (Knocked, *cluster.Failure) {
	var k Knocked
	for i := range trips {
		start := time.Now()
		// Refused by its name, as every server does; the answer is what counts.
		if _, _, err := l.client().SendRequest("keepalive@openssh.com", true, nil); err != nil {
			l.close()
			return k, l.lost()
		}
		if took := time.Since(start); i == 0 || took < k.Trip {
			k.Trip = took
		}
	}
	start := time.Now()
	channel, requests, err := l.client().OpenChannel("direct-tcpip", xssh.Marshal(&direct{host, port, "127.0.0.1", 0}))
	k.Took = time.Since(start)
	if err == nil {
		go xssh.DiscardRequests(requests)
		_ = channel.Close() // the host hangs up
		k.Open = true
		return k, nil
	}
	refused, ok := errors.AsType[*xssh.OpenChannelError](err)
	if !ok {
		l.close()
		return k, l.lost()
	}
	k.Said = cluster.Clean(refused.Message)
	k.Prohibited = refused.Reason == xssh.Prohibited || refused.Reason == xssh.UnknownChannelType
	return k, nil
}
