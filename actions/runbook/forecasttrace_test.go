package runbook

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// trace is a lag as a monitor would have read it, and what came of it.
type trace struct {
	class    string
	points   []Point
	restarts []time.Time
	truth    float64 // s from now until the line meets 1 s or 60 s
	rising   bool    // truth is about 60 s
	nothing  bool    // there is nothing to forecast
	// sure is how many standard errors the slope is from 0 for one who knows the
	// process of the noise and when the regime began.
	sure float64
}

// canBeForecast: even who knows all about the noise has a 90 % interval, and that
// is narrower than its estimate from 4 standard errors on; and it does not lie
// more than 20 times the data ahead.
func (tr trace) canBeForecast() bool {
	return !tr.nothing && tr.sure >= 4 && tr.truth < 20*60 && tr.truth > 5
}

// now is the time of all forecasts of generated traces.
var now = time.Date(2026, 11, 22, 3, 12, 44, 0, time.UTC)

// signal is a lag without noise: lines that meet or jump at breaks.
type signal struct {
	slope, level float64 // of the last regime, level now
	begin        float64 // of the last regime, s relative to now
	before       float64 // slope before
	jump         float64 // level just before the last regime, less its own
	middle       float64 // how long the one before lasted; 0 for ever
	first        float64 // slope before that
}

func (g signal) at(t float64) float64 {
	if t >= g.begin {
		return g.level + g.slope*t
	}
	y := g.level + g.slope*g.begin + g.jump
	if g.middle > 0 && t < g.begin-g.middle {
		return y - g.before*g.middle + g.first*(t-g.begin+g.middle)
	}
	return y + g.before*(t-g.begin)
}

// maker makes traces of one class.
type maker struct {
	class string
	make  func(r *rand.Rand) trace
}

// uniform returns a number between a and b.
func uniform(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

// trend returns a signal whose last regime began at -length: two of three fall.
func trend(r *rand.Rand, length float64) signal {
	g := signal{begin: -length, level: uniform(r, 15, 300)}
	g.slope = -math.Exp(uniform(r, math.Log(0.1), math.Log(2)))
	if r.IntN(3) == 0 {
		g.level, g.slope = uniform(r, 8, 45), -g.slope/3
	}
	return g
}

// sampled reads g from -window on each 1 or 2 s with jitter, adding noise, and
// reckons the truth. deviation and rho describe the noise, as AR(1) at each reading.
func sampled(r *rand.Rand, class string, g signal, window, deviation, rho float64) trace {
	step := float64(1 + r.IntN(2))
	tr := trace{class: class, rising: g.slope > 0}
	tr.truth = (1 - g.level) / g.slope
	if tr.rising {
		tr.truth = (60 - g.level) / g.slope
	}
	noise := deviation * r.NormFloat64()
	var n, t1, t2 float64
	for t := -window; t <= 0; t += step {
		at := t + uniform(r, -0.05, 0.05)*step
		noise = rho*noise + deviation*math.Sqrt(1-rho*rho)*r.NormFloat64()
		if at > 0 {
			at = 0
		}
		tr.points = append(tr.points, Point{now.Add(seconds(at)), max(0, g.at(at)+noise)})
		if at >= g.begin {
			n, t1, t2 = n+1, t1+at, t2+at*at
		}
	}
	spread := t2 - t1*t1/n
	tr.sure = math.Abs(g.slope) / max(1e-9, deviation*math.Sqrt((1+rho)/(1-rho)/spread))
	return tr
}

func makers() []maker {
	return append([]maker{
		{"linear", func(r *rand.Rand) trace {
			g := trend(r, 60)
			g.slope = -math.Abs(g.slope)
			return sampled(r, "linear", g, 60, uniform(r, 0, 0.2), 0)
		}},
		{"noisy", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 60, 180))
			return sampled(r, "noisy", g, -g.begin, uniform(r, 0.02, 0.08)*g.level, 0)
		}},
		{"outliers", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 60, 180))
			tr := sampled(r, "outliers", g, -g.begin, 0.02*g.level, 0)
			for i := range tr.points {
				if r.IntN(12) == 0 {
					tr.points[i].Seconds = uniform(r, 0, 3) * g.level
				}
			}
			return tr
		}},
		{"AR(1)", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 60, 180))
			return sampled(r, "AR(1)", g, -g.begin, uniform(r, 0.01, 0.05)*g.level, uniform(r, 0.5, 0.9))
		}},
		{"quantised", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 60, 180))
			tr := sampled(r, "quantised", g, -g.begin, 0.1, 0)
			q := []float64{1, 2, 5}[r.IntN(3)]
			for i := range tr.points {
				tr.points[i].Seconds = math.Floor(tr.points[i].Seconds/q) * q
			}
			tr.sure = math.Abs(g.slope*g.begin) / q // digits that it went through
			return tr
		}},
		{"rarely set", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 90, 180))
			return hold(sampled(r, "rarely set", g, -g.begin, 0.02*g.level, 0), 2+r.IntN(4))
		}},
		{"stale", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 60, 180))
			tr := sampled(r, "stale", g, -g.begin, 0.02*g.level, 0)
			return repeated(tr)
		}},
	}, breakMakers()...)
}

