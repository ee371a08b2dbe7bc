package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Point is one reading of a lag, in seconds behind.
type Point struct {
	At      time.Time
	Seconds float64
}

// Trend is where a lag is going.
type Trend uint8

// The trends.
const (
	TrendUnknown Trend = iota // too little data, too noisy, or none of late
	TrendFlat
	TrendFalling
	TrendRising
)

// String returns the contract's word for the trend.
func (t Trend) String() string {
	return [...]string{"unknown", "flat", "falling", "rising"}[t]
}

// ETA is a time from now in seconds, with bounds that are meant to hold in nine
// cases of ten. All three are known, or none.
type ETA struct {
	Estimate cluster.Figure
	Bounds   [2]cluster.Figure // soonest, latest
}

// Known tells whether there is an estimate.
func (e ETA) Known() bool { return e.Estimate.Known() }

// Forecast is where a lag is going, as of At.
type Forecast struct {
	At           time.Time
	Trend        Trend
	Level        cluster.Figure // seconds behind at At by the fitted line
	Slope        cluster.Figure // seconds per second
	Low, High    cluster.Figure // bounds of Slope
	ToCaughtUp   ETA            // while falling
	ToEscalation ETA            // while rising
	Limits       ForecastLimits // what those two are about
	Basis        time.Duration  // how much time the data behind it span
	Since        time.Time      // when the regime that it is based on began; zero without data
	Slowing      bool           // the slope fades: when it ends can't be told, and there is no ETA
	CaughtUp     bool           // the lag is down already
	Gone         bool           // there is no recent data
}

// ForecastLimits are the lags that a forecast is about, in seconds. What is not
// positive is the runbook's.
type ForecastLimits struct {
	CaughtUp float64 // else 1 s
	Escalate float64 // else 60 s
}

const (
	leastPoints = 8                // fewer tell nothing of their own noise
	leastBasis  = 18 * time.Second // shorter tell nothing of slow noise; 20 s of watching have it
	// clearSlope is how many standard errors a slope must be from 0 to be called
	// one. At 2 a flat lag would be given a time to catch up one time in twenty;
	// here it is three in a thousand, when slow noise looks like a trend.
	clearSlope = 5.5
	// widestInterval is the width, in estimates, past which an interval says nothing.
	widestInterval = 3.0
	// farthest is how many times the basis a forecast may look ahead.
	farthest = 40.0
	// slopeFloor bounds the precision that any slope is believed to have, relative.
	slopeFloor = 0.02
)

// Predict forecasts a lag as of at from its live readings, oldest first, at
// whatever times; one with the time of the one before is a repeat and dropped. A
// few minutes of them are enough: more than 120 are thinned. restarts
// are the instants, in any order, at which something was done that may have
// changed the slope: nothing before the last of them is used. Nor is anything
// before a change of slope or level that the data show by themselves. The lag is
// taken to go on straight: where it visibly does not, nothing is forecast.
//
// The slope is Theil and Sen's: the median over pairs of readings. Its interval
// is the union of those over the whole window and over its later two thirds,
// each widened for autocorrelation.
func Predict(points []Point, restarts []time.Time, at time.Time, limits ForecastLimits) Forecast {
	limits.CaughtUp, limits.Escalate = orDefault(limits.CaughtUp, 1), orDefault(limits.Escalate, 60)
	f := Forecast{At: at, Limits: limits}
	s := newSamples(points, lastOf(restarts, at), at)
	if len(s.t) == 0 {
		f.Gone = true
		return f
	}
	if s.silent() {
		f.Gone, f.Since = true, at.Add(seconds(s.t[0]))
		return f
	}
	f.Since, f.Basis = at.Add(seconds(s.t[0])), seconds(s.span())
	if s = s.steadied(); len(s.t) == 0 {
		return f
	}
	w, slowing := s.regime()
	f.Slowing = slowing
	f.Since = at.Add(seconds(w.t[0]))
	f.Basis = seconds(w.span())
	if len(w.t) < leastPoints || f.Basis < leastBasis {
		return f
	}
	f.judge(w)
	return f
}

// lastOf returns the latest of times that is not after at; zero if there is none.
func lastOf(times []time.Time, at time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) && !t.After(at) {
			last = t
		}
	}
	return last
}

// judge fits w and says what follows from it.
func (f *Forecast) judge(w samples) {
	whole := w.fit()
	fits := []line{whole, w.from(len(w.t) / 3).fit()}
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range fits {
		low, high = min(low, l.slope-l.slopeError), max(high, l.slope+l.slopeError)
	}
	level := whole.at(0)
	f.Level, f.Slope = cluster.Known(level), cluster.Known(whole.slope)
	f.Low, f.High = cluster.Known(low), cluster.Known(high)
	f.Trend = trendOf(whole, low, high, level)
	f.CaughtUp = level <= f.Limits.CaughtUp && f.Trend != TrendRising
	switch {
	case f.Slowing:
	case f.Trend == TrendFalling && level > f.Limits.CaughtUp:
		f.ToCaughtUp = eta(fits, f.Limits.CaughtUp, f.Basis)
	case f.Trend == TrendRising && level < f.Limits.Escalate:
		f.ToEscalation = eta(fits, f.Limits.Escalate, f.Basis)
	}
}

func orDefault(v, fallback float64) float64 {
	if v > 0 {
		return v
	}
	return fallback
}

// trendOf calls a slope one if it is clear, and flat if at either bound the lag
// would move by less than 3 s in a minute, or take more than an hour.
func trendOf(l line, low, high, level float64) Trend {
	sure := math.Abs(l.slope) > l.slopeError*clearSlope/normal95 && (low > 0) == (high > 0)
	switch {
	case sure && l.slope < -slowest(level):
		return TrendFalling
	case sure && l.slope > slowest(level):
		return TrendRising
	case max(math.Abs(low), math.Abs(high)) < max(0.05, level/3600):
		return TrendFlat
	default:
		return TrendUnknown
	}
}

// slowest is the slope below which a lag is not worth a forecast: it would take
// six hours to be caught up.
func slowest(level float64) float64 { return max(0.001, level/(6*3600)) }

// eta returns when the lines cross target, unknown if the answer is too wide or
// too far. The estimate is the first line's, the bounds span all.
func eta(fits []line, target float64, basis time.Duration) ETA {
	low, high := math.Inf(1), 0.0
	for _, l := range fits {
		soon, late := l.crossing(target)
		low, high = min(low, soon), max(high, late)
	}
	best := (target - fits[0].at(0)) / fits[0].slope
	if !(high-low <= widestInterval*best) || best > farthest*basis.Seconds() {
		return ETA{}
	}
	return ETA{Estimate: cluster.Known(best), Bounds: [2]cluster.Figure{cluster.Known(max(0, low)), cluster.Known(high)}}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
