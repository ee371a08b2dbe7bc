package host_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

// pair is a connection to a listener on the RPC port, and both of its ends.
type pair struct {
	port           uint16
	client, server net.Conn
}

func connect(t *testing.T, network, address string) *pair {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	client, err := (&net.Dialer{}).DialContext(t.Context(), network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	addr, _ := l.Addr().(*net.TCPAddr)
	return &pair{addr.AddrPort().Port(), client, server}
}

// sockets collects until the connections are listed.
func sockets(t *testing.T, c *host.Collector) *cluster.SocketReading {
	t.Helper()
	for _, r := range c.Collect(t.Context()) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if s, ok := r.Body.(*cluster.SocketReading); ok {
			return s
		}
	}
	t.Fatal("no connections were asked for")
	return nil
}

// The real ss, and the kernel's own list where ss fails, tell of real connections in
// every dialect: of both ends, of both families, and of no other port.
func TestRealConnections(t *testing.T) {
	needDialects(t)
	tool(t, "ss", "iproute2")
	four, six := connect(t, "tcp4", "127.0.0.1:0"), connect(t, "tcp6", "[::1]:0")
	connect(t, "tcp4", "127.0.0.1:0") // of another port
	if _, err := four.client.Write(make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	failing := t.TempDir()
	write(t, filepath.Join(failing, "ss"), "#!/bin/sh\nexit 1\n")
	if err := os.Chmod(filepath.Join(failing, "ss"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, via := range []struct{ name, path, why string }{
		{"ss", "", ""},
		{"proc", failing, "ss fails on this host: no bytes, round trips or retransmissions are known"},
	} {
		t.Setenv("STEMETOP_PATH", via.path)
		for _, dialect := range dialects {
			c := collector(t, host.Options{Transport: &local{}, Dialect: dialect, Ports: []uint16{four.port, six.port}})
			r := sockets(t, c)
			if r.Via.String() != via.name || r.Why.String() != via.why || len(r.Connections) != 4 || r.Uptime == 0 || r.Cut {
				t.Fatalf("%s, %s: %+v", via.name, dialect, r)
			}
			for _, p := range []*pair{four, six} {
				for _, end := range []net.Conn{p.client, p.server} {
					c := find(r, end.LocalAddr(), end.RemoteAddr())
					if c == nil || c.State.String() != cluster.Established {
						t.Fatalf("%s, %s: %v is not in %+v", via.name, dialect, end, r)
					}
					if via.name == "ss" && (!c.Told || !c.Counted || c.RTT <= 0 || c.RTT > time.Second || c.Cwnd == 0) {
						t.Errorf("%s: %+v", dialect, c)
					}
				}
			}
			sent, got := find(r, four.client.LocalAddr(), four.client.RemoteAddr()), find(r, four.server.LocalAddr(), four.server.RemoteAddr())
			if got.RecvQueue != 5000 || via.name == "ss" && (sent.SentBytes != 5000 || got.ReceivedBytes != 5000 || sent.Segments == 0) {
				t.Errorf("%s, %s: %+v %+v", via.name, dialect, sent, got)
			}
		}
	}
}

func find(r *cluster.SocketReading, from, to net.Addr) *cluster.Connection {
	for i := range r.Connections {
		if c := &r.Connections[i]; c.Local.String() == from.String() && c.Peer.String() == to.String() {
			return c
		}
	}
	return nil
}

// Connections are listed at their own rate, and only where there is a port.
func TestSocketsAtTheirOwnRate(t *testing.T) {
	c := collector(t, host.Options{Transport: &local{}, Ports: []uint16{1}, SocketsEvery: time.Hour})
	if r := sockets(t, c); len(r.Connections) != 0 || r.Via.IsZero() {
		t.Fatalf("%+v", r)
	}
	none := collector(t, host.Options{Transport: &local{}})
	for range 3 {
		for _, r := range append(c.Collect(t.Context()), none.Collect(t.Context())...) {
			if s, ok := r.Body.(*cluster.SocketReading); ok {
				t.Fatalf("%+v", s)
			}
		}
	}
}

// The host itself resolves the names of nodes, and names that are none are not sent.
func TestNamesAreResolvedOnTheHost(t *testing.T) {
	for _, dialect := range dialects {
		c := collector(t, host.Options{Transport: &local{}, Dialect: dialect, Names: []string{"localhost", "$(id)", "no such", "-x", "nowhere.invalid"}})
		facts, _ := collect(t, c)
		if len(facts.Resolved) != 1 || facts.Resolved[0].Name.String() != "localhost" || len(facts.Resolved[0].Addresses) == 0 {
			t.Errorf("%s: %+v", dialect, facts.Resolved)
		}
	}
}
