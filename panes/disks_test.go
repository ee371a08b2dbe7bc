package panes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// withoutTheWAL is a cluster in which the selected host has many devices, as they are
// ordered, none of them known to be the WAL's.
func withoutTheWAL() *Frame {
	f := critical()
	h := &f.Snap.Replica(f.Selected).Host
	h.Facts.WAL = cluster.WALDevice{Path: cluster.Clean("/var/lib/stemedb/wal"), Why: cluster.Clean("/var/lib/stemedb/wal does not exist")}
	busiest := h.Disks[0]
	busiest.Name, busiest.WAL = cluster.Clean("vda"), false
	h.Disks = []cluster.DiskUsage{busiest}
	for _, name := range []string{"loop0", "loop1", "loop10", "loop11", "loop12", "loop2", "loop3"} {
		h.Disks = append(h.Disks, cluster.DiskUsage{Name: cluster.Clean(name), Util: cluster.Known(0)})
	}
	for _, name := range []string{"dummy0", "ifb0", "ifb1", "lo"} {
		h.Nets = append(h.Nets, cluster.NetUsage{Name: cluster.Clean(name), RxBytesPerSecond: cluster.Known(0), TxBytesPerSecond: cluster.Known(0)})
	}
	return f
}

// A device that may be any other is not taken for the WAL's, and what has no line
// is counted.
func TestUnknownWALIsSaid(t *testing.T) {
	f := withoutTheWAL()
	for _, c := range []struct {
		draw Draw
		w, h int
		want []string
	}{
		{Host, 64, 21, []string{"vda", "wal's disk not known: /var/lib/stemedb/wal does not", "more", "eth0"}},
		{Host, 80, 14, []string{"vda", "wal's disk not known: /var/lib/stemedb/wal does not exist", "more", "eth0", "+3 more"}},
		{Host, 42, 11, []string{"vda", "wal's disk not known: /var", "+7 more", "eth0  +4"}},
		{Host, 40, 5, []string{"vda", "wal's disk not known: /var", "+7 more"}},
		{Host, 40, 4, []string{"vda", "disk wal=? +7"}},
		{Hosts, 80, 20, []string{"vda      ?", "? the busiest disk: the WAL's is not known (node2: /var/lib/stemedb/wal"}},
		{Hosts, 120, 17, []string{"vda      ?", "node2: /var/lib/stemedb/wal does not exist"}},
	} {
		out := ansi.Strip(c.draw(f, c.w, c.h))
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%dx%d lacks %q:\n%s", c.w, c.h, want, out)
			}
		}
		if strings.Contains(out, "*=wal") {
			t.Errorf("%dx%d has a mark of the WAL's disk:\n%s", c.w, c.h, out)
		}
	}
}

// Every device is either drawn or counted, whatever the room.
func TestDevicesAreDrawnOrCounted(t *testing.T) {
	for _, f := range []*Frame{withoutTheWAL(), critical()} {
		h := &f.Snap.Replica(f.Selected).Host
		for lines := 2; lines < 14; lines++ {
			p := f.page(60, lines)
			p.diskTable(h, lines)
			out := ansi.Strip(p.String())
			drawn := 0
			for i := range h.Disks {
				if strings.Contains("\n"+out, "\n"+h.Disks[i].Name.String()+" ") {
					drawn++
				}
			}
			if hidden := len(h.Disks) - drawn; hidden > 0 && !strings.Contains(out, " +"+string(rune('0'+hidden))) && !strings.Contains(out, more(hidden)) {
				t.Errorf("%d devices in %d lines:\n%s", len(h.Disks), lines, out)
			}
		}
	}
}
