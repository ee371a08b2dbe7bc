package runbook

import (
	"math"
	"testing"
)

// counter returns the values as scraped each step seconds, the last at 0.
func counter(step int64, values ...float64) []PromSample {
	s := make([]PromSample, len(values))
	for i, v := range values {
		s[i] = PromSample{1000 * step * int64(i-len(values)+1), v}
	}
	return s
}

// TestRateByDialect: since 3.0 a range of five steps holds five samples rather
// than six. The figures follow from the definition, by hand.
func TestRateByDialect(t *testing.T) {
	modern, old := Dialect{}, DialectDebian12
	for name, c := range map[string]struct {
		samples      []PromSample
		at           int64
		modern, old  float64
		modernMisses bool
	}{
		"steady":        {counter(60, 100, 106, 112, 118, 124, 130), 0, 0.1, 0.1, false},
		"edge":          {counter(60, 100, 130, 130, 130, 130, 130), 0, 0, 0.1, false},
		"two, one edge": {counter(300, 0, 60), 0, 0, 0.2, true},
		"reset":         {counter(60, 106, 112, 2, 8, 14), 0, 20.0 * 5 / 4 / 300, 20.0 * 5 / 4 / 300, false},
		// 30 s of slope before the first sample would pass 0; it began 15 s before.
		"near zero": {counter(60, 1, 5, 9), 0, 8 * (120 + 15) / 120.0 / 300, 8 * (120 + 15) / 120.0 / 300, false},
		// The zero point lies between half a spacing and 1.1 of it.
		"zero between": {counter(60, 3, 7, 11), 0, 8 * (120 + 30) / 120.0 / 300, 8 * (120 + 45) / 120.0 / 300, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := modern.rate(c.samples, c.at, 300_000)
			if ok == c.modernMisses || math.Abs(got-c.modern) > 1e-12 {
				t.Errorf("3.0: %v %v, want %v", got, ok, c.modern)
			}
			if got, ok := old.rate(c.samples, c.at, 300_000); !ok || math.Abs(got-c.old) > 1e-12 {
				t.Errorf("2.42: %v %v, want %v", got, ok, c.old)
			}
		})
	}
}

// TestCountsThatFire are the counts in five minutes that the research computed
// from Prometheus' source: at 15, 30 and 60 s between scrapes.
func TestCountsThatFire(t *testing.T) {
	for step, least := range map[int64]float64{15: 29, 30: 28, 60: 25} {
		for _, errors := range []float64{least - 1, least} {
			values := make([]float64, 300/step+20)
			for i := range values {
				values[i] = 1000
				if i > len(values)-5 {
					values[i] += errors
				}
			}
			// At the scrape itself.
			got, _ := Dialect{}.rate(counter(step, values...), 0, 300_000)
			if (got > 0.1) != (errors == least) {
				t.Errorf("%v errors at %d s give %v", errors, step, got)
			}
		}
	}
}
