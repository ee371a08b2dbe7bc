package runbook

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// A small cluster of its own, second by second, for the verdicts: it produces
// the counters that collectors would read, which go through the real State and
// History. It shares nothing with sources/demo.

// effect is what a fault does to a node while it lasts. Zero values do nothing.
type effect struct {
	stops    bool    // nothing is applied
	capacity float64 // share of the usual load that can still be applied
	await    float64 // ms
	flush    float64 // ms
	util     float64 // percent
	other    float64 // ms, await of another device
	blocked  float64 // tasks that wait for I/O, mean
	psiIO    float64 // percent
	busyAll  float64 // percent of all cores, by others
	oneCore  float64 // percent of one core, by others
	service  float64 // percent of one core, by the service
	psiCPU   float64 // percent
	steal    float64 // percent
	loss     float64 // percent
	rtt      float64 // ms, added
	port     cluster.PortState
	cut      bool // nothing of the monitor's reaches it
	tripped  bool
	errors   float64 // sync errors a second
	sync     func(second int) float64
	lag      func(lag float64, second int) float64
	slow     float64 // ms, added to each scrape
	clock    float64 // s, how wrong the host's clock is
}

type fault struct {
	from, until int // seconds
	effect
}

// missing are the sensors that a run does without.
type missing struct {
	host, probe, admin, psi, processes, primaryHost, metrics bool
}

// vnode is a node of the virtual cluster.
type vnode struct {
	id         cluster.NodeID
	cores      int
	rotational bool
	await      float64 // ms, in health
	room       float64 // capacity as a multiple of the usual load
	rtt        float64 // ms
	cpu        float64 // percent of one core, by the service
	faults     []fault
	applied    float64
	received   float64
	tripAt     int
	errors     float64
	uptime     float64
	r          cluster.HostReading
	ticks      cluster.CPUTicks
	per        []cluster.CPUTicks
	process    float64
	restarts   int
	acc        map[string]float64 // sub-tick remainders
}

type world struct {
	rng      *rand.Rand
	start    time.Time
	interval int
	nodes    []*vnode // the primary first
	usual    float64  // assertions/s
	surge    func(second int) float64
	byCPU    bool // what gives out first under load
	miss     missing
	taken    []float64 // primary's count by second
	second   int
	skip     int // seconds that happen before the monitor starts

	state *cluster.State
	hist  *cluster.History
	judge *Judge
	seq   uint64
}

func newWorld(seed uint64, replicas int) *world {
	rng := rand.New(rand.NewPCG(seed, 77))
	w := &world{
		rng: rng, start: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), interval: 1,
		usual: uniform(rng, 300, 5000), byCPU: rng.Float64() < 0.5,
		surge: func(int) float64 { return 1 },
		state: cluster.NewState(), hist: cluster.NewHistory(cluster.HistoryOptions{}), judge: NewJudge(JudgeOptions{}),
	}
	if replicas > 10 {
		w.interval = 2
	}
	rotational := rng.Float64() < 0.25
	cores := []int{2, 4, 8, 16}[rng.IntN(4)]
	far := rng.Float64() < 0.2
	for i := range replicas + 1 {
		n := &vnode{
			id: cluster.NodeID(fmt.Sprintf("node%d", i+1)), cores: cores, rotational: rotational,
			await: uniform(rng, 0.2, 1.5), room: uniform(rng, 2, 4), rtt: uniform(rng, 0.2, 2),
			cpu: uniform(rng, 15, 45), uptime: uniform(rng, 1e4, 1e6), acc: map[string]float64{},
			per: make([]cluster.CPUTicks, cores),
		}
		if rotational {
			n.await = uniform(rng, 3, 12)
		}
		if far {
			n.rtt = uniform(rng, 15, 80)
		}
		n.r.Disks = []cluster.DiskCounters{
			{Name: cluster.Clean("nvme0n1"), Major: 259, Fields: 17}, {Name: cluster.Clean("sdb"), Major: 8, Fields: 17},
		}
		n.r.Nets = []cluster.NetCounters{{Name: cluster.Clean("eth0")}}
		w.nodes = append(w.nodes, n)
	}
	return w
}

