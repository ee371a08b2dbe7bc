package cluster

import (
	"math"
	"testing"
	"time"
)

func disk(name string, f func(*DiskCounters)) DiskCounters {
	d := DiskCounters{
		Major: 259, Name: Clean(name), Fields: 17, ReadIOs: 1000, ReadSectors: 8000, ReadTicks: 500,
		WriteIOs: 2000, WriteSectors: 64000, WriteTicks: 9000, IOTicks: 4000, WeightedTicks: 9500,
		DiscardIOs: 3, FlushIOs: 100, FlushTicks: 400,
	}
	if f != nil {
		f(&d)
	}
	return d
}

func at(uptime float64, disks ...DiskCounters) *HostReading {
	return &HostReading{Uptime: sec(uptime), Disks: disks}
}

// The expected figures are what iostat -x 2 prints for these counters, by its
// documented formulas worked out by hand.
func TestDiskRates(t *testing.T) {
	u := DiskRates(at(100, disk("nvme0n1", nil)), at(102, disk("nvme0n1", func(d *DiskCounters) {
		d.ReadIOs += 10
		d.ReadSectors += 160
		d.ReadTicks += 5
		d.WriteIOs += 776
		d.WriteSectors += 12416
		d.WriteTicks += 46715
		d.WriteMerges += 4
		d.IOTicks += 1980
		d.WeightedTicks += 18200
		d.FlushIOs += 40
		d.FlushTicks += 800
		d.InFlight = 9
	})))[0]
	for name, c := range map[string]struct {
		got  Figure
		want float64
	}{
		"r/s": {u.ReadsPerSecond, 5}, "w/s": {u.WritesPerSecond, 388}, "rkB/s": {u.ReadKBPerSecond, 40},
		"wkB/s": {u.WriteKBPerSecond, 3104}, "wrqm/s": {u.WriteMergesPerSecond, 2},
		"r_await": {u.ReadAwait, 0.5}, "w_await": {u.WriteAwait, 60.199742}, "rareq-sz": {u.ReadSize, 8},
		"wareq-sz": {u.WriteSize, 8}, "aqu-sz": {u.QueueSize, 9.1}, "%util": {u.Util, 99},
		"f/s": {u.FlushesPerSecond, 20}, "f_await": {u.FlushAwait, 20}, "d/s": {u.DiscardsPerSecond, 0},
	} {
		wantFigure(t, name, c.got, c.want)
	}
	wantUnknown(t, "d_await with no discard", u.DiscardAwait)
	if u.Stalled || u.InFlight != 9 {
		t.Errorf("stalled %v, in flight %d", u.Stalled, u.InFlight)
	}
}

func TestDiskRatesOddities(t *testing.T) {
	cases := []struct {
		name    string
		was, is func(*DiskCounters)
		gap     bool
		util    float64
		await   float64
		stalled bool
	}{
		{name: "idle", util: 0, await: -1},
		{name: "ticks wrap at 2^32", was: func(d *DiskCounters) {
			d.WriteTicks, d.IOTicks = math.MaxUint32-10, math.MaxUint32-100
		}, is: func(d *DiskCounters) {
			d.WriteTicks, d.IOTicks = 989, 399
			d.WriteIOs += 100
		}, util: 50, await: 10},
		{name: "counters reset", is: func(d *DiskCounters) { d.WriteIOs, d.WriteSectors = 5, 40 }, gap: true},
		{name: "another device", is: func(d *DiskCounters) { d.Major = 8 }, gap: true},
		{name: "ticks went back", is: func(d *DiskCounters) { d.WriteTicks -= 50 }, gap: true},
		{
			name: "hung, then answered after a minute", was: func(d *DiskCounters) { d.InFlight = 1 },
			is: func(d *DiskCounters) { d.IOTicks += 60000; d.WriteIOs++; d.WriteTicks += 60000 }, util: 100, await: 60000,
		},
		{name: "hanging", was: func(d *DiskCounters) { d.InFlight = 4 }, is: func(d *DiskCounters) { d.InFlight = 4 }, util: 0, await: -1, stalled: true},
	}
	for _, c := range cases {
		u := DiskRates(at(100, disk("sda", c.was)), at(101, disk("sda", c.is)))[0]
		if c.gap {
			wantUnknown(t, c.name, u.Util)
			wantUnknown(t, c.name, u.WritesPerSecond)
			if u.Why.IsZero() {
				t.Errorf("%s: no reason", c.name)
			}
			continue
		}
		wantFigure(t, c.name+" %util", u.Util, c.util)
		if c.await < 0 {
			wantUnknown(t, c.name+" w_await", u.WriteAwait)
		} else {
			wantFigure(t, c.name+" w_await", u.WriteAwait, c.await)
		}
		if u.Stalled != c.stalled {
			t.Errorf("%s: stalled %v", c.name, u.Stalled)
		}
	}
	old := disk("sda", func(d *DiskCounters) { d.Fields = 11 })
	u := DiskRates(at(1, old), at(2, old))[0]
	wantUnknown(t, "d/s before 4.18", u.DiscardsPerSecond)
	wantUnknown(t, "f/s before 5.5", u.FlushesPerSecond)
	if n := len(DiskRates(at(1), at(2, DiskCounters{Name: Clean("loop0")}))); n != 0 {
		t.Error("a device that never did anything is listed")
	}
	if u := DiskRates(at(5, old), at(5, old))[0]; u.Util.Known() {
		t.Error("a rate over no time")
	}
}

