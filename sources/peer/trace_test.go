package peer

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestReadPath(t *testing.T) {
	for name, c := range map[string]struct {
		read func(*path, string)
		said string
		end  string
		want []cluster.Hop
	}{
		"mtr": {(*path).mtr, `x 0 1
h 0 10.0.0.254
p 0 500 1
x 1 2
x 2 3
h 2 10.0.9.2
p 2 900 3
x 0 4
p 0 700 4
x 1 5
x 2 6`, "10.0.9.2", []cluster.Hop{
			{TTL: 1, Address: cluster.Clean("10.0.0.254"), Sent: 2, Back: 2, Last: 700 * time.Microsecond, Best: 500 * time.Microsecond, Mean: 600 * time.Microsecond, Worst: 700 * time.Microsecond},
			{TTL: 2, Sent: 1},
			{TTL: 3, Address: cluster.Clean("10.0.9.2"), Sent: 1, Back: 1, Last: 900 * time.Microsecond, Best: 900 * time.Microsecond, Mean: 900 * time.Microsecond, Worst: 900 * time.Microsecond},
		}},
		"mtr beyond the end": {(*path).mtr, "x 0 1\nh 0 10.0.9.2\np 0 500 1\nx 1 2\nh 1 10.0.9.2\np 1 600 2\nx 2 3\nx 2 4", "10.0.9.2", []cluster.Hop{
			{TTL: 1, Address: cluster.Clean("10.0.9.2"), Sent: 1, Back: 1, Last: 500 * time.Microsecond, Best: 500 * time.Microsecond, Mean: 500 * time.Microsecond, Worst: 500 * time.Microsecond},
		}},
		"traceroute": {(*path).traceroute, `traceroute to 10.0.9.2 (10.0.9.2), 30 hops max, 60 byte packets
 1  10.0.0.254  0.5 ms
 2  *
 3  10.0.9.9  2 ms !X`, "10.0.9.2", []cluster.Hop{
			{TTL: 1, Address: cluster.Clean("10.0.0.254"), Sent: 1, Back: 1, Last: 500 * time.Microsecond, Best: 500 * time.Microsecond, Mean: 500 * time.Microsecond, Worst: 500 * time.Microsecond},
			{TTL: 2, Sent: 1},
			{TTL: 3, Address: cluster.Clean("10.0.9.9"), Note: cluster.Clean("!X"), Sent: 1, Back: 1, Last: 2 * time.Millisecond, Best: 2 * time.Millisecond, Mean: 2 * time.Millisecond, Worst: 2 * time.Millisecond},
		}},
		"tracepath": {(*path).tracepath, ` 1?: [LOCALHOST]                      pmtu 1500
 1:  10.0.0.254                                           0.500ms
 2:  no reply
     Resume: pmtu 1500`, "10.0.9.2", []cluster.Hop{
			{TTL: 1, Address: cluster.Clean("10.0.0.254"), Sent: 1, Back: 1, Last: 500 * time.Microsecond, Best: 500 * time.Microsecond, Mean: 500 * time.Microsecond, Worst: 500 * time.Microsecond},
			{TTL: 2, Sent: 1},
		}},
		"trouble": {(*path).mtr, "mtr-packet: Failure to open IPv4 sockets: Permission denied", "", nil},
	} {
		p := path{}
		if c.end != "" {
			p.end = netip.MustParseAddr(c.end)
		}
		for line := range strings.Lines(c.said) {
			c.read(&p, strings.TrimRight(line, "\n"))
		}
		got := p.list()
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %+v, want %+v", name, got[i], c.want[i])
			}
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("x 0 1\nh 0 ::1\np 0 999999999999 1\np 0 1\nx 29 2\nx 30 2\nx -1 2")
	f.Add(" 1  * 10.0.0.1 1 ms 2 ms\n 31 * \n 2: 1 ms !\x1b[2J")
	f.Fuzz(func(t *testing.T, said string) {
		for _, tool := range tools {
			var p path
			for line := range strings.Lines(said) {
				tool.read(&p, line)
			}
			p.settle()
			list := p.list()
			if len(list) > maxHops {
				t.Fatalf("%d hops", len(list))
			}
			for _, h := range list {
				if h.Back > h.Sent || h.Best > h.Worst || h.Mean > h.Worst || h.Last < 0 || strings.ContainsAny(h.Note.String(), "\x1b\n") {
					t.Fatalf("%s: %+v", tool.name, h)
				}
			}
		}
	})
}

// tracing is a measurement under way over real SSH.
type tracing struct {
	cancel context.CancelFunc
	said   chan *cluster.TraceReading
	done   chan struct{}
}