// hold makes a gauge that its server sets anew only each n-th reading.
func hold(tr trace, n int) trace {
	for i := range tr.points {
		tr.points[i].Seconds = tr.points[i-i%n].Seconds
	}
	tr.sure /= math.Sqrt(float64(n))
	return tr
}

// repeated makes a collector that now and then hands over the last reading again.
func repeated(tr trace) trace {
	var all []Point
	for i, p := range tr.points {
		all = append(all, p)
		for range i % 3 {
			all = append(all, p)
		}
	}
	tr.points = all
	return tr
}

// breakMakers make traces whose regime began while we looked, and those where
// there is nothing to forecast.
func breakMakers() []maker {
	return []maker{
		{"flip", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 40, 80))
			g.before = -g.slope * uniform(r, 0.3, 1.5)
			return sampled(r, "flip", g, 180, 0.02*g.level, 0)
		}},
		{"two turns", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 30, 60))
			g.before, g.middle = -g.slope*uniform(r, 0.3, 1.5), uniform(r, 20, 70)
			g.first = g.slope * float64(r.IntN(2)) * uniform(r, 0.3, 1)
			return sampled(r, "two turns", g, 180, 0.02*g.level, 0)
		}},
		{"cliff", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 40, 80))
			g.before, g.jump = g.slope, g.level*uniform(r, 0.3, 2)
			return sampled(r, "cliff", g, 180, 0.02*g.level, 0)
		}},
		{"action", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 40, 80))
			g.before = g.slope * uniform(r, 0.4, 0.7) // too like for the data to tell
			tr := sampled(r, "action", g, 180, 0.04*g.level, 0)
			tr.restarts = []time.Time{now.Add(seconds(g.begin)), now.Add(-5 * time.Minute)}
			return tr
		}},
		{"batches", func(r *rand.Rand) trace {
			return batches(r, "batches", uniform(r, 10, 25))
		}},
		{"flat", func(r *rand.Rand) trace {
			g := signal{level: uniform(r, 0.5, 200), begin: -180}
			tr := sampled(r, "flat", g, uniform(r, 25, 180), uniform(r, 0, 0.08)*g.level, uniform(r, 0, 0.85))
			tr.nothing = true
			return tr
		}},
		{"slow batches", func(r *rand.Rand) trace {
			// Long enough to look like rising between them.
			return batches(r, "slow batches", uniform(r, 30, 60))
		}},
		{"gaps", func(r *rand.Rand) trace {
			g := trend(r, uniform(r, 90, 180))
			tr := sampled(r, "gaps", g, -g.begin, 0.02*g.level, 0)
			hole := uniform(r, 20, 60)
			tr.points = slices.DeleteFunc(tr.points, func(p Point) bool {
				age := -p.At.Sub(now).Seconds()
				return r.IntN(3) == 0 || (age > hole/2 && age < hole)
			})
			return tr
		}},
		{"just frozen", func(r *rand.Rand) trace {
			g := trend(r, 200)
			return freeze(sampled(r, "just frozen", g, 200, 0.02*g.level, 0), uniform(r, 12, 60))
		}},
		{"frozen", func(r *rand.Rand) trace {
			g := trend(r, 200)
			return freeze(sampled(r, "frozen", g, 200, 0.02*g.level, 0), uniform(r, 60, 180))
		}},
		{"missing", func(r *rand.Rand) trace {
			g := trend(r, 200)
			tr := sampled(r, "missing", g, 200, 0.02*g.level, 0)
			tr.nothing = true
			switch r.IntN(3) {
			case 0:
				tr.points = tr.points[:len(tr.points)-len(tr.points)/2]
			case 1:
				tr.points = tr.points[len(tr.points)-7:]
			default:
				for i := range tr.points {
					tr.points[i].Seconds = math.NaN()
				}
			}
			return tr
		}},
	}
}

// freeze makes the digits stand still for the last age seconds.
func freeze(tr trace, age float64) trace {
	stop := now.Add(seconds(-age))
	for i := range tr.points {
		if i > 0 && tr.points[i].At.After(stop) {
			tr.points[i].Seconds = tr.points[i-1].Seconds
		}
	}
	tr.nothing = true
	return tr
}

// batches makes a lag that rises while a batch is read and drops as it is
// applied: a saw about a line that falls.
func batches(r *rand.Rand, class string, period float64) trace {
	g := trend(r, 180)
	g.slope = -math.Abs(g.slope)
	tr := sampled(r, class, g, 180, 0.2, 0)
	phase, rise := r.Float64(), uniform(r, 0.5, 1)
	for i, p := range tr.points {
		u := math.Mod(-p.At.Sub(now).Seconds()/period+phase, 1)
		tr.points[i].Seconds = max(0, p.Seconds+(rise-g.slope)*period*(0.5-u))
	}
	tr.sure = math.Abs(g.slope*180) / ((rise - g.slope) * period) * 2
	return tr
}
