package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// phase is how far a request came.
type phase uint8

const (
	phaseConnect   phase = iota // no connection yet
	phaseHandshake              // connected, TLS not yet agreed
	phaseAsked                  // ready to ask or asked, no byte of an answer
	phaseAnswer                 // in the answer
)

// classify names what went wrong with a request that came as far as p.
func (w Words) classify(err error, p phase, limit time.Duration) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout() && !isDNS(err)) {
		return timeoutFault(p, limit)
	}
	for _, by := range []func(error, phase) *Fault{byName, w.byTLS, byCall, w.byAnswer} {
		if f := by(err, p); f != nil {
			return w.ofProxy(f, err)
		}
	}
	return NewFault(cluster.FailOther, "request failed", "").With(innermost(err))
}

// ofProxy puts a fault to the proxy if that is where it was.
func (w Words) ofProxy(f *Fault, err error) *Fault {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		f.what, f.hint = "the proxy: "+f.what, "check "+w.Section+".proxy"
	}
	return f
}

func timeoutFault(p phase, limit time.Duration) *Fault {
	switch p {
	case phaseConnect:
		return NewFault(cluster.FailTimeout, fmt.Sprintf("no connection within %v", limit), "is the host up, and does a firewall drop this port?")
	case phaseHandshake:
		return NewFault(cluster.FailTimeout, fmt.Sprintf("connected, but no TLS handshake within %v", limit), "the process is hung, or this port does not speak TLS")
	case phaseAsked:
		return NewFault(cluster.FailTimeout, fmt.Sprintf("connected, but no answer within %v", limit), "the process is hung or overloaded")
	default:
	}
	return NewFault(cluster.FailTimeout, fmt.Sprintf("answer not complete within %v", limit), "the node or the network is slow, or the answer never ends")
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

func byName(err error, _ phase) *Fault {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return nil
	case dns.IsNotFound:
		return NewFault(cluster.FailDNS, "host name "+dns.Name+" is not known", "check the name, or give the address")
	}
	return NewFault(cluster.FailDNS, "host name "+dns.Name+" can't be looked up now", "the name server fails; give the address instead")
}

// calls are the errors of the system that mean something to an operator.
var calls = []struct {
	err  error
	kind cluster.FailureKind
	what string
	hint string
}{
	{syscall.ECONNREFUSED, cluster.FailRefused, "connection refused", "is the process running, and is this its port?"},
	{syscall.ENETUNREACH, cluster.FailUnreachable, "network unreachable", "check the route, or the VPN"},
	{syscall.EHOSTUNREACH, cluster.FailUnreachable, "host unreachable", "the host is down, or a firewall rejects it"},
	{syscall.EADDRNOTAVAIL, cluster.FailUnreachable, "no local address or port for the connection", ""},
	{syscall.EACCES, cluster.FailPermission, "connection not permitted", "a local firewall or sandbox forbids it"},
	{syscall.EPERM, cluster.FailPermission, "connection not permitted", "a local firewall or sandbox forbids it"},
	{syscall.EMFILE, cluster.FailConfig, "too many open files here", "raise the limit: ulimit -n"},
	{syscall.ECONNRESET, cluster.FailReset, "connection reset", ""},
	{syscall.EPIPE, cluster.FailReset, "connection reset", ""},
}

func byCall(err error, p phase) *Fault {
	for _, c := range calls {
		if errors.Is(err, c.err) {
			f := NewFault(c.kind, c.what, c.hint)
			if f.kind == cluster.FailReset {
				f.what, f.hint = f.what+resetWhere(p), hintReset
			}
			return f
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return NewFault(cluster.FailReset, "connection closed"+resetWhere(p), hintReset)
	}
	return nil
}

const hintReset = "the process may have died or restarted, or a proxy cut it off"

func resetWhere(p phase) string {
	if p == phaseAnswer {
		return " in the middle of the answer"
	}
	return " without an answer"
}

func (w Words) byAnswer(err error, p phase) *Fault {
	if p != phaseAnswer {
		return nil
	}
	return NewFault(cluster.FailFormat, "not a proper HTTP answer", w.WrongURL).With(innermost(err))
}

// innermost returns the text of the error at the bottom, which has neither URL
// nor addresses in it.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
