package runbook

import "time"

// clears returns the first evaluation at which a rate would no longer be above
// the rule's threshold if scrapes went on at their mean spacing and the counter
// stood still; zero if it does not within the range.
func (a *Alerts) clears(s *AlertSeries, r *Rule, at time.Time) time.Time {
	n := len(s.Samples)
	if n < 2 {
		return time.Time{}
	}
	spacing := max(1, (s.Samples[n-1].At-s.Samples[0].At)/int64(n-1))
	step := max(spacing, a.every().Milliseconds())
	span := r.Rate.Milliseconds()
	w := newStill(s.Samples, spacing, span)
	begin := at.UnixMilli()
	if a.next.After(at) {
		begin = a.next.UnixMilli()
	}
	for t := begin; t <= begin+span+2*step; t += step {
		if v, ok := w.rate(a.options.Dialect, t, span); !ok || v <= r.Above {
			return time.UnixMilli(t).In(at.Location())
		}
	}
	return time.Time{}
}

// still is a counter that stands still after its newest sample, with the
// increase up to each sample, so that the rate at a sequence of times costs one
// pass in all.
type still struct {
	samples  []PromSample
	increase []float64 // since the first sample, resets added back
	from, to int       // the samples within the range of the newest call
}

func newStill(past []PromSample, spacing, span int64) *still {
	w := &still{samples: append([]PromSample(nil), past...)}
	last := past[len(past)-1]
	// A counter scraped faster than maxSamples allows is thinned alike.
	count := min(span/spacing+2, maxSamples)
	for i := range count {
		w.samples = append(w.samples, PromSample{last.At + (i+1)*spacing, last.Value})
	}
	w.increase = make([]float64, len(w.samples))
	for i := 1; i < len(w.samples); i++ {
		d := w.samples[i].Value - w.samples[i-1].Value
		if d < 0 {
			d = w.samples[i].Value
		}
		w.increase[i] = w.increase[i-1] + d
	}
	return w
}

// rate returns the rate at a time that is not before that of the last call.
func (w *still) rate(d Dialect, at, span int64) (float64, bool) {
	for w.to < len(w.samples) && w.samples[w.to].At <= at {
		w.to++
	}
	for w.from < w.to && !d.covers(w.samples[w.from].At, at, span) {
		w.from++
	}
	n := w.to - w.from
	if n < 2 {
		return 0, false
	}
	increase := w.increase[w.to-1] - w.increase[w.from]
	return d.extrapolate(w.samples[w.from], w.samples[w.to-1].At, n, increase, at, span), true
}
