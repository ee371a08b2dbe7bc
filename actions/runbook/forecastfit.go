package runbook

import "math"

// normal95 is the quantile of the normal distribution for 95 % two-sided. The
// interval is promised for 90 %: the rest pays for noise that is no AR(1).
const normal95 = 1.96

// noiseFloor is the least noise, in seconds, that a lag gauge is taken to have.
const noiseFloor = 0.01

// mostPairs bounds the pairs that the slope is the median of.
const mostPairs = 900

// line is a robust straight line through samples. Level and slope are taken at
// the centre of the samples, where their errors are independent.
type line struct {
	centre            float64 // s, relative to now
	level, levelError float64 // s behind
	slope, slopeError float64 // s/s; errors are half the width of the interval
	deviation         float64 // s, robust standard deviation about the line
}

// at returns the lag at time t, in s relative to now.
func (l line) at(t float64) float64 { return l.level + l.slope*(t-l.centre) }

// crossing returns the soonest and the latest time from now at which the line,
// within its errors, meets target. A slope that may be 0 never does.
func (l line) crossing(target float64) (soon, late float64) {
	steep, shallow := l.slope-l.slopeError, l.slope+l.slopeError
	near, far := l.level-l.levelError, l.level+l.levelError
	if l.slope > 0 {
		steep, shallow = shallow, steep
		near, far = far, near
	}
	if shallow*l.slope <= 0 {
		return 0, math.Inf(1)
	}
	return l.centre + max(0, (target-near)/steep), l.centre + max(0, (target-far)/shallow)
}

// fit returns the line through at least three samples.
func (s samples) fit() line {
	n := float64(len(s.t))
	l := line{slope: s.theilSen()}
	var spread float64
	l.centre = mean(s.t)
	for _, t := range s.t {
		spread += (t - l.centre) * (t - l.centre)
	}
	residuals, scratch := make([]float64, len(s.t)), make([]float64, len(s.t))
	for i, t := range s.t {
		residuals[i] = s.y[i] - l.slope*(t-l.centre)
	}
	copy(scratch, residuals)
	l.level = median(scratch)
	for i := range residuals {
		residuals[i] -= l.level
		scratch[i] = math.Abs(residuals[i])
	}
	l.deviation = 1.4826 * median(scratch)
	if l.deviation < noiseFloor { // most are on the line, but perhaps not all
		l.deviation = max(noiseFloor, rms(residuals))
	}
	correlation := autocorrelation(residuals, 3*l.deviation)
	inflation := (1 + correlation) / (1 - correlation)
	half := student95(n/inflation-2) * l.deviation * math.Sqrt(inflation)
	l.slopeError = max(half/math.Sqrt(spread), slopeFloor*math.Abs(l.slope))
	l.levelError = 1.25 * half / math.Sqrt(n) // 1.25: a median instead of a mean
	return l
}

// theilSen returns the median of the slopes between pairs of samples. Pairs
// nearer than a third of the window are left out: they tell little but noise.
// If there are more than mostPairs, every so many are taken.
func (s samples) theilSen() float64 {
	n := len(s.t)
	apart := max(1, n/3)
	stride := 1 + (n-apart)*(n-apart)/2/mostPairs
	slopes := make([]float64, 0, 2*mostPairs)
	k := 0
	for i := range n - apart {
		for j := i + apart; j < n; j++ {
			if k++; k%stride == 0 {
				slopes = append(slopes, (s.y[j]-s.y[i])/(s.t[j]-s.t[i]))
			}
		}
	}
	return median(slopes)
}

// autocorrelation returns the correlation of neighbours among residuals, each
// clipped to ±limit, corrected for the bias that a fitted line brings, between 0
// and 0.97.
func autocorrelation(residuals []float64, limit float64) float64 {
	clip := func(r float64) float64 { return min(max(r, -limit), limit) }
	var squares, products float64
	for i, r := range residuals {
		squares += clip(r) * clip(r)
		if i > 0 {
			products += clip(r) * clip(residuals[i-1])
		}
	}
	if squares == 0 {
		return 0
	}
	rho, n := products/squares, float64(len(residuals))
	return min(max(0, rho+(2+4*max(0, rho))/n), 0.97)
}

// student95 returns Student's quantile for 95 % two-sided, by the expansion of
// Cornish and Fisher: within 1 % from 3 degrees of freedom on.
func student95(freedom float64) float64 {
	v := max(1, freedom)
	return normal95 + 2.37/v + 2.82/(v*v)
}
