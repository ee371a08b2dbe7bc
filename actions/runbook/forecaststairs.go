package runbook

import "math"

const (
	// A reading that repeats the digits of the one before at least so often, and for so
	// long in seconds, was renewed rarely: by a server that measures each half minute.
	stairRun    = 4
	stairLength = 4.5
	// stairStep is how many of a gauge's last digits it has to move by then. One that
	// has few digits stands at each of them too, and moves by one.
	stairStep = 2
	// leastStairs is how many renewals tell a trend.
	leastStairs = 3
)

// stairs tells whether the newest samples are stairs, of a gauge that is renewed more
// rarely than it is read: what is repeated in between says nothing of where the lag
// goes. Then known are the samples between the renewals, on the straight line, and
// none while there are too few of them.
func (s samples) stairs() (known samples, are bool) {
	runs := s.runs()
	last := len(runs) - 1
	longest, first := 0.0, last
	for i := last - 1; i >= 0 && s.step(runs, i); i-- {
		longest, first = max(longest, s.t[runs[i+1]]-s.t[runs[i]]), i
	}
	if first == last || -s.t[runs[last]] > 2*longest {
		return s, false
	}
	if first == 0 { // since when its digits stand is not known
		first++
	}
	if last-first+1 < leastStairs {
		return samples{}, true
	}
	from, to := runs[first], runs[last]
	known = samples{t: s.t[from : to+1], y: make([]float64, 0, to+1-from)}
	for i := first; i < last; i++ {
		a, b := runs[i], runs[i+1]
		for k := a; k < b; k++ {
			part := (s.t[k] - s.t[a]) / (s.t[b] - s.t[a])
			known.y = append(known.y, s.y[a]+part*(s.y[b]-s.y[a]))
		}
	}
	known.y = append(known.y, s.y[to])
	return known, true
}

// runs returns where the digits change, and 0.
func (s samples) runs() []int {
	list := []int{0}
	for i := 1; i < len(s.y); i++ {
		if s.y[i] != s.y[i-1] {
			list = append(list, i)
		}
	}
	return list
}

// step tells whether run i is a step of stairs: long enough, and left by a good deal.
// Standing at 0 is none, as a healthy replica does.
func (s samples) step(runs []int, i int) bool {
	a, b := runs[i], runs[i+1]
	return s.y[a] != 0 && b-a >= stairRun && s.t[b]-s.t[a] >= stairLength &&
		math.Abs(s.y[b]-s.y[a]) > stairStep*max(quantum(s.y[a]), quantum(s.y[b]))
}

// quantum is the last digit that a number is written with, down to a thousandth.
func quantum(v float64) float64 {
	for _, q := range [...]float64{1, 0.1, 0.01} {
		if n := v / q; math.Abs(n-math.Round(n)) < 1e-6 {
			return q
		}
	}
	return 0.001
}
