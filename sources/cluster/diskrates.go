package cluster

// DiskRates returns the columns of `iostat -x` for every device of newer, from
// the counters of two readings (formulas of sysstat's iostat.c and rd_stats.c).
// Where iostat prints 0 for what did not happen, a figure is unknown: the wait
// of requests when none completed. Devices that did nothing since boot are left
// out, as iostat does. A counter that fell is a replaced device, and gives a gap
// rather than a spike.
func DiskRates(older, newer *HostReading) []DiskUsage {
	seconds := (newer.Uptime - older.Uptime).Seconds()
	was := make(map[Text]*DiskCounters, len(older.Disks))
	for i := range older.Disks {
		was[older.Disks[i].Name] = &older.Disks[i]
	}
	out := make([]DiskUsage, 0, len(newer.Disks))
	for i := range newer.Disks {
		d := &newer.Disks[i]
		if d.ReadIOs == 0 && d.WriteIOs == 0 && d.DiscardIOs == 0 && d.FlushIOs == 0 && d.InFlight == 0 {
			continue
		}
		u := DiskUsage{Name: d.Name, InFlight: d.InFlight}
		switch o := was[d.Name]; {
		case seconds <= 0:
			u.Why = Clean("the host's clock did not advance")
		case o == nil || o.Major != d.Major || o.Minor != d.Minor:
			u.Why = Clean("new device")
		case fell(o, d) || tickJump(o, d):
			u.Why = Clean("device replaced or counters reset")
		default:
			diskColumns(&u, o, d, seconds)
		}
		out = append(out, u)
	}
	return out
}

func diskColumns(u *DiskUsage, o, d *DiskCounters, seconds float64) {
	rate := func(n uint64) Figure { return Known(float64(n) / seconds) }
	reads, writes := d.ReadIOs-o.ReadIOs, d.WriteIOs-o.WriteIOs
	readSectors, writeSectors := d.ReadSectors-o.ReadSectors, d.WriteSectors-o.WriteSectors
	u.ReadsPerSecond, u.WritesPerSecond = rate(reads), rate(writes)
	u.ReadKBPerSecond, u.WriteKBPerSecond = rate(readSectors).Scale(0.5), rate(writeSectors).Scale(0.5)
	u.ReadMergesPerSecond = rate(d.ReadMerges - o.ReadMerges)
	u.WriteMergesPerSecond = rate(d.WriteMerges - o.WriteMerges)
	// Ticks wrap at 2^32 ms; subtraction of uint32 is modulo 2^32, as in iostat.
	u.ReadAwait = per(float64(d.ReadTicks-o.ReadTicks), reads)
	u.WriteAwait = per(float64(d.WriteTicks-o.WriteTicks), writes)
	u.ReadSize = per(float64(readSectors)/2, reads)
	u.WriteSize = per(float64(writeSectors)/2, writes)
	discards, flushes := d.DiscardIOs-o.DiscardIOs, d.FlushIOs-o.FlushIOs
	if d.Fields >= 15 {
		u.DiscardsPerSecond = rate(discards)
		u.DiscardKBPerSecond = rate(d.DiscardSectors - o.DiscardSectors).Scale(0.5)
		u.DiscardAwait = per(float64(d.DiscardTicks-o.DiscardTicks), discards)
	}
	if d.Fields >= 17 {
		u.FlushesPerSecond = rate(flushes)
		u.FlushAwait = per(float64(d.FlushTicks-o.FlushTicks), flushes)
	}
	u.QueueSize = Known(float64(d.WeightedTicks-o.WeightedTicks) / (seconds * 1000))
	u.Util = utilization(d.IOTicks-o.IOTicks, seconds)
	u.Stalled = d.InFlight > 0 && o.InFlight > 0 && reads+writes+discards+flushes == 0
}

// per divides by a count of requests; unknown if there were none.
func per(x float64, n uint64) Figure {
	if n == 0 {
		return Figure{}
	}
	return Known(x / float64(n))
}

// fell tells whether a counter that only grows is smaller than before.
func fell(o, d *DiskCounters) bool {
	return d.ReadIOs < o.ReadIOs || d.WriteIOs < o.WriteIOs ||
		d.ReadSectors < o.ReadSectors || d.WriteSectors < o.WriteSectors ||
		d.ReadMerges < o.ReadMerges || d.WriteMerges < o.WriteMerges ||
		d.DiscardIOs < o.DiscardIOs || d.DiscardSectors < o.DiscardSectors || d.FlushIOs < o.FlushIOs
}

// tickJump tells whether a tick counter went back: its difference modulo 2^32 is
// then near 2^32. A true wrap moves by what happened, at most weeks of waiting.
func tickJump(o, d *DiskCounters) bool {
	const back = 1 << 31
	return d.ReadTicks-o.ReadTicks > back || d.WriteTicks-o.WriteTicks > back ||
		d.DiscardTicks-o.DiscardTicks > back || d.FlushTicks-o.FlushTicks > back ||
		d.IOTicks-o.IOTicks > back || d.WeightedTicks-o.WeightedTicks > back
}

// utilization returns %util. Since Linux 5.0 the busy time of a request is
// added when it ends: after a hang of a minute it jumps by a minute. Then the
// device was busy all the time, and no more can be said; below that, iostat's
// own few percent over 100 stay.
func utilization(ticks uint32, seconds float64) Figure {
	u := float64(ticks) / (seconds * 1000) * 100
	if u > 150 {
		u = 100
	}
	return Known(u)
}
