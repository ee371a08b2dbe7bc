package physics

import (
	"math"
	"testing"
	"time"
)

// Between any two instants the counters obey what a kernel's do: processors'
// ticks add up to the time, busy time never exceeds it, and the queue is the
// completions times their wait (Little).
func TestHostCounters(t *testing.T) {
	for _, name := range []string{"healthy", "disk", "cpu", "overload", "breaker"} {
		w := start(t, name)
		w.Advance(time.Second)
		for range 60 {
			var before [5]Host
			for i := range before {
				before[i] = *w.Node(i).Host
			}
			w.Advance(w.Now() + time.Second)
			for i := range before {
				checkHost(t, name, w.Node(i).ID, &before[i], w.Node(i).Host)
			}
		}
	}
}

func checkHost(t *testing.T, name, id string, a, b *Host) {
	t.Helper()
	for c := range a.CPU {
		x, y := a.CPU[c], b.CPU[c]
		parts := []float64{y.User - x.User, y.Nice - x.Nice, y.System - x.System, y.Idle - x.Idle, y.IOWait - x.IOWait, y.SoftIRQ - x.SoftIRQ}
		sum := 0.0
		for _, p := range parts {
			if p < -1e-6 {
				t.Errorf("%s %s cpu%d: a field fell: %v", name, id, c, parts)
			}
			sum += p
		}
		if math.Abs(sum-100) > 0.01 {
			t.Errorf("%s %s cpu%d: %v ticks in a second", name, id, c, sum)
		}
	}
	x, y := a.WAL, b.WAL
	if busy := y.IOTicks - x.IOTicks; busy < 0 || busy > 1000.01 {
		t.Errorf("%s %s: disk busy %v ms in a second", name, id, busy)
	}
	waited := y.ReadTicks - x.ReadTicks + y.WriteTicks - x.WriteTicks
	if weighted := y.WeightedTicks - x.WeightedTicks; math.Abs(weighted-waited) > 0.01 {
		t.Errorf("%s %s: weighted %v, waited %v", name, id, weighted, waited)
	}
	if stall := b.IOSome.Total - a.IOSome.Total; stall < 0 || stall > 1e6 {
		t.Errorf("%s %s: stalled %v µs in a second", name, id, stall)
	}
}

// What the operator must be able to tell apart.
func TestSignatures(t *testing.T) {
	look := func(name string, node int) (util, await, own, hog float64) {
		w := start(t, name)
		w.Advance(20 * time.Second)
		a, p := *w.Node(node).Host, w.Node(node).Process
		w.Advance(30 * time.Second)
		b, q := w.Node(node).Host, w.Node(node).Process
		return (b.WAL.IOTicks - a.WAL.IOTicks) / 100, (b.WAL.WriteTicks - a.WAL.WriteTicks) / (b.WAL.WriteIOs - a.WAL.WriteIOs),
			(q.UserTicks - p.UserTicks + q.SystemTicks - p.SystemTicks) / 10, (b.HogTicks - a.HogTicks) / 10
	}
	if util, await, _, _ := look("healthy", 1); util > 60 || await > 3 {
		t.Errorf("healthy: %.0f %%util, w_await %.1f ms", util, await)
	}
	if util, await, _, hog := look("disk", 1); util < 98 || await < 40 || hog > 0 {
		t.Errorf("disk: %.0f %%util, w_await %.1f ms, hog %.0f %%", util, await, hog)
	}
	if util, await, own, hog := look("cpu", 2); util > 60 || await > 5 || own < 20 || hog < 250 {
		t.Errorf("cpu: %.0f %%util, w_await %.1f ms, stemedb %.0f %%, hog %.0f %%", util, await, own, hog)
	}
	if util, await, _, _ := look("network", 4); util > 60 || await > 3 {
		t.Errorf("network: %.0f %%util, w_await %.1f ms", util, await)
	}
}