func TestCPURates(t *testing.T) {
	older := &HostReading{CPU: CPUTicks{User: 100, Idle: 1000, IOWait: 50}, PerCPU: []CPUTicks{{User: 50, Idle: 500}, {User: 50, Idle: 500, IOWait: 50}}}
	newer := &HostReading{
		CPU:    CPUTicks{User: 110, Nice: 2, System: 4, IRQ: 1, SoftIRQ: 1, Steal: 2, Idle: 1160, IOWait: 70},
		PerCPU: []CPUTicks{{User: 140, Idle: 510}, {User: 50, Idle: 550, IOWait: 100}},
	}
	u := CPURates(older, newer)
	for name, c := range map[string]struct {
		got  Figure
		want float64
	}{
		"%user": {u.User, 5}, "%nice": {u.Nice, 1}, "%system": {u.System, 3}, "%iowait": {u.IOWait, 10},
		"%steal": {u.Steal, 1}, "%idle": {u.Idle, 80}, "busiest": {u.Busiest, 90}, "busy": {u.Busy(), 10},
	} {
		wantFigure(t, name, c.got, c.want)
	}
	if u.BusiestCPU != 0 {
		t.Errorf("busiest processor %d", u.BusiestCPU)
	}
	// The second processor goes offline, and comes back with all that it ever did.
	online := newer.PerCPU
	newer.PerCPU = []CPUTicks{online[0]}
	if u = CPURates(older, newer); u.Count != 1 || u.BusiestCPU != 0 {
		t.Errorf("offline: %d processors, busiest %d", u.Count, u.BusiestCPU)
	}
	older.PerCPU, newer.PerCPU = []CPUTicks{{}, {User: 10, Idle: 10}}, []CPUTicks{{User: 9e6, Idle: 10}, {User: 11, Idle: 19}}
	u = CPURates(older, newer)
	wantFigure(t, "busiest while the first comes online", u.Busiest, 10)
	if u.Count != 2 || u.BusiestCPU != 1 {
		t.Errorf("back online: %d processors, busiest %d", u.Count, u.BusiestCPU)
	}
	newer.CPU.IOWait = 40 // iowait may fall: it counts as 0
	u = CPURates(older, newer)
	wantFigure(t, "%iowait that fell", u.IOWait, 0)
	wantFigure(t, "%idle then", u.Idle, 160.0/180*100)
	wantUnknown(t, "no ticks", CPURates(older, older).Idle)
}

