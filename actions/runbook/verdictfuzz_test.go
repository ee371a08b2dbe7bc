package runbook

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Whatever comes in, nothing panics, each replica has one verdict, a likely one
// has reasons, and lists are bounded.
func TestVerdictsOfAnything(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(r, "seed"), rapid.IntRange(1, 4).Draw(r, "replicas"))
		for _, n := range w.nodes {
			n.faults = append(n.faults, drawFault(r), drawFault(r))
		}
		w.miss = missing{
			host: rapid.Bool().Draw(r, "host"), probe: rapid.Bool().Draw(r, "probe"), admin: rapid.Bool().Draw(r, "admin"),
			psi: rapid.Bool().Draw(r, "psi"), metrics: rapid.Bool().Draw(r, "metrics"),
		}
		w.skip = rapid.IntRange(0, 60).Draw(r, "skip")
		judged(w, 120)
		s := w.snapshot()
		for i, v := range Diagnose(s, w.judge.past) {
			if v.Replica != s.Replicas[i].ID || v.Since.IsZero() {
				r.Fatalf("%+v", v)
			}
			if v.Confidence == likely && v.Cause != cluster.CauseNone && len(v.For) < 2 {
				r.Fatalf("likely %v for %q", v.Cause, v.For)
			}
			if max(len(v.For), len(v.Against), len(v.Missing)) > mostLines {
				r.Fatalf("%+v", v)
			}
			Checklist(s, v.Replica)
		}
		if n := len(Handover(s, nil)); n > cardLines {
			r.Fatalf("%d lines", n)
		}
	})
}

func drawFault(r *rapid.T) fault {
	f := fault{from: rapid.IntRange(0, 110).Draw(r, "from")}
	f.until = f.from + rapid.IntRange(1, 100).Draw(r, "lasts")
	size := func(name string, most float64) float64 { return rapid.Float64Range(0, most).Draw(r, name) }
	f.effect = effect{
		stops: rapid.Bool().Draw(r, "stops"), cut: rapid.Bool().Draw(r, "cut"), tripped: rapid.Bool().Draw(r, "tripped"),
		capacity: size("capacity", 2), await: size("await", 500), psiIO: size("psi", 100), busyAll: size("busy", 100),
		loss: size("loss", 100), rtt: size("rtt", 500), errors: size("errors", 5),
		port: cluster.PortState(rapid.IntRange(0, 5).Draw(r, "port")),
	}
	if v := rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), -3}).Draw(r, "lag"); v != 1 {
		f.lag = func(float64, int) float64 { return v }
	}
	return f
}

// A step of the wall clock moves what is remembered with it.
func TestVerdictSurvivesAClockStep(t *testing.T) {
	w := newWorld(31, 3)
	w.usual, w.nodes[1].rotational = 2000, false
	hit(300, slow)(w)
	for w.second < 340 {
		w.step()
	}
	w.start = w.start.Add(-time.Hour)
	w.publish(0, 0, cluster.FromMonitor, "", &cluster.ClockStep{By: -time.Hour}, nil)
	for w.second < 380 {
		w.step()
	}
	if v := w.verdict("node2"); v.Cause != cluster.CauseDisk || v.Confidence != likely {
		t.Errorf("%v %v for %q against %q", v.Cause, v.Confidence, v.For, v.Against)
	}
}
