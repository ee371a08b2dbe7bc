package runbook

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	likely   = cluster.ConfidenceLikely
	possible = cluster.ConfidencePossible
	unsure   = cluster.ConfidenceUnknown
)

// rule is one rule that must hold, as a story.
type rule struct {
	name       string
	replicas   int
	do         func(w *world) // what happens; the fault is at second 300
	until      int            // when the verdict on node2 is asked
	cause      cluster.Cause
	confidence cluster.Confidence
	says       []string // parts of For, Against, Missing and Next
	advice     string
}

func hit(from int, e effect) func(*world) {
	return func(w *world) { w.nodes[1].faults = append(w.nodes[1].faults, fault{from: from, effect: e}) }
}

// hit3 is hit of node3.
func hit3(from int, e effect) func(*world) {
	return func(w *world) { w.nodes[2].faults = append(w.nodes[2].faults, fault{from: from, effect: e}) }
}

func all(list ...func(*world)) func(*world) {
	return func(w *world) {
		for _, f := range list {
			f(w)
		}
	}
}

func startAt(second int) func(*world)   { return func(w *world) { w.skip = second } }
func without(m missing) func(*world)    { return func(w *world) { w.miss = m } }
func surge(factor float64) func(*world) { return surgeAt(300, factor) }

func surgeAt(from int, factor float64) func(*world) {
	return func(w *world) {
		w.surge = func(second int) float64 {
			if second < from {
				return 1
			}
			return factor
		}
	}
}

// moving lets the lag of another replica be as little steady as real ones are.
func moving(w *world) {
	w.nodes[2].faults = append(w.nodes[2].faults, fault{effect: effect{lag: func(_ float64, s int) float64 { return 0.05 + 0.1*float64(s%7) }}})
}

// wasRecorded gives a world the norms of a recording of its own healthy minutes.
func wasRecorded(w *world) {
	was := newWorld(w.seed, len(w.nodes)-1)
	was.calm()
	calm := NewCalm()
	calm.Begin()
	for was.second < 400 {
		was.step()
		switch s := was.second; {
		case s < 100:
		case s%100 < 30 && s%5 == 0:
			calm.Note(was.snapshot())
		case s%100 == 90:
			calm.Settle(was.snapshot())
		}
	}
	w.earlier = calm.Norms()
	if !reflect.DeepEqual(calm.Norms(), w.earlier) {
		panic("to ask for what is normal changes it")
	}
}

// otherCores gives the hosts other processors than were recorded.
func otherCores(w *world) {
	for i := range w.earlier.Nodes {
		w.earlier.Nodes[i].Cores++
	}
}

var slow = effect{capacity: 0.3, await: 60, util: 99, psiIO: 50, blocked: 1}

