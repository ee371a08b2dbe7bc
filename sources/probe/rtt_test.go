package probe

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Round trips are those that ping measures: near by within 0.3 ms, by TCP too, and
// 25 ms away within 2 ms (the far end is a timer of this test), by their medians.
func TestRoundTripsAreThoseOfPing(t *testing.T) {
	w := newWire(t)
	w.listen()
	w.tunnel(func(_ int, e icmp.Echo) []reply {
		return []reply{{from: farV4, echo: e, kind: ipv4.ICMPTypeEchoReply, after: 25 * time.Millisecond}}
	})
	cases := []struct {
		node   string
		nobody bool // by TCP
		within time.Duration
	}{
		{nodeV4, false, 300 * time.Microsecond},
		{nodeV6, false, 300 * time.Microsecond},
		{nodeV4, true, 300 * time.Microsecond},
		{farV4, false, 2 * time.Millisecond},
	}
	for _, c := range cases {
		want := w.ping(c.node)
		var got []time.Duration
		for _, r := range w.probe(job{Address: net.JoinHostPort(c.node, rpcPort), Rounds: 21, Timeout: 200 * time.Millisecond, Speed: 10, Nobody: c.nobody}) {
			if r.Body == nil || len(r.Body.RTTs) != 1 || (r.Body.Method == cluster.ProbeTCP) != c.nobody {
				t.Fatalf("%s: %+v, %v", c.node, r.Body, r.Err)
			}
			got = append(got, r.Body.RTTs[0])
		}
		t.Logf("%s: ping %v, probe %v (nobody: %v)", c.node, want, median(got), c.nobody)
		if d := (median(got) - want).Abs(); d > c.within {
			t.Errorf("%s: median %v, ping says %v", c.node, median(got), want)
		}
	}
}

// ping returns the median of what ping says.
func (w *wire) ping(node string) time.Duration {
	w.t.Helper()
	w.run("ip", "netns", "exec", w.monitor, "ping", "-n", "-c", "1", "-w", "10", node) // finds the neighbour first
	out := w.run("ip", "netns", "exec", w.monitor, "ping", "-n", "-c", "21", "-i", "0.02", node)
	var all []time.Duration
	for _, m := range regexp.MustCompile(`time=([\d.]+) ms`).FindAllStringSubmatch(out, -1) {
		ms, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, time.Duration(ms*float64(time.Millisecond)))
	}
	if len(all) < 20 {
		w.t.Fatalf("ping: %s", out)
	}
	return median(all)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
