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
	Silent     bool          // it told nothing in time, and goes on trying
	Prohibited bool          // by AllowTcpForwarding, PermitOpen, or an option of the key
	Said       cluster.Text  // the server's words, where it is not open
	Took       time.Duration // from asking to the answer
	Trip       time.Duration // the least of the round trips of SSH itself before that
	// Over is closed when the server no longer tries. Its system takes minutes for
	// an address that is silent, and can't be stopped.
	Over <-chan struct{}
}

// trips is how many round trips of SSH are timed before a knock: the least of
// them is the way there and back, the others have waited for something.
const trips = 3

// Knock opens a channel to host:port as the host sees it, and closes it at once:
// the host connects by TCP, and runs nothing. It connects to the host itself if
// needed, and waits for an answer no longer than within, reckoned from asking. The
// failure is that of the way to the host.
func (b *Builtin) Knock(ctx context.Context, address string, within time.Duration) (Knocked, *cluster.Failure) {
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
	k := knocking{link: l, asked: make(chan time.Duration, 1), told: make(chan struct{})}
	go k.run(&direct{Host: host, Port: uint32(port), From: "127.0.0.1"})
	return k.wait(ctx, within)
}

// knocking is a knock under way.
type knocking struct {
	link    *link
	asked   chan time.Duration // the round trip of SSH, when the channel is asked for
	told    chan struct{}      // closed at the end
	knocked Knocked            // read it after told
	failure *cluster.Failure   // likewise
}

func (k *knocking) wait(ctx context.Context, within time.Duration) (Knocked, *cluster.Failure) {
	var late <-chan time.Time
	for trip := time.Duration(0); ; {
		select {
		case <-k.told:
			return k.knocked, k.failure
		case trip = <-k.asked:
			timer := time.NewTimer(within)
			defer timer.Stop()
			late = timer.C
		case <-late:
			return Knocked{Silent: true, Took: within, Trip: trip, Over: k.told}, nil
		case <-ctx.Done():
			return Knocked{}, cluster.Fail(cluster.FailTimeout, "stopped while waiting for "+k.link.target.name(), "")
		}
	}
}

// direct is the payload of a direct-tcpip channel (RFC 4254, 7.2).
type direct struct {
	Host     string
	Port     uint32
	From     string
	FromPort uint32
}

func (k *knocking) run(to *direct) {
	defer close(k.told)
	k.knocked.Over = k.told
	client := k.link.client()
	for i := range trips {
		start := time.Now()
		// Refused by its name, as every server does; the answer is what counts.
		if _, _, err := client.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			k.lose()
			return
		}
		if took := time.Since(start); i == 0 || took < k.knocked.Trip {
			k.knocked.Trip = took
		}
	}
	k.asked <- k.knocked.Trip
	start := time.Now()
	channel, requests, err := client.OpenChannel("direct-tcpip", xssh.Marshal(to))
	k.knocked.Took = time.Since(start)
	if err == nil {
		go xssh.DiscardRequests(requests)
		_ = channel.Close() // the host hangs up
		k.knocked.Open = true
		return
	}
	refused, ok := errors.AsType[*xssh.OpenChannelError](err)
	if !ok {
		k.lose()
		return
	}
	k.knocked.Said = cluster.Clean(refused.Message)
	k.knocked.Prohibited = refused.Reason == xssh.Prohibited || refused.Reason == xssh.UnknownChannelType
}

func (k *knocking) lose() {
	k.link.close()
	k.failure = k.link.lost()
}