func diskRules() []rule {
	return []rule{
		{
			"a saturated disk", 3, hit(300, slow), 380, cluster.CauseDisk, likely,
			[]string{"nvme0n1 (WAL) 9", "w_await", "since 03:0", "PSI io", "normal: cpu", "node3, node4 keep up", "breaker closed", "reduce the ingestion rate"},
			"throttle sync",
		},
		{
			"a saturated disk, twenty minutes on", 3, hit(300, slow), 1500, cluster.CauseDisk, likely, []string{"(was ", "with the lag"}, "throttle sync",
		},
		{
			"a saturated disk, seen late, by its peers", 3, all(hit(300, slow), startAt(340)), 380, cluster.CauseDisk, likely,
			[]string{"(peers ", "the lag began before we looked"},
			"throttle sync",
		},
		{
			"all disks slow at once, seen late", 3, all(hitAll(300, slow), startAt(340)), 380, cluster.CauseDisk, possible,
			[]string{"w_await", "PSI io", "most replicas lag"},
			"",
		},
		{
			"all disks slow at once, seen late, but recorded", 3, all(wasRecorded, hitAll(300, slow), startAt(340)), 380, cluster.CauseDisk, likely,
			[]string{"w_await", "(recorded ", "as recorded"},
			"throttle sync",
		},
		{
			"two of three lag for reasons of their own: the disk", 3,
			all(hit(300, slow), hit3(300, effect{capacity: 0.4, service: 99, busyAll: 60})), 380, cluster.CauseDisk, likely,
			[]string{"w_await"},
			"throttle sync",
		},
		{
			"two of three lag for reasons of their own: the processor", 3,
			all(hit3(300, slow), hit(300, effect{capacity: 0.4, service: 99})), 380, cluster.CauseCPU, likely,
			[]string{"% of a core"},
			"throttle sync",
		},
		{
			"all disks slow at once, a while after more was asked for", 3,
			all(surgeAt(250, 1.5), hitAll(330, slow)), 400, cluster.CauseDisk, likely,
			[]string{"w_await", "it kept up with"},
			"throttle sync",
		},
		{
			"two of three slow by themselves, a while after more was asked for", 3,
			all(surgeAt(250, 1.5), hit(330, effect{capacity: 0.4}), hit3(330, effect{capacity: 0.4})), 400, cluster.CauseUnknown, unsure,
			[]string{"it kept up with"},
			"",
		},
		{
			"one of three slow by itself, beside a slow disk", 3,
			all(hit(300, effect{capacity: 0.4}), hit3(300, slow)), 380, cluster.CauseUnknown, unsure,
			[]string{"as before"},
			"",
		},
		{
			"a disk that slows down while a lag gets better", 3,
			all(func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 300, until: 340, effect: effect{stops: true}})
			}, hit(360, slow)), 430, cluster.CauseDisk, likely,
			[]string{"w_await", "PSI io"},
			"throttle sync",
		},
		{
			"a busy but fast device is not blamed", 3, hit(300, effect{capacity: 0.3, util: 98}), 380, cluster.CauseUnknown, unsure,
			[]string{"busy, not slow"},
			"",
		},
		{
			"nor is one whose user waits for each request", 3, hit(300, effect{capacity: 0.3, util: 98, psiIO: 40, blocked: 1}), 380, cluster.CauseUnknown, unsure,
			[]string{"is busy, not slow", "PSI io"},
			"",
		},
		{
			"what began only after the lag is no cause of it", 3,
			all(hit(300, effect{capacity: 0.5}), hit(400, effect{capacity: 0.5, await: 60, util: 99, psiIO: 50, blocked: 1})), 460, cluster.CauseUnknown, unsure,
			[]string{"disk: nvme0n1 (WAL)", "after the lag"},
			"",
		},
		{
			"what was lost in a cut that is over is not lost now", 3,
			all(func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 250, until: 290, effect: effect{cut: true, loss: 100, stops: true, port: cluster.PortFiltered}})
			}, hit(390, effect{capacity: 0.3})), 450, cluster.CauseUnknown, unsure, nil, "",
		},
		{
			"nor where the lag comes again at once", 3,
			all(func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 300, until: 309, effect: effect{cut: true, loss: 100, stops: true, port: cluster.PortFiltered}})
			}, hit(345, effect{capacity: 0.3})), 375, cluster.CauseUnknown, unsure, nil, "",
		},
		{
			"a lag that comes again soon has a beginning of its own", 3,
			all(func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 300, until: 308, effect: effect{stops: true}})
			}, hit(345, slow)), 390, cluster.CauseDisk, likely,
			[]string{"w_await", "with the lag", "PSI io"},
			"throttle sync",
		},
		{
			"a stall that iostat can't see", 3, hit(300, effect{capacity: 0.3, psiIO: 60, blocked: 1}), 380, cluster.CauseDisk, likely,
			[]string{"PSI io", "which iostat does not show"},
			"throttle sync",
		},
		{
			"a stall of others, while the WAL is written as ever", 3, hit(300, effect{capacity: 0.3, psiIO: 57, blocked: 0.6, writesOn: true}), 380,
			cluster.CauseUnknown, unsure,
			[]string{"PSI io", "completes", "it is not the WAL that waits"},
			"",
		},
		{
			"a busy core and waiting tasks that are not the database's", 3,
			all(func(w *world) { w.nodes[1].cpu = 1 }, hit(300, effect{capacity: 0.3, oneCore: 97, psiCPU: 25, service: 1})), 380,
			cluster.CauseUnknown, unsure,
			[]string{"busiest core", "of a core", "PSI cpu"},
			"",
		},
		{
			"iowait alone proves nothing", 3, all(hit(300, effect{capacity: 0.3, blocked: 1}), without(missing{psi: true})), 380,
			cluster.CauseUnknown, unsure,
			[]string{"pressure (PSI)"},
			"",
		},
		{
			"another disk's stall is not the WAL's", 3, hit(300, effect{capacity: 0.3, other: 60, psiIO: 50, blocked: 1}), 380,
			cluster.CauseUnknown, unsure, nil, "",
		},
		{
			"without the host nobody knows", 3, all(hit(300, slow), without(missing{host: true})), 380, cluster.CauseUnknown, unsure,
			[]string{"its host: not configured"},
			"",
		},
		{
			"one replica, as much load as before", 1, hit(300, slow), 380, cluster.CauseDisk, likely, []string{"as before"}, "throttle sync",
		},
		{
			"one replica, seen late, but recorded", 1, all(wasRecorded, hit(300, slow), startAt(340)), 380, cluster.CauseDisk, likely,
			[]string{"(recorded ", "normal by the recording of 2026-11-22", "as recorded", "the lag began before we looked"},
			"throttle sync",
		},
		{
			"one replica, seen late", 1, all(hit(300, slow), startAt(340)), 380, cluster.CauseDisk, possible, nil, "",
		},
		{
			"a disk that recovered", 3, func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 300, until: 360, effect: slow}, fault{from: 300, effect: effect{capacity: 0.9}})
			}, 380, cluster.CauseDisk, possible, []string{"from 03:0"}, "",
		},
		{
			"nothing is applied, so throttling is no use", 3, hit(300, effect{stops: true, await: 300, util: 100, psiIO: 95, blocked: 1}), 350,
			cluster.CauseDisk, likely,
			[]string{"throttling would not help"},
			"sync",
		},
	}
}

