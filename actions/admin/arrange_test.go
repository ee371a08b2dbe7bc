package admin

import (
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// warm sends a good request first, on a connection that the server keeps open.
func warm(t *testing.T, s *faultServer) (Options, Peer) {
	s.mu.Lock()
	fault := s.script
	s.mu.Unlock()
	s.set(answer(200, jsonType, echo))
	o := Options{URL: "http://" + s.addr()}
	if r := throttle(t, newClient(t, o), 500, Peer{}); r.Verdict != Accepted {
		t.Fatal(r.Summary())
	}
	s.set(fault)
	return o, Peer{}
}

func toAnother(t *testing.T, s *faultServer) (Options, Peer) {
	other := startFault(t, nil, answer(200, jsonType, echo))
	s.set(answer(307, "", "", "Location: http://"+other.addr()+"/v1/admin/rate-limit"))
	t.Cleanup(func() {
		if n := other.counted(); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
	return Options{URL: "http://" + s.addr()}, Peer{}
}

// secure puts a TLS listener in front of s.
func secure(t *testing.T, s *faultServer, a *authority, cert *x509.Certificate) Options {
	front := startFault(t, a.server(cert), func(_ *faultServer, conn net.Conn, r *http.Request, body []byte) {
		s.mu.Lock()
		s.mutations++
		sc := s.script
		s.mu.Unlock()
		sc(s, conn, r, body)
	})
	return Options{URL: "https://" + front.addr(), TLS: TLSFiles{CA: a.file}}
}

func overTLS(cert *x509.Certificate) func(*testing.T, *faultServer) (Options, Peer) {
	return func(t *testing.T, s *faultServer) (Options, Peer) {
		return secure(t, s, newAuthority(t), cert), Peer{}
	}
}

func untrusted(t *testing.T, s *faultServer) (Options, Peer) {
	o := secure(t, s, newAuthority(t), loopback())
	o.TLS.CA = newAuthority(t).file
	return o, Peer{}
}

func otherAddress(_ *testing.T, s *faultServer) (Options, Peer) {
	return Options{URL: "http://" + s.addr()}, Peer{Address: "127.0.0.1:1"}
}

func otherCertificate(t *testing.T, s *faultServer) (Options, Peer) {
	return secure(t, s, newAuthority(t), loopback()), Peer{Certificate: strings.Repeat("0", 64)}
}

func schemeOf(scheme string) func(*testing.T, *faultServer) (Options, Peer) {
	return func(_ *testing.T, s *faultServer) (Options, Peer) {
		return Options{URL: scheme + "://" + s.addr()}, Peer{}
	}
}

// silent accepts and says nothing.
func silent(t *testing.T, _ *faultServer) (Options, Peer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return Options{URL: "https://" + ln.Addr().String()}, Peer{}
}

func unknownName(*testing.T, *faultServer) (Options, Peer) {
	return Options{URL: "http://stemedb.invalid:1"}, Peer{}
}

func refused(t *testing.T, _ *faultServer) (Options, Peer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	return Options{URL: "http://" + ln.Addr().String()}, Peer{}
}

func wantChanged(t *testing.T, r Result) {
	if !r.Changed {
		t.Error("the change of state is not told")
	}
}

func wantElsewhere(want bool) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		if r.Elsewhere != want || want != strings.Contains(r.Failure.Hint.String(), "ANOTHER HOST") {
			t.Errorf("elsewhere %v: %q", r.Elsewhere, r.Failure.Hint)
		}
	}
}

func wantWait(d time.Duration, clamped bool) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		if a := r.Answer.RetryAfter; !a.Given || a.Wait != d || a.Clamped != clamped || a.Raw.IsZero() || !strings.Contains(r.Failure.Hint.String(), "peace") {
			t.Errorf("%+v", a)
		}
	}
}

func wantNoWait(t *testing.T, r Result) {
	if a := r.Answer.RetryAfter; a.Given || a.Wait != 0 || !strings.Contains(a.Raw.String(), `soon \u{202e}`) {
		t.Errorf("%+v", a)
	}
}
