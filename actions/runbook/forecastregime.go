package runbook

import (
	"math"
	"slices"
)

const (
	// leastSide is the fewest samples on each side of a change.
	leastSide = 4
	// clearChange is the F statistic, over all places where a change could be,
	// that white noise exceeds about once in a thousand windows.
	clearChange = 12.0
	// surerChange is the same for ends of a window, of which there are several and
	// which know less of slow noise; leastEnd the shortest of them.
	surerChange = 60.0
	leastEnd    = 12
	// A swing is a way up or down by this part of what a window spans; with so many of
	// them it is a saw.
	swing      = 0.2
	mostSwings = 4
	// mostChanges bounds how many changes are looked for in one window.
	mostChanges = 6
)

// regime returns the samples since the last change of slope or level: while two
// lines with a break fit a window far better than one (a Chow test at the best of
// all breaks), it goes on with the later one. slowing tells that the slope fades,
// by the last change or within the samples that are left: a straight line then
// promises too much.
func (s samples) regime() (last samples, slowing bool) {
	for range mostChanges {
		k, left, right := s.change(clearChange)
		if k == 0 {
			k, left, right = s.lateChange()
		}
		if k == 0 {
			break
		}
		slowing = fades(left, right, s.t[0], s.t[k]) && s.t[len(s.t)-1]-s.t[k] < 2*(s.t[k]-s.t[0])
		s = s.from(k)
	}
	return s, slowing || s.bends()
}

// fades tells whether right goes on where left, which began at begin, ends, and
// the same way, but less steeply.
func fades(left, right line, begin, end float64) bool {
	return left.slope*right.slope > 0 && math.Abs(right.slope) < 0.8*math.Abs(left.slope) &&
		math.Abs(left.at(end)-right.at(end)) < 0.3*math.Abs(left.slope)*(end-begin)
}

// bends tells whether the later half is less steep than the earlier by more than
// the errors of both.
func (s samples) bends() bool {
	half := len(s.t) / 2
	if half < leastPoints {
		return false
	}
	a, b := samples{s.t[:half], s.y[:half]}.fit(), s.from(half).fit()
	return a.slope*b.slope > 0 && math.Abs(a.slope)-math.Abs(b.slope) > a.slopeError+b.slopeError
}

// lateChange is change within ever longer ends of the window, the first that there
// is. Where the window holds several, no two lines fit it: what they leave looks like
// slow noise, behind which a change would hide.
func (s samples) lateChange() (k int, left, right line) {
	n := len(s.t)
	for size := leastEnd; size < n; size += size / 2 {
		if k, left, right := s.from(n - size).change(surerChange); k > 0 {
			if k += n - size; s.saws() || drops(left, right, s.t[k]) {
				k = 0
			}
			return k, left, right
		}
	}
	return 0, left, right
}

// drops tells whether what two lines have between them is the drop of a saw: both go
// the same way, and the second begins back where the first came from.
func drops(left, right line, at float64) bool {
	return left.slope*right.slope > 0 && math.Abs(left.slope) > 0.2*math.Abs(right.slope) &&
		(right.at(at)-left.at(at))*left.slope < 0
}

// saws tells whether the window goes up and down all the time: its last turn is one
// of many then, and the next will come.
func (s samples) saws() bool { return s.swings(swing*(slices.Max(s.y)-slices.Min(s.y))) >= mostSwings }

// swings counts the ways up and down of at least size.
func (s samples) swings(size float64) (n int) {
	low, high, way := s.y[0], s.y[0], 0
	for _, y := range s.y {
		low, high = min(low, y), max(high, y)
		switch {
		case way <= 0 && y-low >= size:
			n, way, high = n+1, 1, y
		case way >= 0 && high-y >= size:
			n, way, low = n+1, -1, y
		case way > 0 && y >= high, way < 0 && y <= low: // further on its way
			low, high = y, y
		}
	}
	return n
}

// change returns where the second of two lines begins, and both, by least
// squares and without errors; 0 if one line will do, or the F statistic is not
// over the given one.
func (s samples) change(over float64) (k int, left, right line) {
	n := len(s.t)
	if n < 2*leastSide {
		return 0, left, right
	}
	sums := newSums(s)
	best, two := 0, math.Inf(1)
	for k := leastSide; k <= n-leastSide; k++ {
		if e := sums.error(0, k) + sums.error(k, n); e < two {
			best, two = k, e
		}
	}
	left, right = sums.line(0, best), sums.line(best, n)
	freedom := float64(n - 4)
	two = max(two, freedom*noiseFloor*noiseFloor)
	rho := autocorrelation(s.residuals(left, right, best), math.Inf(1))
	f := (sums.error(0, n) - two) / 2 / (two / freedom) * (1 - rho) / (1 + rho)
	if f < over || !matters(left, right, s.t[best]) {
		return 0, left, right
	}
	return best, left, right
}

// residuals returns the distances from left, and from index k on from right.
func (s samples) residuals(left, right line, k int) []float64 {
	r := make([]float64, len(s.t))
	for i, t := range s.t {
		l := left
		if i >= k {
			l = right
		}
		r[i] = s.y[i] - l.at(t)
	}
	return r
}

// matters tells whether a change would alter a forecast: a gentle bend has
// changes everywhere, and each would cost the data before it.
func matters(left, right line, at float64) bool {
	steeper := max(math.Abs(left.slope), math.Abs(right.slope))
	jump := math.Abs(left.at(at) - right.at(at))
	return math.Abs(left.slope-right.slope) > 0.2*steeper || jump > 0.1*math.Abs(right.at(at))
}

// sums are running sums, so that a least-squares line over any stretch costs the
// same.
type sums struct {
	t, y, tt, ty, yy []float64
	t0, y0           float64 // what t and y are relative to
}

func newSums(s samples) sums {
	n := len(s.t)
	all := make([]float64, 5*(n+1))
	part := func(i int) []float64 { return all[i*(n+1) : (i+1)*(n+1)] }
	m := sums{part(0), part(1), part(2), part(3), part(4), mean(s.t), mean(s.y)}
	// Relative to the means, so that the differences of sums keep their digits.
	for i := range n {
		t, y := s.t[i]-m.t0, s.y[i]-m.y0
		m.t[i+1], m.y[i+1] = m.t[i]+t, m.y[i]+y
		m.tt[i+1], m.ty[i+1], m.yy[i+1] = m.tt[i]+t*t, m.ty[i]+t*y, m.yy[i]+y*y
	}
	return m
}

// moments returns means and sums of central products of samples i to j.
func (m sums) moments(i, j int) (t, y, tt, ty, yy float64) {
	n := float64(j - i)
	t, y = (m.t[j]-m.t[i])/n, (m.y[j]-m.y[i])/n
	return t, y, m.tt[j] - m.tt[i] - n*t*t, m.ty[j] - m.ty[i] - n*t*y, m.yy[j] - m.yy[i] - n*y*y
}

// error returns the sum of squared residuals of the line through samples i to j.
func (m sums) error(i, j int) float64 {
	_, _, tt, ty, yy := m.moments(i, j)
	return max(0, yy-ty*ty/tt)
}

// line returns the least-squares line through samples i to j, without errors.
func (m sums) line(i, j int) line {
	t, y, tt, ty, _ := m.moments(i, j)
	return line{centre: t + m.t0, level: y + m.y0, slope: ty / tt}
}
