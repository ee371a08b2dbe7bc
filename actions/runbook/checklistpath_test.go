package runbook

import (
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What is not known yet is not fine: connections that were listed once have no rate.
func TestBandwidthOfOneListIsNotKnown(t *testing.T) {
	r := &cluster.Replica{}
	k := &r.Network.Kernel.Primary
	k.Known, k.Connections, k.Why = true, 1, cluster.Clean("the first reading")
	if evidence, finding, known := lookAtBandwidth(&cluster.Snapshot{}, r); known || finding || evidence != "no rates of RPC connections or interfaces: the first reading" {
		t.Errorf("%q, %v, %v", evidence, finding, known)
	}
	k.SentBytesPerSecond = cluster.Known(2e6)
	if evidence, finding, known := lookAtBandwidth(&cluster.Snapshot{}, r); !known || finding || evidence != " sends 2 MB/s, gets ?" {
		t.Errorf("%q, %v, %v", evidence, finding, known)
	}
}

// A loss that is over is told, and is no finding of now.
func TestPingLossThatIsOver(t *testing.T) {
	r := &cluster.Replica{}
	n := &r.Network
	n.Reachable, n.Method = true, cluster.ProbeICMP
	n.Median, n.Loss, n.Probes = cluster.Known(0.3), cluster.Known(20), 60
	for ceased, want := range map[bool]string{
		false: "rtt 0.3 ms, loss 20 % by icmp from the monitor",
		true:  "rtt 0.3 ms, loss 20 % and over by icmp from the monitor",
	} {
		n.Ceased = ceased
		if evidence, finding, known := lookAtPing(&cluster.Snapshot{}, r); evidence != want || finding == ceased || !known {
			t.Errorf("over %v: %q, %v, %v", ceased, evidence, finding, known)
		}
	}
}
