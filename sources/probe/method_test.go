package probe

import (
	"math"
	"net"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	whyNotPermitted = "ICMP not permitted (ping_group_range)"
	whyBlocked      = "echo requests are blocked on this machine"
)

// Who may send echoes: root by a raw socket, others by an unprivileged one where
// the system lets their group.
func TestMethodByPermission(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.listen()
	const nobodyOf, all = "net.ipv4.ping_group_range=1 0", "net.ipv4.ping_group_range=0 2147483647"
	cases := []struct {
		name   string
		groups string
		nobody bool
		block  string
		want   cluster.ProbeMethod
		why    string
	}{
		{"root, raw", nobodyOf, false, "", cluster.ProbeICMP, ""},
		{"root, datagram", all, false, "", cluster.ProbeICMP, ""},
		{"nobody, datagram", all, true, "", cluster.ProbeICMP, ""},
		{"nobody, not permitted", nobodyOf, true, "", cluster.ProbeTCP, whyNotPermitted},
		{"raw, blocked on the way out", nobodyOf, false, "meta l4proto { icmp, icmpv6 } drop", cluster.ProbeTCP, whyBlocked},
		{"datagram, blocked on the way out", all, true, "icmp type echo-request drop\nicmpv6 type echo-request drop", cluster.ProbeTCP, whyBlocked},
	}
	for _, c := range cases {
		w.run("ip", "netns", "exec", w.monitor, "sysctl", "-qw", c.groups)
		// Neighbours are found before rules forbid that.
		w.probeOnce(job{Address: net.JoinHostPort(nodeV6, rpcPort), Nobody: true})
		w.firewall(w.monitor, "output", c.block)
		for _, node := range []string{nodeV4, nodeV6} {
			r := w.probeOnce(job{Address: net.JoinHostPort(node, rpcPort), Nobody: c.nobody})
			b := r.Body
			why := c.why
			if why == whyBlocked && c.nobody && node == nodeV6 {
				why = whySilent // the kernel tells no sender of a dropped ICMPv6 datagram
			}
			if b == nil || b.Method != c.want || b.Why.String() != why || len(b.RTTs) != 1 || b.Port != cluster.PortOpen || r.Err != nil {
				t.Errorf("%s, %s: %+v, %v", c.name, node, b, r.Err)
			}
		}
	}
}

// A refused connect is an answer of the node, with its round trip.
func TestRefusedConnectIsARoundTrip(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := w.probeOnce(job{Address: net.JoinHostPort(nodeV4, rpcPort), Nobody: true}).Body
	if b == nil || b.Method != cluster.ProbeTCP || b.Port != cluster.PortClosed || len(b.RTTs) != 1 || b.RTTs[0] > 100*time.Millisecond {
		t.Errorf("%+v", b)
	}
}

// A network that drops ICMP and nothing else loses no packets: it is measured by
// the port, and after three tries echoes are left alone.
func TestICMPAloneDropped(t *testing.T) {
	w := newWire(t)
	w.listen()
	w.firewall(w.node, "input", "meta l4proto icmp drop")
	for i, r := range w.probe(job{Address: net.JoinHostPort(nodeV4, rpcPort), Rounds: 6, Timeout: 300 * time.Millisecond}) {
		if b := r.Body; b == nil || b.Method != cluster.ProbeTCP || b.Why.String() != whySilent || len(b.RTTs) != 1 {
			t.Errorf("round %d: %+v", i, b)
		}
		if tried := r.Took >= 300*time.Millisecond; tried != (i < missesUnproven) {
			t.Errorf("round %d took %v", i, r.Took)
		}
	}
}

// What the firewall says it dropped is what we say was lost, by either method,
// and both are a fifth within four standard deviations.
func TestLossIsWhatWasDropped(t *testing.T) {
	for _, nobody := range []bool{false, true} {
		rule := "icmp type echo-request"
		if nobody {
			rule = "tcp dport " + rpcPort + " tcp flags syn / fin,syn,rst,ack"
		}
		w := newWire(t)
		w.listen()
		w.firewall(w.node, "input", rule+" numgen random mod 100 < 20 counter drop")
		const rounds = 250
		lost, byPort := 0, 0
		for _, r := range w.probe(job{Address: net.JoinHostPort(nodeV4, rpcPort), Rounds: rounds, Timeout: 60 * time.Millisecond, Speed: 100, Nobody: nobody}) {
			lost += r.Body.Sent - len(r.Body.RTTs)
			if r.Body.Why.String() == whySilent {
				byPort++ // the first ones, before an echo was answered
			}
		}
		dropped := w.counter()
		t.Logf("nobody %v: dropped %d, lost %d, replaced %d of %d", nobody, dropped, lost, byPort, rounds)
		if d := lost + byPort - dropped; d < 0 || d > rounds/50 { // a few more may be late on a busy machine
			t.Errorf("the firewall dropped %d, we say %d and %d", dropped, lost, byPort)
		}
		if bound := 4 * math.Sqrt(rounds*0.2*0.8); math.Abs(float64(lost+byPort)-rounds*0.2) > bound {
			t.Errorf("lost %d of %d at 20 %%, bounds ±%.0f", lost+byPort, rounds, bound)
		}
	}
}

// counter returns how many packets the node's firewall counted.
func (w *wire) counter() int {
	w.t.Helper()
	m := regexp.MustCompile(`packets (\d+)`).FindStringSubmatch(w.run("ip", "netns", "exec", w.node, "nft", "list", "ruleset"))
	if m == nil {
		w.t.Fatal("no counter in the ruleset")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
