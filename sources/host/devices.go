package host

import (
	"bytes"
	"strconv"

	"github.com/stemedb/stemetop/sources/cluster"
)

// parseDisks reads /proc/diskstats (Documentation/admin-guide/iostats.rst):
// 14 words a line before Linux 4.18, 18 with discards, 20 with flushes (5.5);
// later ones are ignored. The 7 words of a partition before 2.6.25 are skipped,
// as is a line that is no line of counters.
func parseDisks(text []byte) []cluster.DiskCounters {
	var disks []cluster.DiskCounters
	var buf [24][]byte
	for line := range bytes.Lines(text) {
		if d, ok := parseDisk(words(line, buf[:0])); ok {
			disks = append(disks, d)
		}
	}
	return disks
}

func parseDisk(w [][]byte) (cluster.DiskCounters, bool) {
	if len(w) < 14 {
		return cluster.DiskCounters{}, false
	}
	major, err1 := strconv.ParseUint(string(w[0]), 10, 32)
	minor, err2 := strconv.ParseUint(string(w[1]), 10, 32)
	if err1 != nil || err2 != nil {
		return cluster.DiskCounters{}, false
	}
	d := cluster.DiskCounters{
		Major: uint32(major), Minor: uint32(minor), Name: cluster.Clean(string(w[2])),
		Fields: fieldsOf(len(w) - 3),
	}
	return d, diskFields(&d, w[3:3+d.Fields])
}

// fieldsOf rounds down to what a kernel gives: discard and flush come whole.
func fieldsOf(n int) int {
	switch {
	case n >= 17:
		return 17
	case n >= 15:
		return 15
	default:
		return 11
	}
}

func diskFields(d *cluster.DiskCounters, w [][]byte) bool {
	wide := [...]*uint64{
		0: &d.ReadIOs, 1: &d.ReadMerges, 2: &d.ReadSectors,
		4: &d.WriteIOs, 5: &d.WriteMerges, 6: &d.WriteSectors,
		11: &d.DiscardIOs, 12: &d.DiscardMerges, 13: &d.DiscardSectors, 15: &d.FlushIOs, 16: nil,
	}
	narrow := [...]*uint32{
		3: &d.ReadTicks, 7: &d.WriteTicks, 8: &d.InFlight,
		9: &d.IOTicks, 10: &d.WeightedTicks, 14: &d.DiscardTicks, 16: &d.FlushTicks,
	}
	for i, b := range w {
		var ok bool
		if wide[i] != nil {
			var err error
			*wide[i], err = strconv.ParseUint(string(b), 10, 64)
			ok = err == nil
		} else {
			*narrow[i], ok = modulo32(b)
		}
		if !ok {
			return false
		}
	}
	if d.InFlight > 1<<31 { // some kernels lost count and went below 0
		d.InFlight = 0
	}
	return true
}

// parseNets reads /proc/net/dev. Old kernels print no blank behind the colon.
func parseNets(text []byte) []cluster.NetCounters {
	var nets []cluster.NetCounters
	var buf [20][]byte
	for line := range bytes.Lines(text) {
		colon := bytes.LastIndexByte(line, ':') // numbers have none, an alias' name has
		if colon < 0 {
			continue
		}
		var v [16]uint64
		n, ok := numbers(words(line[colon+1:], buf[:0]), v[:])
		name := bytes.TrimSpace(line[:colon])
		if !ok || n < 16 || len(name) == 0 {
			continue
		}
		nets = append(nets, cluster.NetCounters{
			Name:    cluster.Clean(string(name)),
			RxBytes: v[0], RxPackets: v[1], RxErrors: v[2], RxDrops: v[3],
			TxBytes: v[8], TxPackets: v[9], TxErrors: v[10], TxDrops: v[11],
		})
	}
	return nets
}
