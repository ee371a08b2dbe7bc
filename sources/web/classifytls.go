package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

func (w Words) byTLS(err error, _ phase) *Fault {
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
		return NewFault(cluster.FailTLS, "its certificate is signed by an unknown authority", "set "+w.Section+".ca_file to the certificate of its authority")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outOfDate(invalid.Cert, time.Now())
	case errors.As(err, &name):
		return NewFault(cluster.FailTLS, "its certificate is not for "+name.Host, nameHint(name.Certificate))
	case errors.As(err, &record):
		return recordFault(record)
	case errors.As(err, &verify):
		return NewFault(cluster.FailTLS, "its certificate is not accepted", "").With(verify.Err.Error())
	case errors.As(err, &op) && op.Op == "remote error":
		return NewFault(cluster.FailTLS, "it refused the TLS connection",
			"if it wants a client certificate, set "+w.Section+".cert_file and "+w.Section+".key_file").With(op.Err.Error())
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		return speaksTLS()
	case strings.HasPrefix(innermost(err), "tls: "):
		return NewFault(cluster.FailTLS, "TLS handshake failed", "").With(innermost(err))
	}
	return nil
}

// outOfDate tells of a certificate of the chain that is not valid now. The text is the
// same at each try: it names no age, and what it is about comes first, since it is cut
// in most places.
func outOfDate(c *x509.Certificate, now time.Time) *Fault {
	whose := "its certificate"
	if c.IsCA {
		whose = "its authority's certificate"
	}
	if now.Before(c.NotBefore) {
		return NewFault(cluster.FailTLS, whose+" is not yet valid: from "+c.NotBefore.UTC().Format(time.RFC3339)+" on",
			"correct the clock here or on who issued it, or wait")
	}
	return NewFault(cluster.FailTLS, whose+" expired at "+c.NotAfter.UTC().Format(time.RFC3339), "renew it on the node, or correct the clock here")
}

// orTLS adds to the hint about a connection that was reset before any answer what
// TLS may have to do with it: not every server says so before it hangs up, and
// what it says can be lost with the connection.
func (o *Options) orTLS() string {
	switch {
	case o.Target.URL.Scheme == "http":
		return "; if the port speaks TLS, write https:// in the URL"
	case o.TLS == nil || len(o.TLS.Certificates) == 0 && o.TLS.GetClientCertificate == nil:
		return "; if it wants a client certificate, set " + o.Words.Section + ".cert_file and " + o.Words.Section + ".key_file"
	}
	return ""
}

// speaksTLS is for a TLS port that was spoken to in plain HTTP.
func speaksTLS() *Fault {
	return NewFault(cluster.FailTLS, "plain HTTP on a TLS port", "write https:// in the URL")
}

func recordFault(r tls.RecordHeaderError) *Fault {
	if strings.HasPrefix(string(r.RecordHeader[:]), "HTTP/") {
		return NewFault(cluster.FailTLS, "it answers TLS with plain HTTP", "write http:// in the URL")
	}
	return NewFault(cluster.FailTLS, "it does not speak TLS", "check scheme and port of the URL")
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