// now returns what all active faults of n come to.
func (n *vnode) now(second int) effect {
	e := effect{capacity: math.Inf(1), port: cluster.PortOpen}
	for _, f := range n.faults {
		if second < f.from || (f.until > 0 && second >= f.until) {
			continue
		}
		if f.capacity > 0 {
			e.capacity = min(e.capacity, f.capacity)
		}
		for _, p := range [][2]*float64{
			{&e.await, &f.await},
			{&e.flush, &f.flush},
			{&e.util, &f.util},
			{&e.other, &f.other},
			{&e.blocked, &f.blocked},
			{&e.psiIO, &f.psiIO},
			{&e.busyAll, &f.busyAll},
			{&e.oneCore, &f.oneCore},
			{&e.service, &f.service},
			{&e.psiCPU, &f.psiCPU},
			{&e.steal, &f.steal},
			{&e.loss, &f.loss},
			{&e.rtt, &f.rtt},
			{&e.errors, &f.errors},
			{&e.slow, &f.slow},
			{&e.clock, &f.clock},
		} {
			*p[0] = max(*p[0], *p[1])
		}
		e.stops, e.cut, e.tripped = e.stops || f.stops, e.cut || f.cut, e.tripped || f.tripped
		if f.port != cluster.PortUnknown {
			e.port = f.port
		}
		if f.sync != nil {
			e.sync = f.sync
		}
		if f.lag != nil {
			e.lag = f.lag
		}
	}
	return e
}

// noisy returns v with the noise of a busy machine: a fifth, and now and then a spike.
func (w *world) noisy(v float64) float64 {
	x := v * math.Exp(0.2*w.rng.NormFloat64())
	if w.rng.Float64() < 0.01 {
		x *= 4
	}
	return x
}

func (w *world) at(second int) time.Time { return w.start.Add(time.Duration(second) * time.Second) }

// step lets a second pass.
func (w *world) step() {
	t := w.second
	ingest := w.usual * w.surge(t) * (1 + 0.1*math.Sin(float64(t)/70)) * (1 + 0.05*w.rng.NormFloat64())
	p := w.nodes[0]
	if c := p.now(t).capacity; ingest > w.usual*c {
		ingest = w.usual * c
	}
	p.applied += ingest
	w.taken = append(w.taken, p.applied)
	w.host(p, ingest/w.usual)
	for _, n := range w.nodes[1:] {
		e := n.now(t)
		can := w.usual * n.room
		can = min(can, w.usual*e.capacity)
		if e.stops || e.tripped {
			can = 0
		}
		got := min(can*(1+0.05*w.rng.NormFloat64()), p.applied-n.applied)
		n.applied += max(0, got)
		n.received += max(0, got) * 220
		n.errors += w.whole(n, "errors", e.errors)
		if e.tripped && n.tripAt == 0 {
			n.tripAt = t
		}
		w.host(n, got/w.usual)
	}
	if t >= w.skip && t%w.interval == 0 {
		w.observe()
	}
	w.second++
}

// whole returns v with the remainder of earlier calls, as whole counts.
func (w *world) whole(n *vnode, what string, v float64) float64 {
	sum := n.acc[what] + v
	n.acc[what] = sum - math.Floor(sum)
	return math.Floor(sum)
}

// lag is how old the newest assertion is that n has applied.
func (w *world) lag(n *vnode) float64 {
	i, _ := slices.BinarySearch(w.taken, n.applied+0.5)
	if i >= len(w.taken) {
		return 0
	}
	before := 0.0
	if i > 0 {
		before = w.taken[i-1]
	}
	part := (n.applied - before) / max(1, w.taken[i]-before)
	return max(0, float64(len(w.taken)-1-i)+1-part)
}

// host lets the counters of a host run for a second under a share of the usual load.
func (w *world) host(n *vnode, load float64) {
	e := n.now(w.second)
	strain := 0.0 // near its own capacity
	if room := n.room; load > 0.93*room || (n == w.nodes[0] && load > 5) {
		strain = 1
	}
	n.uptime++
	n.r.Uptime = seconds(n.uptime)
	w.disk(n, e, load, strain)
	w.cpus(n, e, load, strain)
	net := &n.r.Nets[0]
	net.RxBytes += uint64(w.noisy(max(0, load)*w.usual*220) + 3000)
	net.RxPackets += uint64(load*w.usual/5) + 20
	net.TxBytes += uint64(w.noisy(load*w.usual*30) + 3000)
	net.TxPackets += uint64(load*w.usual/10) + 20
}

