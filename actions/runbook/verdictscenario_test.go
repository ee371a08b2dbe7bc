package runbook

import (
	"math"
	"math/rand/v2"

	"github.com/stemedb/stemetop/sources/cluster"
)

// incident is a kind of incident: what causes it, on node2 unless it is of all, and
// which sensors can tell.
type incident struct {
	name  string
	truth cluster.Cause
	// strike lets it happen at second t.
	strike func(w *world, r *rand.Rand, t int)
	// sensed tells whether what is not missing can tell it at all.
	sensed func(m missing) bool
}

func always(missing) bool     { return true }
func withHost(m missing) bool { return !m.host }

// strikes returns a strike of node2.
func strikes(f func(n *vnode, r *rand.Rand) effect) func(*world, *rand.Rand, int) {
	return func(w *world, r *rand.Rand, t int) {
		n := w.nodes[1]
		n.faults = append(n.faults, fault{from: t, effect: f(n, r)})
	}
}

func slowDisk(n *vnode, r *rand.Rand) effect {
	e := effect{
		capacity: uniform(r, 0.1, 0.8), await: uniform(r, 15, 120), util: uniform(r, 88, 100),
		blocked: uniform(r, 0.5, 1.5), psiIO: uniform(r, 30, 90),
	}
	if n.rotational {
		e.await = uniform(r, 45, 250)
	}
	return e
}

func lostPackets(_ *vnode, r *rand.Rand) effect {
	return effect{capacity: uniform(r, 0.1, 0.7), loss: uniform(r, 4, 30), rtt: uniform(r, 0, 20)}
}

// busyHost spills over: whoever waits for a processor is late for the disk too.
func busyHost(n *vnode, r *rand.Rand) effect {
	return effect{
		capacity: uniform(r, 0.2, 0.8), busyAll: uniform(r, 80, 98), psiCPU: uniform(r, 30, 80),
		await: n.await * uniform(r, 1, 4), psiIO: uniform(r, 2, 18), slow: uniform(r, 0, 150),
	}
}

func incidents() []incident {
	return append(append(hostIncidents(), pathIncidents()...), otherIncidents()...)
}

func hostIncidents() []incident {
	return []incident{
		{"disk slow", cluster.CauseDisk, strikes(slowDisk), withHost},
		{"disk flushes slow", cluster.CauseDisk, strikes(func(n *vnode, r *rand.Rand) effect {
			e := slowDisk(n, r)
			e.flush, e.await = e.await*1.5, 0
			return e
		}), withHost},
		{"disk throttled above its counters", cluster.CauseDisk, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.1, 0.8), blocked: uniform(r, 0.6, 1.5), psiIO: uniform(r, 40, 90)}
		}), func(m missing) bool { return !m.host && !m.psi }},
		{"cpu taken by others", cluster.CauseCPU, strikes(busyHost), withHost},
		{"cpu: one thread", cluster.CauseCPU, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.4, 0.9), service: uniform(r, 97, 100), psiCPU: uniform(r, 0, 10)}
		}), withHost},
		{"cpu stolen", cluster.CauseCPU, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.3, 0.8), steal: uniform(r, 15, 50), psiCPU: uniform(r, 25, 60), busyAll: uniform(r, 20, 50)}
		}), withHost},
	}
}

func pathIncidents() []incident {
	withProbe := func(m missing) bool { return !m.probe }
	return []incident{
		{"packets lost", cluster.CauseNetwork, strikes(lostPackets), withProbe},
		{"packets lost on the primary's way only", cluster.CauseNetwork, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.1, 0.7), pathLoss: uniform(r, 4, 30), pathRTT: uniform(r, 0, 20)}
		}), func(m missing) bool { return !m.primaryHost && (!m.ping || !m.ss) }},
		{"the primary's way long", cluster.CauseNetwork, strikes(func(n *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.1, 0.7), pathRTT: max(60, n.rtt*3) + uniform(r, 0, 200)}
		}), func(m missing) bool { return !m.primaryHost && (!m.ping || !m.ss) }},
		{"path long", cluster.CauseNetwork, strikes(func(n *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.1, 0.7), rtt: max(40, n.rtt*3) + uniform(r, 0, 200)}
		}), withProbe},
		{"RPC port filtered", cluster.CauseNetwork, strikes(func(*vnode, *rand.Rand) effect {
			return effect{stops: true, port: cluster.PortFiltered}
		}), withProbe},
		{"cut off", cluster.CauseNetwork, strikes(func(*vnode, *rand.Rand) effect {
			return effect{stops: true, cut: true}
		}), withProbe},
		{"cut off, and the lag says 0", cluster.CauseNetwork, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{stops: true, loss: uniform(r, 30, 70), port: cluster.PortFiltered, lag: func(float64, int) float64 { return 0 }}
		}), func(m missing) bool { return !m.probe && !m.host && !m.metrics }},
	}
}

