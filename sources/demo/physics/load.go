package physics

import (
	"math"
	"time"
)

// warnLag is from when on the primary writes a lag to its log.
const warnLag = 5 * time.Second

// load is what a host has to do in one step.
type load struct {
	apply                   float64 // of one core: receiving and applying
	background              float64 // of each core: queries, compaction, the rest
	hog                     float64 // of each core: another program, before which stemedb yields
	diskUnits, diskCapacity float64
	reads                   float64 // per second
	rx, tx                  float64 // bytes
	loss                    float64 // of packets
	trouble                 *trouble
}

func (l *load) jitter(w *World, n *Node) {
	f := 1 + 0.15*wave(w.seed, n.stream+1<<32, w.k) + 0.1*noise(w.seed, n.stream+1<<33, w.k)
	l.background *= f
	l.reads *= f
	l.tx *= 0.8 + 0.2*f
}

func newHost(seed, stream uint64) *Host {
	h := &Host{}
	up := BootOffset.Seconds()
	for i := range h.CPU {
		u := 0.07 + 0.01*noise(seed, stream, uint64(i)+10)
		h.CPU[i] = CPU{
			User: 100 * up * u, Nice: up * 0.1, System: 100 * up * u / 3,
			IOWait: up * 0.4, SoftIRQ: up * 0.3, Idle: 100*up*(1-u*4/3) - up*0.8,
		}
	}
	ios := up * 410
	h.WAL = Disk{
		ReadIOs: up * 14, ReadSectors: up * 14 * readKB * 2, ReadTicks: up * 9, WriteIOs: ios, WriteMerges: ios * 0.3,
		WriteSectors: ios * writeKB * 2, WriteTicks: ios * 1.3, IOTicks: up * 330, WeightedTicks: up * 545,
		DiscardIOs: 1204, DiscardSectors: 9_830_400, DiscardTicks: 310, FlushIOs: ios / 8, FlushTicks: ios / 8 * 1.5,
	}
	h.Root = Disk{
		ReadIOs: 81_320, ReadSectors: 4_120_448, ReadTicks: 40_110, WriteIOs: up * 4, WriteMerges: up * 3,
		WriteSectors: up * 96, WriteTicks: up * 5, IOTicks: up * 4, WeightedTicks: up * 6, FlushIOs: up / 2, FlushTicks: up / 2,
	}
	h.Net = Net{RxBytes: up * 1.7e6, RxPackets: up * 1400, TxBytes: up * 2.1e5, TxPackets: up * 900}
	h.Load = [3]float64{0.5, 0.48, 0.45}
	for i, window := range [3]float64{10, 60, 300} {
		h.psiAvgFactor[i] = math.Exp(-stepSeconds / window)
		h.loadAvgDecay[i] = math.Exp(-stepSeconds / [3]float64{60, 300, 900}[i])
	}
	return h
}

// step turns the load of one step into counters.
func (h *Host) step(l *load, p *Process) {
	t := l.trouble
	busy := h.WAL.step(l.diskUnits, l.diskCapacity, l.reads)
	h.WAL.parallel(t.parallelReads, busy)
	other := h.Root.step(max(4*unitsPerIO*stepSeconds, t.otherDisk*rootUnits*stepSeconds), rootUnits*stepSeconds, 0.2)
	stall := 1 - (1-stallOf(busy))*(1-stallOf(other))*(1-t.ioStall)
	runnable := h.stepCPU(l, p, stall)
	h.stepNet(l)
	h.psi(&h.IOSome, stall)
	h.psi(&h.IOFull, stall*0.8)
	// A thread whose core is taken by a neighbour holds up those behind it.
	h.psi(&h.CPUSome, min(1, 0.005+0.03*l.background+0.85*l.hog+0.6*t.steal))
	h.psi(&h.MemorySome, 0)
	for i, decay := range h.loadAvgDecay {
		h.Load[i] = h.Load[i]*decay + (runnable+stall*4)*(1-decay)
	}
	h.Dirty = 2400 + 60_000*stall
	h.Writeback = 9000 * stall
}

// stallOf returns the part of the time that the writers of a disk wait: much
// when little of it is idle, not before.
func stallOf(busy float64) float64 { return 0.01*busy + 0.55*math.Pow(max(0, busy-0.5)/0.5, 4) }

// stepCPU fills each processor's time and returns how many tasks wanted to run.
func (h *Host) stepCPU(l *load, p *Process, stall float64) (runnable float64) {
	const ticks = 100 * stepSeconds
	t := l.trouble
	h.Hogged = l.hog > 0
	for i := range h.CPU {
		c := &h.CPU[i]
		own := l.background
		if i == 0 {
			own += l.apply
		}
		others := l.hog
		if i == 2 {
			others = max(others, t.oneCore)
		}
		there := 1 - t.steal
		own = min(own/(1-t.slow), max(0, there-others*0.97))
		idle := max(0, there-own-others)
		hog := there - own - idle
		// The scheduler books the wait on the processor that the writer slept
		// on; the model lets that be the first two.
		wait := 0.0
		if i < 2 {
			wait = min(idle, stall)
		}
		c.User += ticks * (own*0.72 + hog*0.97)
		c.System += ticks * (own*0.25 + hog*0.03)
		c.SoftIRQ += ticks * own * 0.03
		c.Steal += ticks * t.steal
		c.IOWait += ticks * wait
		c.Idle += ticks * (idle - wait)
		if p.Up {
			p.UserTicks += ticks * own * 0.72
			p.SystemTicks += ticks * own * 0.25
		}
		h.HogTicks += ticks * hog
		runnable += own + 1.2*l.hog
	}
	return runnable
}

func (h *Host) stepNet(l *load) {
	const mss = 1448
	h.Net.RxBytes += l.rx + l.tx*0.03
	h.Net.TxBytes += l.tx + l.rx*0.03
	h.Net.RxPackets += (l.rx + l.tx/2) / mss
	h.Net.TxPackets += (l.tx + l.rx/2) / mss
	h.Net.RxDrops += l.rx / mss * l.loss
}

// psi adds a step in which share of the time was stalled.
func (h *Host) psi(p *Pressure, share float64) {
	p.Total += share * stepSeconds * 1e6
	for i, f := range h.psiAvgFactor {
		p.Avg[i] = p.Avg[i]*f + 100*share*(1-f)
	}
}