func (w *world) disk(n *vnode, e effect, load, strain float64) {
	await := w.noisy(n.await)
	if strain > 0 && !w.byCPU {
		await, e.psiIO, e.blocked, e.util = w.noisy(n.await*12), max(e.psiIO, w.noisy(45)), max(e.blocked, 1), 99
	}
	if e.await > 0 {
		await = w.noisy(e.await)
	}
	writes := w.whole(n, "writes", max(0.5, load*w.usual/12))
	d := &n.r.Disks[0]
	util := max(e.util, min(97, writes*n.await/10))
	d.WriteIOs += uint64(writes)
	d.WriteSectors += uint64(writes * 48)
	d.WriteTicks += uint32(writes * await)
	d.WeightedTicks += uint32(writes * await)
	d.IOTicks += uint32(util * 10)
	d.FlushIOs += uint64(writes / 2)
	d.FlushTicks += uint32(writes / 2 * max(await*0.7, w.noisy(e.flush)))
	o := &n.r.Disks[1]
	o.WriteIOs += 10
	o.WriteTicks += uint32(10 * w.noisy(max(2, e.other)))
	o.WeightedTicks += uint32(10 * w.noisy(max(2, e.other)))
	o.IOTicks += uint32(min(1000, 10*max(20, e.other)))
	some := min(100, w.noisy(max(e.psiIO, 1.5)))
	n.r.Pressure.Has = !w.miss.psi
	n.r.Pressure.IOSome += uint64(some * 1e4)
	n.r.Pressure.IOFull += uint64(some * 0.6e4)
}

// cpus runs the cores: the service on the first, what competes on all.
func (w *world) cpus(n *vnode, e effect, load, strain float64) {
	service := w.noisy(n.cpu * max(0.1, load))
	if strain > 0 && w.byCPU {
		service, e.psiCPU = 99, max(e.psiCPU, w.noisy(35))
	}
	service = min(100*float64(n.cores), max(service, min(100, e.service)))
	wait := min(100, e.blocked*100)
	n.r.PerCPU = n.r.PerCPU[:0]
	for i := range n.per {
		busy := w.noisy(5) + e.busyAll
		if i == 0 {
			busy += min(100, service)
		}
		if i == 1 {
			busy += e.oneCore
		}
		busy = min(100, busy)
		steal := min(e.steal, 100-busy)
		idle := 100 - busy - steal
		waits := 0.0
		if i == int(w.second)%n.cores {
			waits = min(idle, wait)
		}
		c := &n.per[i]
		c.User += uint64(w.whole(n, fmt.Sprint("u", i), busy*0.7))
		c.System += uint64(w.whole(n, fmt.Sprint("s", i), busy*0.3))
		c.Steal += uint64(w.whole(n, fmt.Sprint("st", i), steal))
		c.IOWait += uint64(w.whole(n, fmt.Sprint("w", i), waits))
		c.Idle += uint64(w.whole(n, fmt.Sprint("i", i), idle-waits))
		n.r.PerCPU = append(n.r.PerCPU, *c)
	}
	n.ticks = cluster.CPUTicks{}
	for _, c := range n.per {
		n.ticks.User, n.ticks.System, n.ticks.Steal = n.ticks.User+c.User, n.ticks.System+c.System, n.ticks.Steal+c.Steal
		n.ticks.IOWait, n.ticks.Idle = n.ticks.IOWait+c.IOWait, n.ticks.Idle+c.Idle
	}
	n.r.CPU = n.ticks
	n.process += min(service, 100-min(60, e.busyAll/2))
	n.r.Pressure.CPUSome += uint64(min(100, w.noisy(max(e.psiCPU, 2))) * 1e4)
	n.r.Load = cluster.Load{Has: true, Running: uint32(1 + w.rng.IntN(2) + int(e.busyAll/40*float64(n.cores)))}
	n.r.Memory = cluster.MemoryInfo{Has: true, Total: 16e6, Available: 9e6}
	state := byte('S')
	if w.rng.Float64() < min(1, e.blocked) {
		state = 'D'
	}
	n.r.Processes = []cluster.Process{{
		PID: 400 + n.restarts, Command: cluster.Clean("stemedb-api"), State: state,
		UserTicks: uint64(n.process), StartTicks: uint64(5000 + 1000*n.restarts), Threads: 12,
	}}
}
