package runbook

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	tuningSeed  = 1    // the constants of the forecast were chosen on this one
	heldOutSeed = 4711 // the bars are asserted on this one
	perClass    = 100
)

// score is how the forecasts of one class did.
type score struct {
	class                       string
	traces, can, answered       int // all; those that can be forecast; those of them answered
	answeredAll, covered, wrong int // of all traces
	errors, widths              []float64
}

func (s *score) judge(tr trace, f Forecast) {
	s.traces++
	if tr.canBeForecast() {
		s.can++
	}
	for i, e := range []ETA{f.ToCaughtUp, f.ToEscalation} {
		if !e.Known() {
			continue
		}
		s.answeredAll++
		if tr.nothing || tr.rising != (i == 1) {
			s.wrong++
			continue
		}
		if tr.canBeForecast() {
			s.answered++
		}
		best, low, high := value(e.Estimate), value(e.Bounds[0]), value(e.Bounds[1])
		if low <= tr.truth && tr.truth <= high {
			s.covered++
		}
		s.errors = append(s.errors, math.Abs(best-tr.truth)/tr.truth)
		s.widths = append(s.widths, (high-low)/best)
	}
}

func value(f cluster.Figure) float64 {
	v, ok := f.Value()
	if !ok {
		return math.NaN()
	}
	return v
}

func (s *score) add(o score) {
	s.traces, s.can, s.answered, s.answeredAll = s.traces+o.traces, s.can+o.can, s.answered+o.answered, s.answeredAll+o.answeredAll
	s.covered, s.wrong = s.covered+o.covered, s.wrong+o.wrong
	s.errors, s.widths = append(s.errors, o.errors...), append(s.widths, o.widths...)
}

func (s *score) coverage() float64 { return float64(s.covered) / float64(s.answeredAll) }

func (s *score) answers() float64 { return float64(s.answered) / float64(s.can) }

func (s *score) String() string {
	return fmt.Sprintf("%-12s %6d %8d %8.0f %% %8.0f %% %8.1f %% %6.0f %% %6d", s.class, s.traces, s.can,
		100*s.answers(), 100*s.coverage(), 100*mid(s.errors), 100*mid(s.widths), s.wrong)
}

func mid(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	return median(slices.Clone(v))
}

// scores forecasts all classes from one seed; the last is the total.
func scores(seed uint64) []score {
	var all []score
	total := score{class: "all"}
	for i, m := range makers() {
		s := score{class: m.class}
		for j := range uint64(perClass) {
			tr := m.make(rand.New(rand.NewPCG(seed, uint64(i)<<32|j)))
			s.judge(tr, Predict(tr.points, tr.restarts, now, ForecastLimits{}))
		}
		total.add(s)
		all = append(all, s)
	}
	return append(all, total)
}

// TestForecastScores holds the forecasts to their bars on traces that nothing
// was tuned on.
func TestForecastScores(t *testing.T) {
	for _, seed := range []uint64{tuningSeed, heldOutSeed} {
		all := scores(seed)
		var table strings.Builder
		for i := range all {
			fmt.Fprintln(&table, all[i].String())
		}
		t.Logf("seed %d\nclass        traces can fcst  answered  coverage  mid error  width  wrong\n%s", seed, table.String())
		if seed == tuningSeed {
			continue
		}
		total := all[len(all)-1]
		if total.coverage() < 0.9 {
			t.Errorf("the interval covers %.0f %%, want at least 90 %%", 100*total.coverage())
		}
		if total.answers() < 0.8 {
			t.Errorf("%.0f %% of what can be forecast is answered, want at least 80 %%", 100*total.answers())
		}
		if e := mid(all[0].errors); all[0].class != "linear" || !(e <= 0.05) {
			t.Errorf("the median error on linear recoveries is %.1f %%, want at most 5 %%", 100*e)
		}
		for _, s := range all[:len(all)-1] {
			if s.can == 0 && s.answeredAll > 0 {
				t.Errorf("%d forecasts where there is nothing to forecast (%s)", s.answeredAll, s.class)
			}
			if s.can > 0 && s.coverage() < 0.85 {
				t.Errorf("the interval covers %.0f %% of %s", 100*s.coverage(), s.class)
			}
		}
	}
}

// BenchmarkForecast is one forecast of 120 points. Budget: 100 µs, so that 1,000
// lagging replicas at 1 Hz take a tenth of a core.
func BenchmarkForecast(b *testing.B) {
	r := rand.New(rand.NewPCG(tuningSeed, 9))
	g := trend(r, 240)
	tr := sampled(r, "noisy", g, 240, 0.05*g.level, 0)
	tr.points = tr.points[len(tr.points)-120:]
	b.ReportAllocs()
	for b.Loop() {
		Predict(tr.points, nil, now, ForecastLimits{})
	}
}

// BenchmarkForecastScores reports how good the forecasts are.
func BenchmarkForecastScores(b *testing.B) {
	var all []score
	for b.Loop() {
		all = scores(heldOutSeed)
	}
	total := &all[len(all)-1]
	b.ReportMetric(100*total.coverage(), "coverage-%")
	b.ReportMetric(100*total.answers(), "answered-%")
	b.ReportMetric(100*mid(all[0].errors), "linear-error-%")
}