func TestProcessRates(t *testing.T) {
	older := &HostReading{Uptime: sec(100), Processes: []Process{{PID: 7, StartTicks: 50, UserTicks: 100, SystemTicks: 10, Threads: 8}, {PID: 8, StartTicks: 60, UserTicks: 9, Threads: 1}}}
	newer := &HostReading{Uptime: sec(102), Processes: []Process{
		{PID: 8, StartTicks: 9000, UserTicks: 500, Threads: 1}, // another process by the same pid
		{PID: 7, StartTicks: 50, UserTicks: 390, SystemTicks: 20, Threads: 8},
	}}
	p := ProcessRates(older, newer, 100)
	if p[0].PID != 7 {
		t.Fatalf("the busiest is not first: %+v", p)
	}
	wantFigure(t, "%CPU", p[0].CPU, 150)
	wantUnknown(t, "%CPU of a restarted process", p[1].CPU)
	wantFigure(t, "start", p[1].Started, 90)
	wantUnknown(t, "%CPU without a rate of ticks", ProcessRates(older, newer, 0)[0].CPU)
	newer.Processes[0].StartTicks = 500_000 // by the host's clock, where /proc/uptime is a container's own
	wantUnknown(t, "a start that lies ahead", ProcessRates(older, newer, 100)[1].Started)
	newer.Processes[1].Threads = 1
	wantFigure(t, "%CPU is capped by threads", ProcessRates(older, newer, 100)[0].CPU, 100)
}

func TestPressureRates(t *testing.T) {
	older := &HostReading{Uptime: sec(10), Pressure: Pressure{Has: true, IOSome: 1e6, IOFull: 5e5, CPUSome: 100}}
	newer := &HostReading{Uptime: sec(12), Pressure: Pressure{Has: true, IOSome: 1.76e6, IOFull: 9e5, CPUSome: 50}}
	p := PressureRates(older, newer)
	wantFigure(t, "io some", p.IOSome, 38)
	wantFigure(t, "io full", p.IOFull, 20)
	wantUnknown(t, "cpu some, reset", p.CPUSome)
	wantUnknown(t, "no PSI", PressureRates(&HostReading{Uptime: sec(1)}, &HostReading{Uptime: sec(2)}).IOSome)
}

func (f *feed) host(id NodeID, when time.Duration, uptime float64, ticks uint64) {
	d := disk("vda", func(d *DiskCounters) { d.WriteIOs += ticks; d.IOTicks += uint32(ticks) })
	f.publish(when, Source{FromHost, id}, &HostReading{
		Uptime: sec(uptime), CPU: CPUTicks{User: ticks, Idle: 3 * ticks}, Disks: []DiskCounters{d},
	}, nil)
}

func TestHostGaps(t *testing.T) {
	f := newFeed(t)
	f.host("node2", sec(1), 1000, 100)
	if h := f.at(sec(1)).Replica("node2").Host; h.Interval != 0 || h.RatesWhy.IsZero() || len(h.Disks) != 0 {
		t.Errorf("rates from one reading: %+v", h)
	}
	f.host("node2", sec(2), 1001, 200)
	wantFigure(t, "%user", f.at(sec(2)).Replica("node2").Host.CPU.User, 25)
	f.host("node2", sec(9), 1008, 900) // a late tick
	if h := f.at(sec(9)).Replica("node2").Host; h.CPU.User.Known() || h.RatesWhy.IsZero() {
		t.Errorf("a rate over a hole: %+v", h.CPU)
	}
	f.host("node2", sec(10), 3, 5) // rebooted
	wantUnknown(t, "%user over a reboot", f.at(sec(10)).Replica("node2").Host.CPU.User)
	f.host("node2", sec(11), 4, 105)
	wantFigure(t, "%user after it", f.at(sec(11)).Replica("node2").Host.CPU.User, 25)
}

func TestWALDeviceStandsFirst(t *testing.T) {
	f := newFeed(t)
	src := Source{FromHost, "node2"}
	f.publish(sec(1), src, &HostFacts{HZ: 100, WAL: WALDevice{Device: Clean("vdz")}}, nil)
	for i := range 2 {
		n := uint64(i)
		f.publish(sec(float64(1+i)), src, &HostReading{Uptime: sec(float64(100 + i)), Disks: []DiskCounters{
			disk("sdb", nil), disk("vdz", func(d *DiskCounters) { d.WriteIOs += n }), disk("sda", nil),
		}}, nil)
	}
	d := f.at(sec(2)).Replica("node2").Host.Disks
	if len(d) != 3 || d[0].Name.String() != "vdz" || !d[0].WAL || d[1].Name.String() != "sda" || d[1].WAL {
		t.Errorf("order: %+v", d)
	}
}
