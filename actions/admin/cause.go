package admin

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

	"github.com/stemedb/stemetop/sources/cluster"
)

// cause is a failure before its texts are scrubbed and cleaned.
type cause struct {
	kind       cluster.FailureKind
	what, hint string
}

// calls are the errors that mean something to an operator.
var calls = []struct {
	err error
	cause
}{
	{errPeer, cause{cluster.FailHostChanged, "another server answers than at the preview", "find out why before anything is sent"}},
	{errSecondDial, cause{cluster.FailReset, "the connection died", ""}},
	{syscall.ECONNREFUSED, cause{cluster.FailRefused, "connection refused", "is the process running, and is this its port?"}},
	{syscall.ENETUNREACH, cause{cluster.FailUnreachable, "network unreachable", "check the route, or the VPN"}},
	{syscall.EHOSTUNREACH, cause{cluster.FailUnreachable, "host unreachable", "the host is down, or a firewall rejects it"}},
	{syscall.EACCES, cause{cluster.FailPermission, "connection not permitted", "a local firewall or sandbox forbids it"}},
	{syscall.EPERM, cause{cluster.FailPermission, "connection not permitted", "a local firewall or sandbox forbids it"}},
	{syscall.EMFILE, cause{cluster.FailConfig, "too many open files here", "raise the limit: ulimit -n"}},
	{errTooLarge, cause{cluster.FailTooLarge, fmt.Sprintf("the answer passed %d KiB", maxBody>>10), hintNotAPI}},
	{syscall.ECONNRESET, cause{cluster.FailReset, "connection reset", ""}},
	{syscall.EPIPE, cause{cluster.FailReset, "connection reset", ""}},
	{io.ErrUnexpectedEOF, cause{cluster.FailReset, "connection closed", ""}},
	{io.EOF, cause{cluster.FailReset, "connection closed", ""}},
}

// cause classifies the error of an exchange.
func (got *received) cause() cause {
	if got.stopped {
		return cause{cluster.FailTimeout, "stopped waiting" + got.where(), ""}
	}
	for _, by := range []func() (cause, bool){got.byTime, got.byName, got.byTLS, got.byCall} {
		if c, ok := by(); ok {
			if got.wrote && c.hint == "" {
				c.hint = hintReadBack
			}
			return c
		}
	}
	c := cause{cluster.FailOther, "the request failed: " + innermost(got.err), ""}
	if got.timing.FirstByte > 0 {
		c = cause{cluster.FailFormat, "not a proper HTTP answer: " + innermost(got.err), hintNotAPI}
	}
	return c
}

// where says how far the exchange came.
func (got *received) where() string {
	switch {
	case got.status != 0:
		return " in the middle of the answer"
	case got.wrote:
		return " without an answer"
	case got.timing.Connected > 0 && got.secure:
		return " during the TLS handshake"
	default:
		return ""
	}
}

func (got *received) byTime() (cause, bool) {
	var timeout net.Error
	var dns *net.DNSError
	if !errors.Is(got.err, context.DeadlineExceeded) && (!errors.As(got.err, &timeout) || !timeout.Timeout()) {
		return cause{}, false
	}
	l := got.limits
	var what string
	switch {
	case errors.As(got.err, &dns):
		what = fmt.Sprintf("the name server did not answer within %v", l.Dial)
	case got.status != 0:
		what = fmt.Sprintf("the answer was not complete within %v", l.Total)
	case got.wrote:
		what = fmt.Sprintf("no answer within %v", min(l.Header, l.Total))
	case got.timing.Connected > 0:
		what = fmt.Sprintf("connected, but no TLS handshake within %v", l.TLS)
	default:
		what = fmt.Sprintf("no connection within %v", l.Dial)
	}
	return cause{cluster.FailTimeout, what, ""}, true
}

func (got *received) byName() (cause, bool) {
	var dns *net.DNSError
	if !errors.As(got.err, &dns) {
		return cause{}, false
	}
	if dns.IsNotFound {
		return cause{cluster.FailDNS, "host name " + dns.Name + " is not known", "check admin.url, or give the address"}, true
	}
	return cause{cluster.FailDNS, "host name " + dns.Name + " can't be looked up now", "the name server fails; give the address instead"}, true
}

func (got *received) byTLS() (cause, bool) {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		record  tls.RecordHeaderError
		op      *net.OpError
	)
	err := got.err
	var what, hint string
	switch {
	case errors.Is(err, errPeer):
		return cause{}, false
	case errors.As(err, &unknown):
		what, hint = "its certificate is signed by an unknown authority", "set admin.ca_file to the certificate of its authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		what, hint = "its certificate is not valid now", "renew it on the node, or correct the clock here"
	case errors.As(err, &name):
		what, hint = "its certificate is not for "+name.Host, "use a name of its certificate in admin.url"
	case errors.As(err, &record):
		what, hint = "it does not speak TLS", "check scheme and port of admin.url"
	case errors.As(err, &op) && op.Op == "remote error":
		what, hint = "it refused the TLS connection: "+op.Err.Error(), "if it wants a client certificate, set admin.cert_file and admin.key_file"
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		what, hint = "plain HTTP on a TLS port", "write https:// in admin.url"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		what, hint = "it answers TLS with plain HTTP", "write http:// in admin.url"
	case strings.HasPrefix(innermost(err), "tls: ") || strings.HasPrefix(innermost(err), "x509: "):
		what = "TLS handshake failed: " + innermost(err)
	default:
		return cause{}, false
	}
	return cause{cluster.FailTLS, what, hint}, true
}

func (got *received) byCall() (cause, bool) {
	for _, c := range calls {
		if errors.Is(got.err, c.err) {
			if c.kind == cluster.FailReset {
				c.what += got.where()
			}
			return c.cause, true
		}
	}
	return cause{}, false
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
