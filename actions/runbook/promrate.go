package runbook

import "time"

// Dialect is in what the versions of Prometheus differ, for the expressions that
// rules use. The zero Dialect is Prometheus 3.0 and newer.
type Dialect struct {
	// ClosedRange counts a sample that is exactly as old as the range or the
	// lookback, as before 3.0; since then ranges are open on the left.
	ClosedRange bool
	// EarlyZero limits extrapolation to the counter's zero point before the test
	// for a distant first sample rather than after it, as before
	// prometheus/prometheus#13725 (March 2024).
	EarlyZero bool
}

// DialectDebian12 is that of Prometheus 2.42, which Debian 12 ships.
var DialectDebian12 = Dialect{ClosedRange: true, EarlyZero: true}

// Lookback is how long Prometheus goes on using the newest sample of a series
// that got no stale marker: its default query.lookback-delta.
const Lookback = 5 * time.Minute

// PromSample is one sample as Prometheus stores it.
type PromSample struct {
	At    int64 // Unix milliseconds
	Value float64
}

// covers tells whether a sample of time t is within span milliseconds up to at.
func (d Dialect) covers(t, at, span int64) bool {
	return t <= at && (t > at-span || (d.ClosedRange && t == at-span))
}

// rate returns rate() in 1/s of the samples, oldest first, within span
// milliseconds up to at; ok is false for fewer than two samples.
func (d Dialect) rate(samples []PromSample, at, span int64) (perSecond float64, ok bool) {
	from := 0
	for from < len(samples) && !d.covers(samples[from].At, at, span) {
		from++
	}
	in := samples[from:]
	if len(in) < 2 {
		return 0, false
	}
	last := in[len(in)-1]
	increase := last.Value - in[0].Value
	for i := 1; i < len(in); i++ {
		if in[i].Value < in[i-1].Value { // a reset: it began at 0 again
			increase += in[i-1].Value
		}
	}
	return d.extrapolate(in[0], last.At, len(in), increase, at, span), true
}

// extrapolate returns the rate for an increase seen by n samples from first to
// lastAt, stretched to the edges of the range as Prometheus does: to an edge
// that is nearer than 1.1 mean spacings, else by half a spacing, and never
// before the counter's zero. Source: promql/functions.go, extrapolatedRate.
func (d Dialect) extrapolate(first PromSample, lastAt int64, n int, increase float64, at, span int64) float64 {
	toStart := float64(first.At-(at-span)) / 1000
	toEnd := float64(at-lastAt) / 1000
	sampled := float64(lastAt-first.At) / 1000
	spacing := sampled / float64(n-1)
	distant := spacing * 1.1

	toZero := toStart
	if increase > 0 && first.Value >= 0 {
		toZero = sampled * (first.Value / increase)
	}
	if d.EarlyZero {
		toStart = min(toStart, toZero)
	}
	if toStart >= distant {
		toStart = spacing / 2
	}
	if !d.EarlyZero {
		toStart = min(toStart, toZero)
	}
	if toEnd >= distant {
		toEnd = spacing / 2
	}
	factor := (sampled + toStart + toEnd) / sampled
	return increase * (factor / (float64(span) / 1000))
}