func startTrace(t *testing.T, tr remote.Transport, list []tool, address string) *tracing {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	x := &tracing{cancel, make(chan *cluster.TraceReading, 100), make(chan struct{})}
	m := &tracer{
		TraceOptions: TraceOptions{Transport: tr, Clock: sources.NewClock(1), Target: Target{Node: "node2", Address: address}},
		tools:        list,
		say: func(r sources.Reading) {
			if b, ok := r.Body.(*cluster.TraceReading); ok {
				x.said <- b
			}
		},
	}
	go func() {
		defer close(x.done)
		defer close(x.said)
		m.measure(ctx)
	}()
	t.Cleanup(func() { cancel(); <-x.done })
	return x
}

// until returns the first reading that is as wanted.
func (x *tracing) until(t *testing.T, ok func(*cluster.TraceReading) bool) *cluster.TraceReading {
	t.Helper()
	var last *cluster.TraceReading
	for b := range x.said {
		if last = b; ok(b) {
			return b
		}
	}
	t.Fatalf("it ended with %+v", last)
	return nil
}

// end stops it, and returns what runs in the primary's namespace some moments later
// than what must not.
func (x *tracing) end(t *testing.T, w *sshtest.Network) {
	t.Helper()
	x.cancel()
	<-x.done
	var last *cluster.TraceReading
	for b := range x.said {
		last = b
	}
	if last == nil || !last.Ended {
		t.Errorf("the last reading is %+v", last)
	}
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left := running(w, w.Primary)
		if left == "" {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("left on the host: %s", left)
		}
	}
}

// running lists the tools that run in a namespace.
func running(w *sshtest.Network, ns string) string {
	var found []string
	for _, pid := range strings.Fields(w.Run("ip", "netns", "pids", ns)) {
		comm, _ := os.ReadFile("/proc/" + pid + "/comm") // of a process that may have gone
		switch name := strings.TrimSpace(string(comm)); name {
		case "mtr", "mtr-packet", "traceroute", "tracepath", "sh", "dash":
			found = append(found, name)
		}
	}
	return strings.Join(found, " ")
}

// Each tool measures the path through a router, and nothing of it is left.
func TestTraceByEachTool(t *testing.T) {
	for _, c := range tools {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := sshtest.NewNetwork(t)
			s := sshtest.Start(t, sshtest.Options{Network: w.Primary})
			x := startTrace(t, builtin(t, s), []tool{c}, net.JoinHostPort(sshtest.ReplicaV4, rpcPort))
			b := x.until(t, func(b *cluster.TraceReading) bool {
				return b.Ended || len(b.Hops) == 2 && b.Hops[1].Back > 1
			})
			if b.By.String() != c.name || len(b.Hops) != 2 || b.Hops[0].Address.String() != sshtest.RouterV4 || b.Hops[1].Address.String() != sshtest.ReplicaV4 {
				t.Fatalf("%+v", b)
			}
			for _, h := range b.Hops {
				if h.Back != h.Sent || h.Best <= 0 || h.Worst < h.Best {
					t.Errorf("%+v", h)
				}
			}
			x.end(t, w)
		})
	}
}

// Packets that are lost behind the router show at the hop that they are lost on.
func TestTraceTellsWhereItLoses(t *testing.T) {
	w := sshtest.NewNetwork(t)
	w.Firewall(w.Router, "forward", "icmp type echo-request numgen inc mod 2 < 1 drop")
	s := sshtest.Start(t, sshtest.Options{Network: w.Primary})
	x := startTrace(t, openssh(t, s), tools, net.JoinHostPort(sshtest.ReplicaV4, rpcPort))
	b := x.until(t, func(b *cluster.TraceReading) bool {
		return len(b.Hops) == 2 && b.Hops[1].Sent > 5 && b.Hops[1].Back > 0
	})
	if b.Hops[0].Back != b.Hops[0].Sent {
		t.Errorf("the router: %+v", b.Hops[0])
	}
	if lost := b.Hops[1].Sent - b.Hops[1].Back; lost*4 < b.Hops[1].Sent {
		t.Errorf("the replica: %+v", b.Hops[1])
	}
	x.end(t, w)
}

// Where there is no tool, or no way, it says so and what to do.
func TestTraceWithoutATool(t *testing.T) {
	w := sshtest.NewNetwork(t)
	s := sshtest.Start(t, sshtest.Options{Network: w.Primary})
	x := startTrace(t, builtin(t, s), []tool{{"stemetop-none", (*path).mtr}}, net.JoinHostPort(sshtest.ReplicaV4, rpcPort))
	b := x.until(t, func(b *cluster.TraceReading) bool { return b.Ended })
	if !strings.Contains(b.Why.String(), "neither mtr nor traceroute") || !strings.Contains(b.Hint.String(), "install mtr-tiny") {
		t.Errorf("%+v", b)
	}
}
