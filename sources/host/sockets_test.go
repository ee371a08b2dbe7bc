package host

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

var texts = cmp.AllowUnexported(cluster.Text{})

// What versions of ss print of the same two connections.
func TestParseSS(t *testing.T) {
	clean := cluster.Clean
	full := cluster.Connection{
		State: clean("ESTAB"), Local: clean("10.0.0.1:40112"), Peer: clean("10.0.0.2:18182"), SendQueue: 2896,
		Told: true, RTT: 81240 * time.Microsecond, RTTVar: 40500 * time.Microsecond, MinRTT: 80 * time.Millisecond,
		LastSent: 12 * time.Millisecond, Cwnd: 13, Unacked: 2, NotSent: 1448, Counted: true,
		SentBytes: 100_000, ReceivedBytes: 5000, Segments: 73, Retransmissions: 12,
	}
	opening := cluster.Connection{State: clean("SYN-SENT"), Local: full.Local, Peer: clean("[fd00::3]:18182"), SendQueue: 1, Told: true, Cwnd: 1}
	old := full // Linux 3.10: no bytes, no least round trip
	old.Counted, old.SentBytes, old.ReceivedBytes, old.Segments, old.MinRTT, old.NotSent = false, 0, 0, 0, 0, 0
	acked := full // Linux 4.4: what was acknowledged, and all segments
	acked.SentBytes, acked.Segments, acked.NotSent = 97_104, 80, 0
	bare := cluster.Connection{State: full.State, Local: full.Local, Peer: full.Peer, SendQueue: 2896}
	mapped := bare
	mapped.Local = clean("10.0.0.1:18182")
	const info = "bbr wscale:10,10 rto:204 rtt:81.24/40.5 ato:40 mss:47616 rcvmss:536 advmss:65483 cwnd:13 bytes_sent:100000 bytes_retrans:17376 bytes_acked:97104 bytes_received:5000 segs_out:80 segs_in:9 data_segs_out:73 data_segs_in:4 bbr:(bw:36bps,mrtt:0.007,cwnd_gain:2.88) send 27bps lastsnd:12 lastrcv:20 lastack:16 pacing_rate 39bps delivery_rate 36bps delivered:4 app_limited busy:4ms unacked:2 retrans:1/12 lost:1 rcv_space:65495 notsent:1448 minrtt:80 snd_wnd:60416   \n"
	for name, tt := range map[string]struct {
		text string
		want []cluster.Connection
	}{
		"two lines": {
			"State Recv-Q Send-Q Local Address:Port Peer Address:Port Process \nESTAB 0      2896  10.0.0.1:40112    10.0.0.2:18182\n\t " + info +
				"SYN-SENT 0 1 10.0.0.1:40112 [fd00::3]:18182\n\t cubic rto:1000 mss:524 cwnd:1\n",
			[]cluster.Connection{full, opening},
		},
		"one line": {"ESTAB 0 2896 10.0.0.1%eth0:40112 10.0.0.2:18182 " + info, []cluster.Connection{full}},
		"mapped": {
			"ESTAB 0 2896 [::ffff:10.0.0.1]:40112 [::ffff:10.0.0.2]:18182\n\t " + info +
				"ESTAB 0 2896 ::ffff:10.0.0.1:18182 ::ffff:10.0.0.2:18182\n",
			[]cluster.Connection{full, {State: full.State, Local: mapped.Local, Peer: full.Peer, SendQueue: 2896}},
		},
		"Linux 3.10": {
			"ESTAB      0      2896    10.0.0.1:40112   10.0.0.2:18182  \n\t cubic wscale:7,7 rto:204 rtt:81.24/40.5 ato:40 mss:1448 cwnd:13 send 1.9Mbps lastsnd:12 unacked:2 retrans:1/12 rcv_space:29200\n",
			[]cluster.Connection{old},
		},
		"Linux 4.4": {
			"ESTAB 0 2896 10.0.0.1:40112 10.0.0.2:18182\n\t cubic rto:204 rtt:81.24/40.5 mss:1448 cwnd:13 bytes_acked:97104 bytes_received:5000 segs_out:80 segs_in:9 send 2Mbps lastsnd:12 unacked:2 retrans:1/12 minrtt:80\n",
			[]cluster.Connection{acked},
		},
		"without information": {"ESTAB 0 2896 10.0.0.1:40112 10.0.0.2:18182\n", []cluster.Connection{bare}},
		"link-local":          {"ESTAB 0 0 [fe80::1]%eth0:9 [fe80::2%eth0]:9\n", []cluster.Connection{{State: full.State, Local: clean("[fe80::1]:9"), Peer: clean("[fe80::2]:9")}}},
		"no connection":       {"State Recv-Q Send-Q Local Address:Port Peer Address:Port\n\t rtt:5/5 bytes_sent:9\n", nil},
		"garbage":             {"ESTAB x 0 1.2.3.4:1 1.2.3.4:2\nESTAB 0 0 *:1 1.2.3.4:2\nESTAB 0 0 1.2.3.4:1 1.2.3.4:99999\nESTAB\n\n", nil},
	} {
		if d := cmp.Diff(tt.want, parseSS([]byte(tt.text)), texts); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

// The kernel's own list has listening sockets and spent ones, which are left out.
func TestParseProcTCP(t *testing.T) {
	const text = ` 178: 0100000A:8B66 0200000A:4706 01 00000B50:0000C350 00:00000000 00000000     0        0 1531308 1 00000000983e52e1 20 0 0 13 -1
  13: 00000000:4706 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1531306 1 0000000007186a39 100 0 0 10 0
  14: 0100000A:4706 0200000A:9000 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000007186a39
   2: 0000000000000000FFFF00000100000A:4707 0000000000000000FFFF00000200000A:D1A8 08 00000000:00000000 00:00000000 00000000     0        0 1531311 1 0
   3: 000000FD000000000000000001000000:4707 000000FD000000000000000002000000:DCF8 02 00000001:00000000 00:00000000 00000000     0        0 1531313 1 0
   4: 0100000A 0200000A:4706 01 0:0
   5: 0100000A:4706 0200000A:9000 01 0
`
	clean := cluster.Clean
	want := []cluster.Connection{
		{State: clean("ESTAB"), Local: clean("10.0.0.1:35686"), Peer: clean("10.0.0.2:18182"), SendQueue: 2896, RecvQueue: 50000},
		{State: clean("CLOSE-WAIT"), Local: clean("10.0.0.1:18183"), Peer: clean("10.0.0.2:53672")},
		{State: clean("SYN-SENT"), Local: clean("[fd00::1]:18183"), Peer: clean("[fd00::2]:56568"), SendQueue: 1},
	}
	if d := cmp.Diff(want, parseProcTCP([]byte(text)), texts); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func FuzzParseSockets(f *testing.F) {
	f.Add([]byte("via ss\nESTAB 0 0 1.2.3.4:1 [::1]:2\n\t rtt:1/2 cwnd:10 retrans:0/1\n"))
	f.Add([]byte("via proc absent\n 1: 0100007F:4706 0100007F:4706 01 00000000:00000000 00:00000000\n"))
	f.Add([]byte("via none failed denied\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := parseSockets(in)
		if r.Via.IsZero() && (r.Why.IsZero() || r.Connections != nil) {
			t.Errorf("%+v", r)
		}
		for _, c := range r.Connections {
			for _, address := range []string{c.Local.String(), c.Peer.String()} {
				if _, err := netip.ParseAddrPort(address); err != nil {
					t.Error(err)
				}
			}
			if c.RTT < 0 || c.RTTVar < 0 || c.MinRTT < 0 || c.LastSent < 0 || c.State.IsZero() {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestAddresses(t *testing.T) {
	f := parseFacts([]byte("address 127.0.0.1\naddress 10.0.0.2\naddress 10.0.0.2\naddress 169.254.1.1\n" +
		"address fd000000000000000000000000000002\naddress fe8000000000000000fc00fffe000001\naddress 00000000000000000000000000000001\naddress x\naddress\n" +
		"resolved node2.example 10.0.0.2\nresolved node2.example 10.0.0.2\nresolved node2.example fe80::1%eth0\nresolved node3.example ::ffff:10.0.0.3\nresolved x y\n"))
	clean := cluster.Clean
	want := cluster.HostFacts{
		HZ: defaultHZ, Addresses: []cluster.Text{clean("10.0.0.2"), clean("fd00::2")},
		Resolved: []cluster.Resolved{
			{Name: clean("node2.example"), Addresses: []cluster.Text{clean("10.0.0.2"), clean("fe80::1")}},
			{Name: clean("node3.example"), Addresses: []cluster.Text{clean("10.0.0.3")}},
		},
	}
	if d := cmp.Diff(want, f.host, texts); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
