package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// machine is a host of so many cores, GiB of memory, link in Mbit/s and kernel.
func machine(cores int, gib uint64, mbit int, kernel, model string, rotational bool) cluster.Host {
	wal := cluster.Clean("nvme0n1")
	return cluster.Host{
		Access: access(time.Second), Memory: cluster.MemoryInfo{Has: true, Total: gib << 20},
		Facts: &cluster.HostFacts{
			Cores: cores, Kernel: cluster.Clean(kernel), WAL: cluster.WALDevice{Device: wal},
			Devices: []cluster.DeviceFacts{{Name: wal, Model: cluster.Clean(model), SizeBytes: 960e9, Rotational: rotational}},
			Links:   []cluster.LinkFacts{{Name: cluster.Clean("eth0"), Mbit: mbit, Duplex: cluster.Clean("full")}, {Name: cluster.Clean("eth1"), Mbit: 40000, Down: true}},
		},
	}
}

// TestMachinesMarkWhatDiffers: only what differs from the primary's bears a mark,
// and less than the primary's another than merely other.
func TestMachinesMarkWhatDiffers(t *testing.T) {
	f := critical()
	f.Snap.Primary.Host = machine(8, 64, 10000, "6.12.41", "SAMSUNG MZQL2960", false)
	rs := f.Snap.Replicas
	rs[0].Host = machine(8, 63, 10000, "6.12.41", "SAMSUNG MZQL2960", false) // firmware keeps a little
	rs[1].Host = machine(4, 32, 1000, "6.12.38", "INTEL SSDPE2KX", false)
	rs[2].Host = machine(16, 64, 10000, "6.12.41", "ST1000NX0423", true)
	rs[3].Host = cluster.Host{Access: failed(cluster.Fail(cluster.FailRefused, "ssh: connection refused", ""), 0)}
	f.Rows = []cluster.NodeID{"node2", "node3", "node4", "node5"}
	lines := strings.Split(ansi.Strip(Machines(f, 120, 9)), "\n")
	for i, want := range []string{
		1: "node1     8       64.0 GiB   960 GB SAMSUNG MZQL2960",
		2: "node2     8       63.0 GiB   960 GB SAMSUNG MZQL2960",
		3: "node3   < 4     < 32.0 GiB ≠ 960 GB INTEL SSDPE2KX",
		4: "node4   ≠ 16      64.0 GiB < 960 GB ST1000NX0423 rotating",
		5: "node5     UNKNOWN ?  no reading yet: ssh: connection refused",
		7: "< less than the primary has",
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], want)
		}
	}
	for i, want := range map[int]string{2: "  10 Gbit/s          6.12.41", 3: "< 1 Gbit/s         ≠ 6.12.38"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], want)
		}
	}
	if title := Title(f, PaneMachines); title != "machines (2 of 3 differ from the primary's)" {
		t.Errorf("title %q", title)
	}
	narrow := strings.Split(ansi.Strip(Machines(f, 80, 9)), "\n")[3] // all parts are there, cut at their ends
	for _, want := range []string{"< 4", "< 32.0 GiB", "≠ 960 GB", "< 1 Gbit/s", "≠ 6.12.38"} {
		if !strings.Contains(narrow, want) {
			t.Errorf("no %q in %q", want, narrow)
		}
	}
}
