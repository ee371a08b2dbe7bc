package ssh

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// listener accepts nothing; the system does, until the test ends.
func listener(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func knocker(t *testing.T, s *sshtest.Server) *Builtin {
	tr, err := New(options(s))
	opened(t, transport(tr), err)
	return tr
}

func TestKnock(t *testing.T) {
	open := listener(t)
	for _, c := range []struct {
		name, config, address string
		want                  Knocked
	}{
		{"open", "", open, Knocked{Open: true}},
		{"refused", "", "127.0.0.1:1", Knocked{Said: cluster.Clean("Connection refused")}},
		{"no such name", "", "no.such.host.invalid:1", Knocked{}},
		{"forwarding is off", "AllowTcpForwarding no", open, Knocked{Prohibited: true}},
		{"not this address", "PermitOpen 192.0.2.1:1", open, Knocked{Prohibited: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := knocker(t, sshtest.Start(t, sshtest.Options{Config: c.config}))
			k, f := tr.Knock(t.Context(), c.address, 5*time.Second)
			if f != nil {
				t.Fatal(f)
			}
			if k.Open != c.want.Open || k.Prohibited != c.want.Prohibited || (!c.want.Said.IsZero() && k.Said != c.want.Said) {
				t.Errorf("%+v", k)
			}
			if k.Took <= 0 || k.Trip <= 0 || k.Took > 5*time.Second {
				t.Errorf("took %v, trip %v", k.Took, k.Trip)
			}
			t.Logf("%q took %v, trip %v", k.Said, k.Took, k.Trip)
		})
	}
}

// A host that went silent does not hold a knock beyond its context, and one that
// is gone says so.
func TestKnockAtASilentHost(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	tr := knocker(t, s)
	if k, f := tr.Knock(t.Context(), listener(t), time.Second); f != nil || !k.Open {
		t.Fatalf("%+v %v", k, f)
	}
	s.StopSessions()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, f := tr.Knock(ctx, "127.0.0.1:1", time.Second)
	want(t, f, cluster.FailTimeout, "stopped")
	s.Kill()
	_, f = tr.Knock(t.Context(), "127.0.0.1:1", time.Second)
	if f == nil {
		t.Error("no failure, and no host")
	}
}