func otherRules() []rule {
	return []rule{
		{
			"a single core hides in an average", 3, func(w *world) {
				for _, n := range w.nodes {
					n.cores, n.per = 4, make([]cluster.CPUTicks, 4)
				}
				hit(300, effect{capacity: 0.5, service: 100})(w)
			}, 380, cluster.CauseCPU, likely, []string{"busiest core 100 %", "of 4, all together "}, "throttle sync",
		},
		{
			"a thread that takes nearly a core where its peers' do not, seen late", 3, all(func(w *world) {
				for _, n := range w.nodes {
					n.cores, n.per = 4, make([]cluster.CPUTicks, 4)
				}
			}, hit(300, effect{capacity: 0.5, service: 86}), startAt(340)), 400, cluster.CauseCPU, possible,
			[]string{"of a core (peers ", "the lag began before we looked"},
			"",
		},
		{
			"too much for every replica", 3, surge(6), 330, cluster.CausePrimary, likely,
			[]string{"most replicas lag", "the primary takes in"},
			"throttle ramp",
		},
		{
			"too much for the only replica", 1, surge(6), 330, cluster.CausePrimary, likely,
			[]string{"the primary takes in", "so it is at its capacity"},
			"throttle ramp",
		},
		{
			"too much for the only replica, seen late, but recorded", 1, all(wasRecorded, surge(6), startAt(320)), 350, cluster.CausePrimary, possible,
			[]string{"(recorded ", "normal by the recording of"},
			"",
		},
		{
			"a breaker that tripped first", 3, hit(300, effect{tripped: true}), 340, cluster.CauseBreaker, likely,
			[]string{"agent-node2 tripped", "as old as the trip"},
			"reset sync",
		},
		{
			"a breaker that tripped after", 3, all(hit(300, slow), hit(350, effect{tripped: true})), 380, cluster.CauseDisk, likely,
			[]string{"a symptom, the lag came first", "else the breaker trips again"},
			"sync",
		},
		{
			"a breaker that tripped after, seen late", 3, all(hit(300, slow), hit(350, effect{tripped: true}), startAt(370)), 400, cluster.CauseDisk, likely,
			[]string{"a symptom, the lag came first"},
			"sync",
		},
	}
}

