package demo

import (
	"fmt"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// The texts of /proc as Linux 6.12 writes them, by proc(5) and
// Documentation/admin-guide/iostats.rst.

func appendUptime(b []byte, w *physics.World) []byte {
	up := (physics.BootOffset + w.Now()).Seconds()
	return fmt.Appendf(b, "%.2f %.2f\n", up, up*physics.Cores*0.86)
}

func appendStat(b []byte, h *physics.Host, booted time.Time) []byte {
	var sum [10]uint64
	var each []byte
	for i, c := range h.CPU {
		each = fmt.Appendf(each, "cpu%d", i)
		for j, v := range [10]float64{c.User, c.Nice, c.System, c.Idle, c.IOWait, 0, c.SoftIRQ, c.Steal} {
			sum[j] += uint64(v)
			each = strconv.AppendUint(append(each, ' '), uint64(v), 10)
		}
		each = append(each, '\n')
	}
	b = append(b, "cpu "...)
	for _, v := range sum {
		b = strconv.AppendUint(append(b, ' '), v, 10)
	}
	b = append(append(b, '\n'), each...)
	return fmt.Appendf(b, "intr %d 0 9 0 0 0\nctxt %d\nbtime %d\nprocesses 214302\nprocs_running %d\nprocs_blocked %d\nsoftirq %d 0 0 0 0 0 0 0 0 0 0\n",
		sum[0]*7, sum[0]*11, booted.Unix(), 1+int(h.Load[0]), h.WAL.InFlight/4, sum[6]*3)
}

// appendDisks writes the whole devices and their partitions, which hold nearly
// all of the traffic.
func appendDisks(b []byte, h *physics.Host) []byte {
	b = appendDisk(b, 254, 0, "vda", &h.Root)
	b = appendDisk(b, 254, 1, "vda1", &h.Root)
	b = appendDisk(b, 259, 0, walDevice, &h.WAL)
	b = appendDisk(b, 259, 1, walDevice+"p1", &h.WAL)
	return fmt.Appendf(b, "%4d %7d loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", 7, 0)
}

func appendDisk(b []byte, major, minor int, name string, d *physics.Disk) []byte {
	ms := func(v float64) uint32 { return uint32(uint64(v)) } // wraps, as the kernel's do
	return fmt.Appendf(b, "%4d %7d %s %d 0 %d %d %d %d %d %d %d %d %d %d 0 %d %d %d %d\n", major, minor, name,
		uint64(d.ReadIOs), uint64(d.ReadSectors), ms(d.ReadTicks),
		uint64(d.WriteIOs), uint64(d.WriteMerges), uint64(d.WriteSectors), ms(d.WriteTicks),
		d.InFlight, ms(d.IOTicks), ms(d.WeightedTicks),
		uint64(d.DiscardIOs), uint64(d.DiscardSectors), ms(d.DiscardTicks),
		uint64(d.FlushIOs), ms(d.FlushTicks))
}

func appendNet(b []byte, h *physics.Host) []byte {
	n := &h.Net
	b = append(b, "Inter-|   Receive                                                |  Transmit\n"+
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"+
		"    lo: 8230112   61204    0    0    0     0          0         0  8230112   61204    0    0    0     0       0          0\n"...)
	return fmt.Appendf(b, "  eth0: %d %d    0 %d    0     0          0         0 %d %d    0    0    0     0       0          0\n",
		uint64(n.RxBytes), uint64(n.RxPackets), uint64(n.RxDrops), uint64(n.TxBytes), uint64(n.TxPackets))
}

func appendPressure(b []byte, some, full *physics.Pressure) []byte {
	for _, l := range []struct {
		name string
		p    *physics.Pressure
	}{{"some", some}, {"full", full}} {
		b = fmt.Appendf(b, "%s avg10=%.2f avg60=%.2f avg300=%.2f total=%d\n", l.name, l.p.Avg[0], l.p.Avg[1], l.p.Avg[2], uint64(l.p.Total))
	}
	return b
}

func appendLoad(b []byte, h *physics.Host, pid int) []byte {
	return fmt.Appendf(b, "%.2f %.2f %.2f %d/214 %d\n", h.Load[0], h.Load[1], h.Load[2], 1+int(h.Load[0]), pid+1207)
}

func appendMemory(b []byte, h *physics.Host) []byte {
	const total = 16_298_448
	return fmt.Appendf(b, "MemTotal: %15d kB\nMemFree: %16d kB\nMemAvailable: %11d kB\nBuffers: %16d kB\nCached: %17d kB\n"+
		"SwapCached: %13d kB\nSwapTotal: %14d kB\nSwapFree: %15d kB\nDirty: %18d kB\nWriteback: %14d kB\n",
		total, 1_240_332-int(h.Dirty), 9_120_480, 212_004, 7_904_116, 0, 2_097_148, 2_097_148, int(h.Dirty), int(h.Writeback))
}

// appendProcess writes /proc/PID/stat (proc_pid_stat(5)). rss is in pages.
func appendProcess(b []byte, p *process) []byte {
	return fmt.Appendf(b, "%d (%s) %c 1 %d %d 0 -1 4194560 90211 0 12 0 %d %d 0 0 20 0 %d 0 %d 4912345088 %d "+
		"18446744073709551615 1 1 0 0 0 0 0 4096 16384 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		p.pid, p.comm, p.state, p.pid, p.pid, p.user, p.system, p.threads, p.start, p.rss/pageSize())
}

// appendIO writes what a process has read and written (proc_pid_io(5)).
func appendIO(b []byte, p *process) []byte {
	return fmt.Appendf(b, "rchar: %d\nwchar: %d\nsyscr: 90\nsyscw: 80\nread_bytes: %d\nwrite_bytes: %d\ncancelled_write_bytes: 0\n",
		p.read, p.write, p.read, p.write)
}
