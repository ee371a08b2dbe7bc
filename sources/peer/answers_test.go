package peer

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestReadPing(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name, said string
		code       int
		sent       int
		rtts       []time.Duration
		why, hint  string
	}{
		{name: "iputils", sent: 3, rtts: []time.Duration{10 * ms, 13500 * time.Microsecond}, said: `PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=10.0 ms
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=13.5 ms
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=14.5 ms (DUP!)
--- 10.0.0.2 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33% packet loss, time 405ms`},
		{name: "busybox", sent: 1, rtts: []time.Duration{31 * time.Microsecond}, said: `64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.031 ms
1 packets transmitted, 1 packets received, 0% packet loss`},
		{name: "unreachable", sent: 3, code: 1, why: "Destination Host Unreachable (10.0.0.1)", said: `From 10.0.0.1 icmp_seq=1 Destination Host Unreachable
3 packets transmitted, 0 received, +1 errors, 100% packet loss, time 405ms`},
		{name: "no route", code: 2, why: "connect: Network is unreachable", said: "ping: connect: Network is unreachable"},
		{name: "forbidden", code: 2, why: "not permitted", hint: "setcap", said: "ping: socktype: SOCK_RAW\nping: socket: Operation not permitted"},
		{name: "no name", code: 2, why: "does not know the name", hint: "rpc:", said: "ping: db2: Name or service not known"},
		{name: "none", code: 127, why: "there is no ping", hint: "iputils-ping"},
		{name: "hangs", code: 124, why: "did not end"},
		{name: "nothing", code: 0, why: "sent nothing"},
	} {
		b := readPing(strings.Split(c.said, "\n"), c.code)
		if b.Sent != c.sent || len(b.RTTs) != len(c.rtts) || !strings.Contains(b.Why.String(), c.why) || !strings.Contains(b.Hint.String(), c.hint) {
			t.Errorf("%s: %+v", c.name, b)
			continue
		}
		for i := range c.rtts {
			if b.RTTs[i] != c.rtts[i] {
				t.Errorf("%s: %v", c.name, b.RTTs)
			}
		}
		if lost := b.Sent > len(b.RTTs) || b.Sent == 0; !lost && !b.Why.IsZero() {
			t.Errorf("%s: all came back, and %q", c.name, b.Why)
		}
	}
}

// The words of each tool for each answer of a port.
func TestReadConnect(t *testing.T) {
	for _, c := range []struct {
		said string
		code int
		want cluster.PortState
		by   string
	}{
		{"by bash", 0, cluster.PortOpen, "bash"},
		{"by bash", 124, cluster.PortFiltered, "bash"},
		{"by bash\nbash: connect: Connection refused\nbash: line 1: /dev/tcp/10.0.0.2/1: Connection refused", 1, cluster.PortClosed, "bash"},
		{"by bash\nbash: connect: No route to host\n", 1, cluster.PortUnreachable, "bash"},
		{"by bash\nbash: connect: Network is unreachable\nno route of its own", 1, cluster.PortNoRoute, "bash"},
		{"by bash\nbash: connect: Permission denied\nno route of its own", 1, cluster.PortNoRoute, "bash"},
		{"by bash\nbash: db2: Name or service not known\nno route of its own", 1, cluster.PortUnknown, "bash"},
		{"by bash\nbash: /dev/tcp/10.0.0.2/1: No such file or directory", 1, cluster.PortUnknown, "bash"},
		{"by nc\nConnection to 10.0.0.2 1 port [tcp/*] succeeded!", 0, cluster.PortOpen, "nc"},
		{"by nc\nnc: connect to 10.0.0.2 port 1 (tcp) failed: Connection refused", 1, cluster.PortClosed, "nc"},
		{"by nc\nnc: connect to 10.0.0.2 port 1 (tcp) timed out: Operation now in progress", 1, cluster.PortFiltered, "nc"},
		{"by nc\n(UNKNOWN) [10.0.0.2] 1 (?) : Connection refused", 1, cluster.PortClosed, "nc"},
		{"by nc\nNcat: Connection timed out.", 1, cluster.PortFiltered, "nc"},
		{"by nc\nNcat: No route to host.", 1, cluster.PortUnreachable, "nc"},
		{"", 127, cluster.PortUnknown, ""},
		// What can't be run has tried nothing, whatever is said of it.
		{"by bash\ntimeout: failed to run command 'bash': Permission denied\nno route of its own", 126, cluster.PortUnknown, ""},
		{"by bash\nbash: error while loading shared libraries: libtinfo.so.6: cannot open shared object file: No such file or directory", 127, cluster.PortUnknown, ""},
		{"by bash\ntimeout: fork system call failed: Resource temporarily unavailable", 125, cluster.PortUnknown, ""},
		{"by nc\nsh: 1: nc: Permission denied", 126, cluster.PortUnknown, ""},
	} {
		b := &cluster.PeerPort{}
		readConnect(b, strings.Split(c.said, "\n"), c.code)
		if b.Port != c.want || b.By.String() != c.by || b.Why.IsZero() != (c.want == cluster.PortOpen) {
			t.Errorf("%q: %v by %q: %q", c.said, b.Port, b.By, b.Why)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add("64 bytes from x: time=1 ms\n3 packets transmitted", 0)
	f.Add("by bash\nbash: connect: \x1b[31mrefused\u202e", 1)
	f.Add("64 bytes from x: time<1 ms\ntime=1e300 ms\n-5 packets transmitted", 2)
	f.Fuzz(func(t *testing.T, said string, code int) {
		lines := strings.Split(said, "\n")
		b, p := readPing(lines, code), &cluster.PeerPort{}
		readConnect(p, lines, code)
		readRoute(p, lines)
		if b.Sent < len(b.RTTs) || b.Sent > 1000+maxLines {
			t.Errorf("%d sent, %d back", b.Sent, len(b.RTTs))
		}
		for _, rtt := range b.RTTs {
			if rtt < 0 || rtt > maxRTT {
				t.Errorf("took %v", rtt)
			}
		}
		for _, text := range []string{b.Why.String(), b.Hint.String(), p.Why.String(), p.By.String()} {
			for _, r := range text {
				if !unicode.IsPrint(r) {
					t.Errorf("%q", text)
				}
			}
		}
	})
}