func beliefRules() []rule {
	return []rule{
		{
			"no contact, and the lag says 0", 3, hit(300, effect{stops: true, loss: 60, port: cluster.PortFiltered, lag: func(float64, int) float64 { return 0 }}),
			380, cluster.CauseNetwork, likely,
			[]string{"loss", "RPC port filtered", "the lag stands at 0 s", "throttling would not help"},
			"network",
		},
		{
			"the monitor's own link", 3, func(w *world) {
				for _, n := range w.nodes[1:] {
					n.faults = append(n.faults, fault{from: 290, effect: effect{ownLoss: 15}})
				}
				hit(300, slow)(w)
			}, 380, cluster.CauseDisk, likely, nil, "throttle sync",
		},
		{
			"sync errors that are over", 3, func(w *world) {
				w.nodes[1].faults = append(w.nodes[1].faults, fault{from: 200, until: 270, effect: effect{errors: 3}})
				hit(300, slow)(w)
			}, 390, cluster.CauseDisk, likely, []string{"they are over"}, "throttle sync",
		},
		{
			"syncs that fail now and then, and never complete", 3, hit(300, effect{capacity: 0.1, errors: 0.05}), 420, cluster.CauseSync, likely,
			[]string{"syncs in a row failed, none completed", "the gap does not close"},
			"sync",
		},
		{
			"syncs that fail now and then, and complete as well", 3, hit(300, effect{capacity: 0.1, errors: 0.05, completes: true}), 420,
			cluster.CauseUnknown, unsure,
			nil, "",
		},
		{
			"a lag that stands still", 3, hit(300, effect{capacity: 0.3, lag: func(float64, int) float64 { return 7.25 }}), 380,
			cluster.CauseMeasurement, likely,
			[]string{"stands at 7.3 s", "don't act on the lag"},
			"",
		},
		{
			"a lag below zero", 3, hit(300, effect{capacity: 0.3, lag: func(float64, int) float64 { return -40 }}), 380,
			cluster.CauseMeasurement, likely,
			[]string{"negative lag"},
			"",
		},
		{
			"nothing is written", 3, all(surge(0), hit(300, effect{lag: func(_ float64, s int) float64 { return float64(s - 300) }})), 340,
			cluster.CauseMeasurement, likely,
			[]string{"0 assertions behind"},
			"",
		},
		{
			"a lag that stands still below the warning, and no count", 3,
			all(hit(300, effect{capacity: 0.3, lag: func(float64, int) float64 { return 3.25 }}), without(missing{metrics: true}), moving), 400,
			cluster.CauseMeasurement, possible,
			[]string{"the same digits, 3.3 s", "its assertion count", "compare the assertion counts"},
			"",
		},
		{
			"a lag of 0, no count, and no way from the primary", 3,
			all(hit(300, effect{stops: true, port: cluster.PortFiltered, lag: func(float64, int) float64 { return 0 }}), without(missing{metrics: true})), 380,
			cluster.CauseNetwork, possible,
			[]string{"from the primary RPC port filtered", "the lag is told to be 0 s"},
			"",
		},
		{"all is well", 3, func(*world) {}, 380, cluster.CauseNone, likely, nil, ""},
	}
}

func TestVerdictRules(t *testing.T) {
	for _, x := range slices.Concat(diskRules(), otherRules(), pathRules(), beliefRules()) {
		t.Run(x.name, func(t *testing.T) {
			for seed := range uint64(5) {
				x.try(t, seed)
			}
		})
	}
}

// calm makes the worlds of rules alike, whatever their seed.
func (w *world) calm() {
	w.usual, w.nodes[1].rotational, w.nodes[1].rtt = 2000, false, 0.5
}

func (x *rule) try(t *testing.T, seed uint64) {
	t.Helper()
	w := newWorld(100+seed, x.replicas)
	w.calm()
	x.do(w)
	for w.second < x.until {
		w.step()
	}
	v := w.verdict("node2")
	if v.Cause != x.cause || v.Confidence != x.confidence {
		t.Errorf("seed %d: %v %v, want %v %v\nfor %q\nagainst %q", seed, v.Cause, v.Confidence, x.cause, x.confidence, v.For, v.Against)
		return
	}
	words := joined(slices.Concat(v.For, v.Against, v.Missing, []cluster.Text{v.Next}), "\n")
	for _, part := range x.says {
		if !strings.Contains(words, part) {
			t.Errorf("seed %d: %q is not in\n%s", seed, part, words)
		}
	}
	advice := slices.DeleteFunc(slices.Clone(v.Advice), func(w cluster.Text) bool { return w.String() == adviceEscalate })
	if got := joined(advice, " "); got != x.advice {
		t.Errorf("seed %d: advice %q, want %q", seed, got, x.advice)
	}
}

// A host that was given other hardware is not held against what was recorded of
// it; what the cluster takes in is.
func TestVerdictRecordedOnOtherHardware(t *testing.T) {
	w := newWorld(100, 1)
	w.calm()
	all(wasRecorded, otherCores, hit(300, slow), startAt(340))(w)
	for w.second < 380 {
		w.step()
	}
	v := w.verdict("node2")
	words := joined(v.For, "\n")
	if strings.Contains(words, "(recorded") || !strings.Contains(words, "as recorded") {
		t.Errorf("for\n%s", words)
	}
}

// The counts of two scrapes are of different instants: what is said of them is what
// is shown beside them.
func TestVerdictSaysTheCountsOfOneInstant(t *testing.T) {
	w := newWorld(100, 3)
	w.calm()
	hit(300, effect{lag: func(float64, int) float64 { return 90 }})(w)
	for w.second < 340 {
		w.step()
	}
	s := w.snapshot()
	taken, _ := s.Primary.Assertions.Value()
	s.Primary.Assertions = cluster.Known(taken + 2000)
	s.Replicas[0].Assertions.Behind = cluster.Known(123)
	if words := joined(Diagnose(s, nil)[0].For, "\n"); !strings.Contains(words, "123 assertions behind, where 90 s of") {
		t.Errorf("for\n%s", words)
	}
}

func joined(list []cluster.Text, by string) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = w.String()
	}
	return strings.Join(words, by)
}
