package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// plot is what happens in a run, and the truth about it: it comes from what was
// ordered, not from what can be seen.
type plot struct {
	name     string
	seed     uint64
	replicas int
	target   int // node that is judged: 1 is the first replica
	events   []physics.Event
	truth    []cluster.Cause // each is right; the first is the one that struck first
	sensed   bool            // the sensors that are left can tell it
	blind    blind
	begin    time.Duration // when the program is started
	end      time.Duration // when it is asked, or later when the lag is not there yet
}

// ordeal is one kind of trouble.
type ordeal struct {
	name   string
	truth  cluster.Cause
	strike func(p *plot, r *rand.Rand, at time.Duration)
	sensed func(b blind) bool
}

func (p *plot) do(at time.Duration, node int, kind physics.Kind, value float64) {
	p.events = append(p.events, physics.Event{At: at, Node: node, Kind: kind, Value: value})
}

// level returns a strike that sets a kind of event on the target to a value
// between two bounds. The physics need 3 of 8 parts of a disk, 3 of 10 of a core,
// and 3 of 40 of a link.
func level(kind physics.Kind, least, most float64) func(*plot, *rand.Rand, time.Duration) {
	return func(p *plot, r *rand.Rand, at time.Duration) { p.do(at, p.target, kind, between(r, least, most)) }
}

// onPrimary is the same for the primary.
func onPrimary(kind physics.Kind, least, most float64) func(*plot, *rand.Rand, time.Duration) {
	return func(p *plot, r *rand.Rand, at time.Duration) { p.do(at, 0, kind, between(r, least, most)) }
}

func between(r *rand.Rand, least, most float64) float64 { return least + (most-least)*r.Float64() }

func ordeals() []ordeal {
	always := func(blind) bool { return true }
	host := func(b blind) bool { return !b.Host }
	counts := func(b blind) bool { return !b.Metrics }
	primary := func(b blind) bool { return !b.PrimaryHost }
	return []ordeal{
		{"disk saturated", cluster.CauseDisk, level(physics.DiskCapacity, 0.1, 0.31), host},
		{"I/O held back above the device", cluster.CauseDisk, level(physics.IOStall, 0.72, 0.9), func(b blind) bool { return !b.Host && !b.PSI }},
		{"processors taken by a program", cluster.CauseCPU, level(physics.CPUCapacity, 0.1, 0.26), host},
		{"slow processors", cluster.CauseCPU, level(physics.CoreSpeed, 0.1, 0.27), host},
		{"processors stolen", cluster.CauseCPU, level(physics.Steal, 0.74, 0.9), host},
		{"path lossy", cluster.CauseNetwork, level(physics.NetCapacity, 0.02, 0.06), primary},
		{"breaker tripped", cluster.CauseBreaker, func(p *plot, _ *rand.Rand, at time.Duration) {
			p.events = append(p.events, physics.Event{At: at, Node: p.target, Kind: physics.BreakerTrip, Text: "5 consecutive rpc timeouts"})
		}, func(b blind) bool { return !b.Admin }},
		{"syncs fail", cluster.CauseSync, level(physics.SyncFailing, 1, 1), always},
		{"syncs find corruption", cluster.CauseSync, level(physics.SyncCorruption, 1, 1), always},
		{"more than any replica can apply", cluster.CausePrimary, onPrimary(physics.OfferedRate, 4800, 6400), always},
		{"primary's processors taken", cluster.CausePrimary, onPrimary(physics.CPUCapacity, 0.1, 0.28), primary},
		{"primary's disk saturated", cluster.CausePrimary, onPrimary(physics.DiskCapacity, 0.06, 0.11), primary},
		{"lag stands still", cluster.CauseMeasurement, func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at, p.target, physics.DiskCapacity, between(r, 0.1, 0.3))
			p.do(at+seconds(r, 15), p.target, physics.LagFrozen, 1)
			if p.blind.Metrics {
				p.truth = append(p.truth, cluster.CauseDisk) // nobody can know better
			}
		}, counts},
		{"lag wrong by a clock", cluster.CauseMeasurement, level(physics.LagOff, 8, 40), counts},
		{"lag below zero", cluster.CauseMeasurement, level(physics.LagOff, -60, -20), always},
		{"lag not a number", cluster.CauseMeasurement, func(p *plot, _ *rand.Rand, at time.Duration) {
			p.do(at, p.target, physics.LagOff, math.NaN())
		}, always},
	}
}

// distraction is what happens besides and causes no lag.
type distraction struct {
	name string
	do   func(p *plot, r *rand.Rand, at time.Duration)
	not  []cluster.Cause // of these it hides what it should distract from
}

