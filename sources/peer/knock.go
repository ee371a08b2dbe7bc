package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// answered is how long a connection may take to be answered, in real time: so
// that the port's state is known within 2.5 s. It holds a second SYN.
const answered = 2300 * time.Millisecond

// forbiddenFor is for how long a server that forbids forwarding is not asked
// again, in time of the Clock.
const forbiddenFor = 5 * time.Minute

// knocker tries a port by way of the SSH server.
type knocker struct {
	forwarder remote.Forwarder // nil where the transport can't
	clock     sources.Clock

	forbidden bool
	until     time.Duration   // Mono until which it is not asked again
	over      <-chan struct{} // of one that had no answer; nil if none is under way
	since     time.Duration   // Mono when that began
}

const forbiddenHint = "AllowTcpForwarding, PermitOpen (sshd_config) or an option of the key forbids it: the port is tried by tools there instead"

// knock fills in what a forwarded connection tells. More is the request by which
// the host's own tools could tell more of the port; empty for none.
func (k *knocker) knock(ctx context.Context, address string, b *cluster.PeerPort) (more string, failure *cluster.Failure) {
	now := k.clock.Mono()
	switch {
	case k.forwarder == nil:
		k.none(b, "the openssh transport opens no channel for it", "set ssh.transport: builtin")
		return askPort, nil
	case k.forbidden && now < k.until:
		k.none(b, "forwarding is forbidden on the primary's host", forbiddenHint)
		return askPort, nil
	case k.pending():
		k.none(b, fmt.Sprintf("one begun %.0f s ago still has no answer", (now-k.since).Seconds()), "")
		return askPort, nil
	}
	answer, failure := k.forwarder.Knock(ctx, address, answered)
	if failure != nil {
		return "", failure
	}
	k.forbidden = answer.Prohibited
	said := answer.Said.String()
	switch {
	case answer.Prohibited:
		k.until = now + forbiddenFor
		k.none(b, "forwarding is forbidden on the primary's host: "+said, forbiddenHint)
		return askPort, nil
	case answer.Silent:
		k.over, k.since = answer.Over, now
		b.By, b.Port, b.Why = bySSH, cluster.PortFiltered, cluster.Clean(fmt.Sprintf("no answer within %v", answered))
		k.none(b, "the connection had no answer", "")
		return "", nil
	}
	b.By, b.Port, b.Why = bySSH, cluster.PortOpen, cluster.Text{}
	if !answer.Open {
		b.Port, b.Why = portOf(said, false)
	}
	if answer.Took < synRetry && (answer.Open || b.Port == cluster.PortClosed) {
		b.Forwarded, b.Trip = true, answer.Trip.Round(time.Microsecond)
		b.RTT = max(0, answer.Took-answer.Trip).Round(time.Microsecond)
	} else if answer.Open {
		k.none(b, "its first packet was lost", "")
	} else {
		k.none(b, "the connection failed", "")
	}
	switch b.Port {
	case cluster.PortUnknown:
		return askPort, nil
	case cluster.PortUnreachable: // by the way, or by the host's own route
		return askRoute, nil
	default:
		return "", nil
	}
}

// synRetry is after how long systems send an unanswered SYN again (RFC 6298,
// 2.1): an answer that took longer answers the second.
const synRetry = time.Second

var bySSH = cluster.Clean("ssh")

func (k *knocker) none(b *cluster.PeerPort, why, hint string) {
	b.ForwardWhy, b.ForwardHint = cluster.Clean(why), cluster.Clean(hint)
}

// pending tells whether the host still tries an earlier connection.
func (k *knocker) pending() bool {
	if k.over == nil {
		return false
	}
	select {
	case <-k.over:
		k.over = nil
	default:
	}
	return k.over != nil
}
