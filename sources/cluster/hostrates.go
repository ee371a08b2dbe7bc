package cluster

import (
	"cmp"
	"slices"
)

// CPURates returns the columns of iostat's avg-cpu line from two readings, and
// the busiest single processor. A field that went down counts as 0 and the
// total is of what is left (iowait can fall; kernel: filesystems/proc.rst 1.7).
func CPURates(older, newer *HostReading) CPUUsage {
	d, total := cpuDelta(older.CPU, newer.CPU)
	u := CPUUsage{BusiestCPU: -1}
	for _, c := range newer.PerCPU {
		if c != (CPUTicks{}) {
			u.Count++
		}
	}
	if total > 0 {
		share := func(n uint64) Figure { return Known(float64(n) / total * 100) }
		u.User, u.Nice, u.IOWait, u.Steal, u.Idle = share(d.User), share(d.Nice), share(d.IOWait), share(d.Steal), share(d.Idle)
		u.System = share(d.System + d.IRQ + d.SoftIRQ)
	}
	for i := range min(len(older.PerCPU), len(newer.PerCPU)) {
		if older.PerCPU[i] == (CPUTicks{}) {
			continue // it came online since: its counters are of more than this interval
		}
		d, total := cpuDelta(older.PerCPU[i], newer.PerCPU[i])
		if total == 0 {
			continue
		}
		busy := Known((total - float64(d.Idle) - float64(d.IOWait)) / total * 100)
		if b, ok := u.Busiest.Value(); !ok || busy.number() > b {
			u.Busiest, u.BusiestCPU = busy, i
		}
	}
	return u
}

// Busy returns 100 less idle and iowait.
func (u CPUUsage) Busy() Figure {
	if !u.Idle.Known() || !u.IOWait.Known() {
		return Figure{}
	}
	return Known(max(0, 100-u.Idle.number()-u.IOWait.number()))
}

func cpuDelta(o, n CPUTicks) (d CPUTicks, total float64) {
	d = CPUTicks{
		User: grown(o.User, n.User), Nice: grown(o.Nice, n.Nice), System: grown(o.System, n.System),
		Idle: grown(o.Idle, n.Idle), IOWait: grown(o.IOWait, n.IOWait), IRQ: grown(o.IRQ, n.IRQ),
		SoftIRQ: grown(o.SoftIRQ, n.SoftIRQ), Steal: grown(o.Steal, n.Steal),
	}
	return d, float64(d.User + d.Nice + d.System + d.Idle + d.IOWait + d.IRQ + d.SoftIRQ + d.Steal)
}

func grown(o, n uint64) uint64 {
	if n < o {
		return 0
	}
	return n - o
}

// NetRates returns the traffic of every interface from two readings. An
// interface whose counters fell was replaced or reset: its figures are unknown.
func NetRates(older, newer *HostReading) []NetUsage {
	seconds := (newer.Uptime - older.Uptime).Seconds()
	out := make([]NetUsage, 0, len(newer.Nets))
	for i := range newer.Nets {
		n := &newer.Nets[i]
		u := NetUsage{Name: n.Name}
		j := slices.IndexFunc(older.Nets, func(c NetCounters) bool { return c.Name == n.Name })
		if seconds > 0 && j >= 0 {
			netColumns(&u, &older.Nets[j], n, seconds)
		}
		out = append(out, u)
	}
	return out
}

func netColumns(u *NetUsage, o, n *NetCounters, seconds float64) {
	rate := func(o, n uint64) Figure {
		if n < o {
			return Figure{}
		}
		return Known(float64(n-o) / seconds)
	}
	u.RxBytesPerSecond, u.TxBytesPerSecond = rate(o.RxBytes, n.RxBytes), rate(o.TxBytes, n.TxBytes)
	u.RxPacketsPerSecond, u.TxPacketsPerSecond = rate(o.RxPackets, n.RxPackets), rate(o.TxPackets, n.TxPackets)
	u.ErrorsPerSecond = rate(o.RxErrors+o.TxErrors, n.RxErrors+n.TxErrors)
	u.DropsPerSecond = rate(o.RxDrops+o.TxDrops, n.RxDrops+n.TxDrops)
}

// ProcessRates returns the processes of newer, the busiest first, as top shows
// them with one full core as 100 (procps top.c, "Irix mode"). A process that
// older does not have, by pid and start time, has no CPU figure yet. older may
// be nil; hz is the clock ticks per second.
func ProcessRates(older, newer *HostReading, hz int) []ProcessUsage {
	out := make([]ProcessUsage, 0, len(newer.Processes))
	for _, p := range newer.Processes {
		u := ProcessUsage{PID: p.PID, Command: p.Command, State: p.State, RSSBytes: p.RSSBytes, Threads: p.Threads}
		if hz > 0 {
			u.Started = started(newer, p, hz)
			u.CPU = processCPU(older, newer, p, hz)
		}
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b ProcessUsage) int {
		return cmp.Or(cmp.Compare(b.CPU.number(), a.CPU.number()), cmp.Compare(a.PID, b.PID))
	})
	return out
}

// started is when a process began, in seconds after boot; unknown where that lies
// ahead: the /proc/uptime of a container may be its own, and the start of its
// processes that of the host's clock.
func started(r *HostReading, p Process, hz int) Figure {
	const slack = 1.0 // s: both are read one after the other
	at := float64(p.StartTicks) / float64(hz)
	if r.Uptime > 0 && at > r.Uptime.Seconds()+slack {
		return Figure{}
	}
	return Known(at)
}

func processCPU(older, newer *HostReading, p Process, hz int) Figure {
	if older == nil {
		return Figure{}
	}
	seconds := (newer.Uptime - older.Uptime).Seconds()
	for _, o := range older.Processes {
		if o.PID != p.PID || o.StartTicks != p.StartTicks {
			continue
		}
		was, is := o.UserTicks+o.SystemTicks, p.UserTicks+p.SystemTicks
		if seconds <= 0 || is < was {
			return Figure{}
		}
		cpu := float64(is-was) * 100 / (float64(hz) * seconds)
		return Known(min(cpu, 100*float64(max(1, p.Threads)))) // as top caps it: ticks are coarse
	}
	return Figure{}
}

// PressureRates returns the share of time that some or all work stood still
// between two readings, from the totals: they carry nothing over, unlike avg10.
func PressureRates(older, newer *HostReading) PressureUsage {
	o, n := older.Pressure, newer.Pressure
	micros := float64((newer.Uptime - older.Uptime).Microseconds())
	if !o.Has || !n.Has || micros <= 0 {
		return PressureUsage{}
	}
	share := func(o, n uint64) Figure {
		if n < o {
			return Figure{}
		}
		return Known(min(100, float64(n-o)/micros*100))
	}
	return PressureUsage{
		CPUSome: share(o.CPUSome, n.CPUSome), IOSome: share(o.IOSome, n.IOSome), IOFull: share(o.IOFull, n.IOFull),
		MemorySome: share(o.MemorySome, n.MemorySome), MemoryFull: share(o.MemoryFull, n.MemoryFull),
	}
}
