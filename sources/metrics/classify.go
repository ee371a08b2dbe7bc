package metrics

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/stemedb/stemetop/sources/cluster"
)

// phase is how far a scrape came.
type phase uint8

const (
	phaseConnect   phase = iota // no connection yet
	phaseHandshake              // connected, TLS not yet agreed
	phaseAsked                  // ready to ask or asked, no byte of an answer
	phaseAnswer                 // in the answer
)

// classify names what went wrong with a scrape that came as far as p.
func classify(err error, p phase, limit time.Duration) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout() && !isDNS(err)) {
		return timeoutFault(p, limit)
	}
	for _, by := range []func(error, phase) *fault{byName, byTLS, byCall, byAnswer} {
		if f := by(err, p); f != nil {
			return f
		}
	}
	return newFault(cluster.FailOther, "scrape failed", "").with(innermost(err))
}

func timeoutFault(p phase, limit time.Duration) *fault {
	switch p {
	case phaseConnect:
		return newFault(cluster.FailTimeout, fmt.Sprintf("no connection within %v", limit), "is the host up, and does a firewall drop this port?")
	case phaseHandshake:
		return newFault(cluster.FailTimeout, fmt.Sprintf("connected, but no TLS handshake within %v", limit), "the process is hung, or this port does not speak TLS")
	case phaseAsked:
		return newFault(cluster.FailTimeout, fmt.Sprintf("connected, but no answer within %v", limit), "the process is hung or overloaded")
	default:
	}
	return newFault(cluster.FailTimeout, fmt.Sprintf("answer not complete within %v", limit), "the node or the network is slow, or the answer never ends")
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

func byName(err error, _ phase) *fault {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return nil
	case dns.IsNotFound:
		return newFault(cluster.FailDNS, "host name "+dns.Name+" is not known", "check the name, or give the address")
	}
	return newFault(cluster.FailDNS, "host name "+dns.Name+" can't be looked up now", "the name server fails; give the address instead")
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

func byCall(err error, p phase) *fault {
	for _, c := range calls {
		if errors.Is(err, c.err) {
			f := newFault(c.kind, c.what, c.hint)
			if f.kind == cluster.FailReset {
				f.what, f.hint = f.what+resetWhere(p), hintReset
			}
			return f
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return newFault(cluster.FailReset, "connection closed"+resetWhere(p), hintReset)
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

func byAnswer(err error, p phase) *fault {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return newFault(cluster.FailFormat, "its gzip data is corrupt", "")
	case p == phaseAnswer:
		return newFault(cluster.FailFormat, "not a proper HTTP answer", hintURL).with(innermost(err))
	}
	return nil
}

func byTLS(err error, _ phase) *fault {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return newFault(cluster.FailTLS, "its certificate is signed by an unknown authority", "set http.ca_file to the certificate of its authority")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return newFault(cluster.FailTLS, "its certificate is not valid now", "renew it on the node, or correct the clock here").with(invalid.Detail)
	case errors.As(err, &name):
		return newFault(cluster.FailTLS, "its certificate is not for "+name.Host, nameHint(name.Certificate))
	case errors.As(err, &record):
		return recordFault(record)
	case errors.As(err, &verify):
		return newFault(cluster.FailTLS, "its certificate is not accepted", "").with(verify.Err.Error())
	case errors.As(err, &op) && op.Op == "remote error":
		return newFault(cluster.FailTLS, "it refused the TLS connection",
			"if it wants a client certificate, set http.cert_file and http.key_file").with(op.Err.Error())
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		return faultSpeaksTLS
	case strings.HasPrefix(innermost(err), "tls: "):
		return newFault(cluster.FailTLS, "TLS handshake failed", "").with(innermost(err))
	}
	return nil
}

// faultSpeaksTLS is for a TLS port that was spoken to in plain HTTP.
var faultSpeaksTLS = newFault(cluster.FailTLS, "plain HTTP on a TLS port", "write https:// in the URL")

func recordFault(r tls.RecordHeaderError) *fault {
	if strings.HasPrefix(string(r.RecordHeader[:]), "HTTP/") {
		return newFault(cluster.FailTLS, "it answers TLS with plain HTTP", "write http:// in the URL")
	}
	return newFault(cluster.FailTLS, "it does not speak TLS", "check scheme and port of the URL")
}

func nameHint(c *x509.Certificate) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "it names no host at all; issue one that does"
	}
	return "it is for " + strings.Join(names[:min(3, len(names))], ", ") + ": use that in the URL"
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
