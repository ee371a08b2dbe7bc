package admintest

import (
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
)

func toAnother(t *testing.T, s *Server) (At, Peer) {
	other := Start(t, nil, Answer(200, JSON, Echo))
	s.Set(Answer(307, "", "", "Location: http://"+other.Addr()+"/v1/admin/rate-limit"))
	t.Cleanup(func() {
		if n := other.Counted(); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
	return At{URL: "http://" + s.Addr()}, Peer{}
}

// secure puts a TLS listener in front of s.
func secure(t *testing.T, s *Server, a *Authority, cert *x509.Certificate) At {
	front := Start(t, a.Config(cert), func(_ *Server, conn net.Conn, r *http.Request, body []byte) {
		s.mu.Lock()
		s.mutations++
		sc := s.script
		s.mu.Unlock()
		sc(s, conn, r, body)
	})
	return At{URL: "https://" + front.Addr(), CA: a.File}
}

func overTLS(cert *x509.Certificate) func(*testing.T, *Server) (At, Peer) {
	return func(t *testing.T, s *Server) (At, Peer) {
		return secure(t, s, NewAuthority(t), cert), Peer{}
	}
}

func untrusted(t *testing.T, s *Server) (At, Peer) {
	o := secure(t, s, NewAuthority(t), Loopback())
	o.CA = NewAuthority(t).File
	return o, Peer{}
}

func otherAddress(_ *testing.T, s *Server) (At, Peer) {
	return At{URL: "http://" + s.Addr()}, Peer{Address: "127.0.0.1:1"}
}

func otherCertificate(t *testing.T, s *Server) (At, Peer) {
	return secure(t, s, NewAuthority(t), Loopback()), Peer{Certificate: strings.Repeat("0", 64)}
}

func schemeOf(scheme string) func(*testing.T, *Server) (At, Peer) {
	return func(_ *testing.T, s *Server) (At, Peer) {
		return At{URL: scheme + "://" + s.Addr()}, Peer{}
	}
}

// silent accepts and says nothing.
func silent(t *testing.T, _ *Server) (At, Peer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return At{URL: "https://" + ln.Addr().String()}, Peer{}
}

func unknownName(*testing.T, *Server) (At, Peer) {
	return At{URL: "http://stemedb.invalid:1"}, Peer{}
}

func refused(t *testing.T, _ *Server) (At, Peer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	return At{URL: "http://" + ln.Addr().String()}, Peer{}
}
