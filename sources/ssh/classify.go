package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// hintAnew is of the connection: what was asked for over it may have to be asked
// for again, and an action is not.
const (
	hintAnew = "the connection is made anew by itself"
	busyHint = "MaxStartups of its sshd, a block for a while, or no sshd at this port; " + hintAnew
)

// dialFailure classifies why a hop can't be connected to. ctx is the one with
// the deadline, took how long the attempt did.
func dialFailure(ctx context.Context, s *settings, took time.Duration, err error) *cluster.Failure {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return unanswered(s, took)
	}
	var dns *net.DNSError
	var refused *xssh.OpenChannelError
	switch {
	case ctx.Err() != nil:
		return givenUp(s)
	case errors.As(err, &dns):
		return cluster.Fail(cluster.FailDNS, s.name()+": name not found: "+dns.Err, "check the name, or HostName in the ssh configuration")
	case errors.As(err, &refused):
		// The jump host tells its own attempt in words.
		kind, hint := classifyText(refused.Message)
		if refused.Reason == xssh.Prohibited {
			kind, hint = cluster.FailPermission, "the jump host forbids forwarding (AllowTcpForwarding, PermitOpen)"
		}
		return cluster.Fail(kind, s.name()+", through the jump host: "+refused.Message, hint)
	}
	kind, hint := classifyErrno(err)
	if kind == cluster.FailTimeout { // the dialer has the same deadline, and may be the first to notice
		return unanswered(s, took)
	}
	return cluster.Fail(kind, s.name()+": "+reason(err), hint)
}

func unanswered(s *settings, took time.Duration) *cluster.Failure {
	return cluster.Fail(cluster.FailTimeout, s.name()+": no answer in "+took.Round(100*time.Millisecond).String(), "is the host up, and does a firewall drop its port?")
}

// givenUp is for an attempt that its caller ended, as at the end of the program.
func givenUp(s *settings) *cluster.Failure {
	return cluster.Fail(cluster.FailConnecting, s.name()+": given up while connecting", "")
}

// classifyErrno knows the errors of the network.
func classifyErrno(err error) (cluster.FailureKind, string) {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return cluster.FailRefused, "is sshd running, and on this port?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ENETDOWN):
		return cluster.FailUnreachable, "no route to it, or a firewall rejects"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return cluster.FailReset, hintAnew
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return cluster.FailPermission, "a local firewall or sandbox forbids it"
	case errors.As(err, &timeout) && timeout.Timeout():
		return cluster.FailTimeout, "is the host up, and does a firewall drop its port?"
	}
	return cluster.FailOther, ""
}

// handshakeFailure classifies why a connected hop did not let us in, by how far
// it got. other is what it said that no SSH server says.
func handshakeFailure(ctx context.Context, s *settings, took time.Duration, known *hostKeys, keys *credentials, other string, err error) *cluster.Failure {
	kind, hint := classifyErrno(err)
	text := strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
	var algorithms *xssh.AlgorithmNegotiationError
	switch {
	case known.refused != nil:
		return known.refused
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return cluster.Fail(cluster.FailTimeout, s.name()+": connected, but no SSH handshake in "+took.Round(100*time.Millisecond).String(), "the host may be overloaded")
	case ctx.Err() != nil:
		return givenUp(s)
	case errors.As(err, &algorithms):
		return cluster.Fail(cluster.FailUnsupported, s.name()+": "+text, "set ssh.transport: openssh")
	case !known.seen && other != "":
		return cluster.Fail(cluster.FailFormat, s.name()+" does not answer as an SSH server: it says "+strconv.Quote(other), "is this the right port?")
	case !known.seen && kind == cluster.FailReset:
		return cluster.Fail(cluster.FailBusy, s.name()+" hung up before the key exchange", busyHint)
	case !known.seen:
		return cluster.Fail(cluster.FailFormat, s.name()+" does not answer as an SSH server: "+text, "is this the right port?")
	case kind == cluster.FailReset:
		return cluster.Fail(kind, s.name()+" hung up while authenticating", hint)
	}
	return authFailure(s, keys, text)
}

// maxBanner is how much of a banner stands in a failure, in bytes: many are a page
// of law.
const maxBanner = 200

func authFailure(s *settings, keys *credentials, text string) *cluster.Failure {
	what := "user " + s.user + " not let in by " + s.name() + ": " + keys.describe()
	hint := "check user and key: " + s.byHand("-v")
	stale := keys.outOfDate(time.Now())
	if len(stale) > 0 {
		what += "; " + strings.Join(stale, "; ")
	}
	switch {
	case len(stale) > 0:
		hint = "renew the certificate, or correct the clock here"
	case strings.Contains(text, "Too many authentication failures"):
		what += ", then it hung up: Too many authentication failures"
		hint = "set IdentityFile and IdentitiesOnly yes for this host in the ssh configuration"
	case len(keys.signers) == 0:
		hint = "name a key by ssh.identity_file or IdentityFile, or start ssh-agent"
	}
	if banner := strings.Join(strings.Fields(keys.banner), " "); banner != "" {
		what += "; its banner says: " + cluster.CleanN(banner, maxBanner).String() // it may tell why
	}
	return cluster.Fail(cluster.FailAuth, what, hint)
}

// reason is the last part of a network error: what comes before names the
// address, which the message has already.
func reason(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return err.Error()
}
