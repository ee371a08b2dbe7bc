package runbook

import (
	"math"
	"time"
)

// mostSamples bounds the samples that a forecast works on. More are joined by
// medians of neighbours.
const mostSamples = 120

// samples are readings of a lag: t in seconds relative to now, rising, y in
// seconds behind with lone outliers taken out.
type samples struct{ t, y []float64 }

// newSamples takes the usable points after since and not after at, as they are.
func newSamples(points []Point, since, at time.Time) samples {
	s := samples{t: make([]float64, 0, len(points)), y: make([]float64, 0, len(points))}
	for _, p := range points {
		if p.At.Before(since) || p.At.After(at) || math.IsNaN(p.Seconds) || math.IsInf(p.Seconds, 0) {
			continue
		}
		t := p.At.Sub(at).Seconds()
		if n := len(s.t); n > 0 && t <= s.t[n-1] {
			continue
		}
		s.t, s.y = append(s.t, t), append(s.y, p.Seconds)
	}
	return s
}

// steadied returns what of the samples tells where the lag goes: maybe none.
func (s samples) steadied() samples {
	if known, are := s.stairs(); are {
		return known.thin()
	}
	return s.sinceFrozen().thin().despike()
}

// sinceFrozen drops what lies before the digits stopped moving, if they stand
// still for far longer than they ever did: nothing follows from the old slope.
// Standing at 0 does not count: a healthy replica does.
func (s samples) sinceFrozen() samples {
	const suspicious = 5
	run, longest, n := 1, 0, len(s.y)
	for i := 1; i < n; i++ {
		if s.y[i] == s.y[i-1] {
			run++
			continue
		}
		if s.y[i-1] != 0 {
			longest = max(longest, run)
		}
		run = 1
	}
	if run < suspicious || run <= 2*longest {
		return s
	}
	return s.from(n - run)
}

// thin joins neighbours so that at most mostSamples remain.
func (s samples) thin() samples {
	k := (len(s.t) + mostSamples - 1) / mostSamples
	if k <= 1 {
		return s
	}
	var out samples
	for end := len(s.t); end > 0; end -= k { // from the newest, so that it is never a short group
		begin := max(0, end-k)
		out.t = append(out.t, mean(s.t[begin:end]))
		out.y = append(out.y, median(append([]float64(nil), s.y[begin:end]...)))
	}
	reverse(out.t)
	reverse(out.y)
	return out
}

// despike replaces outliers by the median of their neighbourhood: Hampel's
// identifier over seven samples, at 3 robust standard deviations.
func (s samples) despike() samples {
	const reach, limit = 3, 3 * 1.4826
	out := samples{t: s.t, y: make([]float64, len(s.y))}
	var near, away [2*reach + 1]float64
	for i, v := range s.y {
		begin, end := max(0, i-reach), min(len(s.y), i+reach+1)
		w := near[:copy(near[:], s.y[begin:end])]
		m := median(w)
		d := away[:len(w)]
		for j := range w {
			d[j] = math.Abs(w[j] - m)
		}
		// A gauge with few digits has many equal values: a deviation of 0 among
		// them makes no outlier of the next digit.
		if scale := median(d); scale > 0 && math.Abs(v-m) > limit*scale {
			v = m
		}
		out.y[i] = v
	}
	return out
}

// from returns the samples from index i on.
func (s samples) from(i int) samples { return samples{s.t[i:], s.y[i:]} }

// span returns the time from the first to the last sample in seconds.
func (s samples) span() float64 { return s.t[len(s.t)-1] - s.t[0] }

// silent tells whether the newest sample is so old that there may be none any more.
func (s samples) silent() bool {
	n := len(s.t)
	spacing := 0.0
	if n > 1 {
		spacing = s.span() / float64(n-1)
	}
	return -s.t[n-1] > max(10, 5*spacing)
}