func distractions() []distraction {
	return []distraction{
		{"a fast device always in use", func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at-seconds(r, 60), p.target, physics.ParallelReads, 0.98)
		}, nil},
		{"another core in use", func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at-seconds(r, 20), p.target, physics.OneCore, 0.98)
		}, nil},
		{"a backup on another disk", func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at-seconds(r, 20), p.target, physics.OtherDisk, between(r, 0.93, 1))
		}, nil},
		{"the breaker trips later", func(p *plot, r *rand.Rand, at time.Duration) {
			// Nothing is done while it is open, so what is done tells no more: seen late, it must be seen before.
			p.events = append(p.events, physics.Event{
				At: max(at, p.begin) + 25*time.Second + seconds(r, 40), Node: p.target, Kind: physics.BreakerTrip, Text: "5 consecutive rpc timeouts",
			})
		}, []cluster.Cause{cluster.CauseMeasurement, cluster.CauseBreaker}},
		{"sync errors that are over", func(p *plot, r *rand.Rand, at time.Duration) {
			from := at - 70*time.Second - seconds(r, 20)
			p.do(from, p.target, physics.SyncFailing, 1)
			p.do(from+7*time.Second, p.target, physics.SyncHealthy, 1)
		}, []cluster.Cause{cluster.CauseSync}},
		{"clients send a fifth more", func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at-seconds(r, 30), 0, physics.OfferedRate, 1800)
		}, []cluster.Cause{cluster.CausePrimary}},
		{"another replica's processors are busy too", func(p *plot, r *rand.Rand, at time.Duration) {
			p.do(at-seconds(r, 30), 1+p.target%p.replicas, physics.CPUCapacity, 0.5)
		}, nil},
	}
}

// seconds returns up to n whole seconds.
func seconds(r *rand.Rand, n int) time.Duration { return time.Duration(r.IntN(n+1)) * time.Second }

// shortcomings are sets of sensors that real clusters lack; half of them have all.
func shortcomings() []blind {
	return []blind{
		{},
		{},
		{},
		{},
		{},
		{},
		{PSI: true},
		{Processes: true},
		{Admin: true},
		{Host: true},
		{PrimaryHost: true},
		{Metrics: true},
		{PSI: true, Processes: true},
		{Host: true, Metrics: true},
	}
}

// newPlot makes the i-th run of a seed.
func newPlot(seed uint64, i int) *plot {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	kinds, lacks := ordeals(), shortcomings()
	kind := kinds[i%len(kinds)]
	p := &plot{name: kind.name, seed: seed<<16 + uint64(i), replicas: []int{2, 4, 9}[i%3], truth: []cluster.Cause{kind.truth}}
	p.target = 1 + r.IntN(p.replicas)
	p.blind = lacks[r.IntN(len(lacks))]
	p.sensed = kind.sensed(p.blind)
	at := 110*time.Second + seconds(r, 90)
	if r.Float64() < 0.2 {
		p.begin = at + 15*time.Second + seconds(r, 60)
		p.name += ", late"
	}
	kind.strike(p, r, at)
	switch style := r.Float64(); {
	case style < 0.4:
		p.distract(r, at, kind.truth)
	case style < 0.55:
		p.pair(r, at, kind)
	}
	p.unrest(r, at)
	p.end = max(at, p.begin) + 25*time.Second + seconds(r, 100)
	return p
}

func (p *plot) distract(r *rand.Rand, at time.Duration, truth cluster.Cause) {
	list := distractions()
	x := list[r.IntN(len(list))]
	if slices.Contains(x.not, truth) {
		x = list[0]
	}
	x.do(p, r, at)
	p.name += " + " + x.name
}

// pair lets a second trouble strike the same replica.
func (p *plot) pair(r *rand.Rand, at time.Duration, first ordeal) {
	list := slices.DeleteFunc(ordeals(), func(o ordeal) bool {
		return o.truth == first.truth || o.truth == cluster.CauseMeasurement || first.truth == cluster.CauseMeasurement
	})
	if len(list) == 0 {
		return
	}
	second := list[r.IntN(len(list))]
	second.strike(p, r, at+seconds(r, 20))
	p.truth = append(p.truth, second.truth)
	p.sensed = p.sensed && second.sensed(p.blind)
	p.name += " + " + second.name
}

// unrest is what no cluster is without: load that wanders, jobs that come and
// go, on all nodes. It takes nobody's last reserve.
func (p *plot) unrest(r *rand.Rand, strike time.Duration) {
	const until = 6 * time.Minute
	rated := slices.ContainsFunc(p.events, func(e physics.Event) bool { return e.Kind == physics.OfferedRate })
	for at := seconds(r, 20); at < until; at += 5*time.Second + seconds(r, 30) {
		if !rated || at < strike-40*time.Second {
			p.do(at, 0, physics.OfferedRate, 1500*between(r, 0.85, 1.12))
		}
	}
	for node := range p.replicas + 1 {
		for _, kind := range []physics.Kind{physics.DiskCapacity, physics.CPUCapacity} {
			taken := slices.ContainsFunc(p.events, func(e physics.Event) bool { return e.Node == node && e.Kind == kind })
			for at := seconds(r, 60); at < until && !taken; at += 20*time.Second + seconds(r, 60) {
				p.do(at, node, kind, between(r, 0.7, 0.95))
				p.do(at+2*time.Second+seconds(r, 6), node, kind, 1)
			}
		}
	}
}
