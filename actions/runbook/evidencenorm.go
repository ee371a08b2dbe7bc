package runbook

import "math"

// norm is what is normal for a sensor: the median and the spread of what it said
// while all was well, in this run or in recordings, or of what healthy peers say.
type norm struct {
	mid, spread float64
	peers       bool // of peers, not of the node's own past
	recorded    bool // of earlier recordings, not of this run
	known       bool
}

const (
	// leastNormal is how many readings of the node's own past make a norm: half a
	// minute of them.
	leastNormal = 6
	// madToSigma makes a median absolute deviation comparable with a standard one.
	madToSigma = 1.4826
	// leastSpread bounds how calm, relative to its middle, a sensor is believed
	// to be: half a minute can be calm by chance.
	leastSpread = 0.05
)

// newNorm returns the norm of values, which it overwrites; NaN are left out.
func newNorm(values []float64, least int) norm {
	n := 0
	for _, v := range values {
		if !math.IsNaN(v) {
			values[n] = v
			n++
		}
	}
	if n == 0 || n < least {
		return norm{}
	}
	values = values[:n]
	m := median(values)
	for i, v := range values {
		values[i] = math.Abs(v - m)
	}
	return norm{mid: m, spread: max(madToSigma*median(values), leastSpread*math.Abs(m)), known: true}
}

// high is three deviations above the middle.
func (n norm) high() float64 { return n.mid + 3*n.spread }

// departs is where a sensor with the given limit begins to count as abnormal.
func (n norm) departs(s sensor) float64 {
	if limit := onsetLimits[s]; limit > 0 {
		return max(n.high(), (n.mid+limit)/2)
	}
	return n.high()
}
