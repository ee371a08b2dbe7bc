package probe

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stemedb/stemetop/sources/cluster"
)

const dropPort = "tcp dport " + rpcPort + " drop"

// portCase is one way for a port to answer. Each is told apart within 2.5 s.
type portCase struct {
	name   string
	rules  []string // of the node's input
	listen bool
	route  string // of the monitor, in place of the one it has; "none" for none
	want   cluster.PortState
	why    string
	lost   bool // the echo too
}

var portCases = []portCase{
	{name: "open", listen: true, want: cluster.PortOpen},
	{name: "closed", want: cluster.PortClosed, why: "refused"},
	{name: "rejected with a reset", rules: []string{"tcp dport " + rpcPort + " reject with tcp reset"}, want: cluster.PortClosed, why: "a firewall rejects"},
	{name: "dropped", listen: true, rules: []string{dropPort}, want: cluster.PortFiltered, why: "no answer within 1.9s"},
	{name: "prohibited", listen: true, rules: []string{"tcp dport " + rpcPort + " reject with icmpx type admin-prohibited"}, want: cluster.PortUnreachable, why: "firewall"},
	{name: "a router without a way", listen: true, rules: []string{"tcp dport " + rpcPort + " reject with icmpx type no-route"}, want: cluster.PortUnreachable, why: "says a router"},
	{name: "a router that misses the host", listen: true, rules: []string{"tcp dport " + rpcPort + " reject with icmpx type host-unreachable"}, want: cluster.PortUnreachable, why: "host unreachable"},
	{name: "no route", listen: true, route: "none", want: cluster.PortNoRoute, why: "no route", lost: true},
	{name: "unreachable by route", listen: true, route: "unreachable", want: cluster.PortNoRoute, why: "route says unreachable", lost: true},
	{name: "blackhole by route", listen: true, route: "blackhole", want: cluster.PortNoRoute, why: "route drops it", lost: true},
	{name: "prohibited by route", listen: true, route: "prohibit", want: cluster.PortNoRoute, why: "route prohibits it", lost: true},
}

func TestPortStates(t *testing.T) {
	for _, c := range portCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			w.firewall(w.node, "input", c.rules...)
			if c.listen {
				w.listen()
			}
			for _, node := range []string{nodeV4, nodeV6} {
				c.set(w, node)
				c.check(t, node, w.probeOnce(job{Address: net.JoinHostPort(node, rpcPort)}))
			}
		})
	}
}

func (c *portCase) set(w *wire, node string) {
	family, length := "-4", "/32"
	if strings.Contains(node, ":") {
		family, length = "-6", "/128"
	}
	switch c.route {
	case "":
	case "none":
		w.run("ip", "-n", w.monitor, family, "route", "flush", "dev", "eth0")
	default:
		w.run("ip", "-n", w.monitor, family, "route", "add", c.route, node+length)
	}
}

func (c *portCase) check(t *testing.T, node string, r round) {
	t.Helper()
	if r.Body == nil {
		t.Fatalf("%s: nothing learned: %v", node, r.Err)
	}
	if r.Body.Port != c.want || !strings.Contains(r.Body.PortWhy.String(), c.why) {
		t.Errorf("%s: %v (%v), want %v (%s)", node, r.Body.Port, r.Body.PortWhy, c.want, c.why)
	}
	if lost := r.Body.Sent - len(r.Body.RTTs); lost > 0 != c.lost {
		t.Errorf("%s: %d probes lost by %v (%v)", node, lost, r.Body.Method, r.Body.Why)
	}
	if noRoute := c.want == cluster.PortNoRoute; noRoute != (r.Err != nil) {
		t.Errorf("%s: failure %v", node, r.Err)
	} else if noRoute && r.Err.Kind != cluster.FailUnreachable {
		t.Errorf("%s: failure of kind %v", node, r.Err.Kind)
	}
	if r.Took > 2500*time.Millisecond {
		t.Errorf("%s: took %v", node, r.Took)
	}
}

// A process that accepts nothing any more fills its backlog: then its host stays
// silent, and only the echo tells that it is there.
func TestFullBacklogIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.in(w.node, func() error { return listenNoMore(t) })
	r := w.probe(job{Address: net.JoinHostPort(nodeV4, rpcPort), Rounds: 3})
	if first := r[0].Body; first == nil || first.Port != cluster.PortOpen {
		t.Errorf("the first connect: %+v", first)
	}
	if last := r[2].Body; last == nil || last.Port != cluster.PortFiltered || len(last.RTTs) != 1 || last.Method != cluster.ProbeICMP {
		t.Errorf("with a full backlog: %+v", last)
	}
}

// listenNoMore opens the RPC port with the shortest backlog and accepts nothing.
func listenNoMore(t *testing.T) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 18182}); err != nil {
		return err
	}
	return unix.Listen(fd, 0)
}

// A SYN that is sent again after a second and then answered is no round trip of
// a second: the first packet was lost.
func TestSecondSYNIsALoss(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.listen()
	w.firewall(w.node, "input", "tcp dport "+rpcPort+" tcp flags syn / fin,syn,rst,ack numgen inc mod 2 == 0 drop")
	r := w.probeOnce(job{Address: net.JoinHostPort(nodeV4, rpcPort), Nobody: true})
	if b := r.Body; b == nil || b.Method != cluster.ProbeTCP || b.Port != cluster.PortOpen || b.Sent != 1 || len(b.RTTs) != 0 {
		t.Errorf("%+v", b)
	}
	if r.Took < synRetry {
		t.Errorf("took %v: the first SYN was not dropped", r.Took)
	}
}
