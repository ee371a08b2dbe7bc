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
	stops     bool    // nothing is applied
	capacity  float64 // share of the usual load that can still be applied
	await     float64 // ms
	flush     float64 // ms
	util      float64 // percent
	other     float64 // ms, await of another device
	blocked   float64 // tasks that wait for I/O, mean
	psiIO     float64 // percent
	writesOn  bool    // though less is applied, its device completes as many writes
	busyAll   float64 // percent of all cores, by others
	oneCore   float64 // percent of one core, by others
	service   float64 // percent of one core, by the service
	psiCPU    float64 // percent
	steal     float64 // percent
	loss      float64 // percent, on the way from the primary and from the monitor
	rtt       float64 // ms, added, likewise
	port      cluster.PortState
	ownLoss   float64 // percent, on the monitor's way only
	ownRTT    float64 // ms, likewise
	ownPort   cluster.PortState
	pathLoss  float64 // percent, on the primary's way only
	pathRTT   float64 // ms, likewise
	losesPing bool    // one of the primary's
	unread    float64 // bytes that came and wait for the service
	withheld  float64 // bytes that it does not let the primary send
	ungiven   bool    // the primary gives its kernel nothing for it
	cut       bool    // nothing of the monitor's reaches it
	tripped   bool
	errors    float64 // sync errors a second
	completes bool    // a sync every 7 s
	sync      func(second int) float64
	lag       func(lag float64, second int) float64
	slow      float64 // ms, added to each scrape
	clock     float64 // s, how wrong the host's clock is
}

type fault struct {
	from, until int // seconds
	effect
	ramp int // seconds that it takes to come to full strength
}

// missing are the sensors that a run does without.
type missing struct {
	host, probe, admin, psi, processes, primaryHost, metrics bool
	ping, ss                                                 bool // on the primary's host
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
	segments   float64 // that the primary sent to it, and those that it sent again
	resent     float64
	came       float64 // bytes of them
	tripAt     int
	errors     float64 // of syncs
	completed  float64 // syncs
	uptime     float64
	r          cluster.HostReading
	ticks      cluster.CPUTicks
	per        []cluster.CPUTicks
	process    float64
	restarts   int
	rest       []float64 // what is left of counts: of writes, errors, and five of each core
}

type world struct {
	seed     uint64
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
	skip     int     // seconds that happen before the monitor starts
	whole    bool    // the lag is told in whole seconds
	bursts   float64 // how unsteady the load is

	tellsSent bool           // the primary counts the bytes that it sends
	earlier   *cluster.Norms // of recordings; nil for none

	state *cluster.State
	hist  *cluster.History
	judge *Judge
	seq   uint64
	said  []cluster.Body // by the judge, not published
}

func newWorld(seed uint64, replicas int) *world {
	rng := rand.New(rand.NewPCG(seed, 77))
	w := &world{
		seed: seed, rng: rng, start: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), interval: 1,
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
			cpu: uniform(rng, 15, 45), uptime: uniform(rng, 1e4, 1e6), rest: make([]float64, 2+5*16),
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
		k := 1.0
		if f.ramp > 0 {
			k = min(1, float64(second-f.from)/float64(f.ramp))
		}
		if f.capacity > 0 {
			e.capacity = min(e.capacity, n.room*(1-k)+f.capacity*k)
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
			{&e.ownLoss, &f.ownLoss},
			{&e.ownRTT, &f.ownRTT},
			{&e.pathLoss, &f.pathLoss},
			{&e.pathRTT, &f.pathRTT},
			{&e.unread, &f.unread},
			{&e.withheld, &f.withheld},
			{&e.errors, &f.errors},
			{&e.slow, &f.slow},
			{&e.clock, &f.clock},
		} {
			*p[0] = max(*p[0], *p[1]*k)
		}
		e.ungiven, e.writesOn = e.ungiven || f.ungiven, e.writesOn || f.writesOn
		e.completes, e.losesPing = e.completes || f.completes, e.losesPing || f.losesPing
		e.stops, e.cut, e.tripped = e.stops || f.stops, e.cut || f.cut, e.tripped || f.tripped
		if f.port != cluster.PortUnknown {
			e.port = f.port
		}
		if f.ownPort != cluster.PortUnknown {
			e.ownPort = f.ownPort
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
	ingest := w.usual * w.surge(t) * (1 + 0.1*math.Sin(float64(t)/70)) * (1 + (0.05+w.bursts)*w.rng.NormFloat64())
	ingest = max(ingest, 0)
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
		if e.stops || e.tripped || e.ungiven {
			can = 0
		}
		got := min(can*(1+0.05*w.rng.NormFloat64()), p.applied-n.applied)
		n.applied += max(0, got)
		n.received += max(0, got) * 220
		if !e.ungiven {
			n.send(e, max(0, got)*220)
		}
		n.errors += n.count(restErrors, e.errors)
		n.completed += float64(btoi(e.completes && t%7 == 0))
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

// What is left of counts, by place.
const (
	restWrites = iota
	restErrors
	restCores
)

// count returns v with what is left of earlier calls, as whole counts.
func (n *vnode) count(place int, v float64) float64 {
	sum := n.rest[place] + v
	n.rest[place] = sum - math.Floor(sum)
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