func otherIncidents() []incident {
	return []incident{
		{"ingest above every capacity", cluster.CausePrimary, func(w *world, r *rand.Rand, t int) {
			most := 0.0
			for _, n := range w.nodes {
				most = max(most, n.room)
			}
			factor := most * uniform(r, 1.15, 1.8)
			w.surge = func(second int) float64 {
				if second < t {
					return 1
				}
				return factor
			}
		}, always},
		{"primary's host overloaded", cluster.CausePrimary, func(w *world, r *rand.Rand, t int) {
			e := effect{busyAll: uniform(r, 88, 98), psiCPU: uniform(r, 30, 80), slow: uniform(r, 100, 900)}
			if r.Float64() < 0.4 {
				e = effect{await: uniform(r, 60, 150), util: 99, psiIO: uniform(r, 40, 90), blocked: 1, slow: uniform(r, 100, 900)}
			}
			w.nodes[0].faults = append(w.nodes[0].faults, fault{from: t, effect: e})
			for _, n := range w.nodes[1:] {
				n.faults = append(n.faults, fault{from: t + r.IntN(4), effect: effect{capacity: uniform(r, 0.3, 0.7)}})
			}
		}, always},
		{"breaker tripped", cluster.CauseBreaker, strikes(func(*vnode, *rand.Rand) effect {
			return effect{tripped: true}
		}), func(m missing) bool { return !m.admin }},
		{"sync fails again and again", cluster.CauseSync, func(w *world, r *rand.Rand, t int) {
			period := 30 + r.IntN(60)
			w.nodes[1].faults = append(w.nodes[1].faults, fault{from: t, effect: effect{
				capacity: uniform(r, 0.02, 0.4), errors: uniform(r, 0.3, 2),
				sync: func(second int) float64 { return 0.05 + 0.6*float64((second-t)%period)/float64(period) },
			}})
		}, always},
		{"sync stands still", cluster.CauseSync, strikes(func(_ *vnode, r *rand.Rand) effect {
			return effect{capacity: uniform(r, 0.02, 0.4), errors: uniform(r, 0.2, 1), sync: func(int) float64 { return 0.42 }}
		}), always},
		{"lag is not a number", cluster.CauseMeasurement, strikes(func(_ *vnode, r *rand.Rand) effect {
			v := []float64{math.NaN(), -40, math.Inf(1)}[r.IntN(3)]
			return effect{lag: func(float64, int) float64 { return v }}
		}), always},
		{"lag frozen", cluster.CauseMeasurement, strikes(func(_ *vnode, r *rand.Rand) effect {
			v := uniform(r, 0, 20)
			return effect{capacity: uniform(r, 0.1, 0.6), lag: func(float64, int) float64 { return v }}
		}), func(m missing) bool { return !m.metrics }},
		{"clocks apart", cluster.CauseMeasurement, strikes(func(_ *vnode, r *rand.Rand) effect {
			by := uniform(r, 8, 40)
			return effect{clock: by, lag: func(lag float64, _ int) float64 { return lag + by }}
		}), func(m missing) bool { return !m.metrics }},
	}
}

// confounder is something beside the cause that could mislead.
type confounder struct {
	name  string
	do    func(w *world, r *rand.Rand, t int)
	masks []string // incidents that it hides, or that can't have it as a symptom
}

func confounders() []confounder {
	on := func(f func(r *rand.Rand, t int) fault) func(*world, *rand.Rand, int) {
		return func(w *world, r *rand.Rand, t int) { w.nodes[1].faults = append(w.nodes[1].faults, f(r, t)) }
	}
	return []confounder{
		{"a fast device at 98 %util", on(func(_ *rand.Rand, t int) fault {
			return fault{from: t, effect: effect{util: 98}}
		}), nil},
		{"breaker trips later", on(func(r *rand.Rand, t int) fault {
			return fault{from: t + 25 + r.IntN(40), effect: effect{tripped: true}}
		}), []string{"clocks apart", "lag is not a number", "lag frozen"}},
		{"old sync errors", on(func(r *rand.Rand, t int) fault {
			return fault{from: t - 120, until: t - 70 + r.IntN(20), effect: effect{errors: 3}}
		}), nil},
		{"the monitor's link loses packets", func(w *world, r *rand.Rand, t int) {
			loss := uniform(r, 8, 20)
			for _, n := range w.nodes[1:] {
				n.faults = append(n.faults, fault{from: t - 10, effect: effect{ownLoss: loss}})
			}
		}, []string{"packets lost"}},
		{"the monitor's own way to it loses packets", on(func(r *rand.Rand, t int) fault {
			return fault{from: t - 10, effect: effect{ownLoss: uniform(r, 8, 20), ownRTT: uniform(r, 0, 40)}}
		}), []string{"packets lost", "packets lost on the primary's way only"}},
		{"another core is busy", on(func(_ *rand.Rand, t int) fault {
			return fault{from: t - 5, effect: effect{oneCore: 97}}
		}), nil},
		{"a backup on another disk", on(func(r *rand.Rand, t int) fault {
			return fault{from: t - 8, effect: effect{other: uniform(r, 30, 80), psiIO: uniform(r, 25, 60), blocked: uniform(r, 0.5, 1)}}
		}), nil},
		{"a sync reads and writes", on(func(r *rand.Rand, t int) fault {
			from := t + 45
			return fault{from: from, effect: effect{
				psiIO: uniform(r, 20, 40), util: 90, blocked: 0.5,
				sync: func(second int) float64 { return min(0.99, 0.01+float64(second-from)/300) },
			}}
		}), nil},
	}
}
