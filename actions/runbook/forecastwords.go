package runbook

import (
	"math"
	"strconv"
	"time"
)

// Words says what the forecast comes to, as coarsely as it is known: "~6 min
// (4-11)" until caught up, "60 s in ~45 s (30-70)", "flat", "not converging",
// "falling ever slower", "can't tell yet (12 s of data)". Where enough data are
// there and still tell nothing, as of a saw-tooth, waiting for more is no use: "no
// clear trend (111 s of data)".
func (f Forecast) Words() string {
	switch {
	case f.Gone:
		return "can't tell (no recent data)"
	case f.CaughtUp:
		return "caught up"
	case f.ToCaughtUp.Known():
		return f.ToCaughtUp.Words()
	case f.ToEscalation.Known():
		return strconv.FormatFloat(f.Limits.Escalate, 'f', -1, 64) + " s in " + f.ToEscalation.Words()
	case f.Trend == TrendFlat:
		return "flat"
	case f.Slowing && f.Trend == TrendFalling:
		return "falling ever slower"
	case f.Trend == TrendFalling:
		return "falling, can't tell how long"
	case f.Trend == TrendRising:
		return "not converging"
	case f.Basis >= enoughBasis:
		return "no clear trend (" + spoken(f.Basis) + " of data)"
	default:
		return "can't tell yet (" + spoken(f.Basis) + " of data)"
	}
}

// Outlook is Words as a sentence's end, which says what arrives then: "falling,
// caught up in ~6 min (4-11)", "rising, 60 s in ~45 s (30-70)", "flat".
func (f Forecast) Outlook() string {
	switch {
	case f.Gone || f.CaughtUp:
		return f.Words()
	case f.ToCaughtUp.Known():
		return f.Trend.String() + ", caught up in " + f.Words()
	case f.ToEscalation.Known():
		return f.Trend.String() + ", " + f.Words()
	case f.Slowing && f.Trend == TrendFalling:
		return "falling, ever slower"
	default:
		return f.Words()
	}
}

// enoughBasis is the time after which a lag that goes straight has a forecast.
const enoughBasis = time.Minute

// unit is a coarse unit of time. Numbers are rounded to fine below limit, and to
// coarse beyond.
type unit struct {
	name         string
	size         float64 // in seconds
	most         float64 // of itself, that are spoken in it
	fine, coarse float64 // steps
	limit        float64
}

// units are the units of spoken times, shortest first.
var units = [...]unit{
	{"s", 1, 120, 5, 5, 0},
	{"min", 60, 120, 1, 5, 20},
	{"h", 3600, math.Inf(1), 0.5, 1, 5},
}

// unitFor returns the unit that s seconds are spoken in: never seconds beyond
// two minutes.
func unitFor(s float64) unit {
	for _, u := range units {
		if s <= u.most*u.size {
			return u
		}
	}
	return units[len(units)-1]
}

func (u unit) step(v float64) float64 {
	if v < u.limit {
		return u.fine
	}
	return u.coarse
}

// Words returns the estimate and its bounds, rounded outwards, in one unit that
// suits the latest: "~6 min (4-11)". It is empty for an unknown ETA.
func (e ETA) Words() string {
	best, ok := e.Estimate.Value()
	if !ok {
		return ""
	}
	soon, _ := e.Bounds[0].Value()
	late, _ := e.Bounds[1].Value()
	u := unitFor(late)
	best, soon, late = best/u.size, soon/u.size, late/u.size
	step := u.step(late)
	low, high := math.Floor(soon/step)*step, math.Ceil(late/step)*step
	shown := min(max(math.Round(best/step)*step, low, step), high)
	words := "~" + number(shown) + " " + u.name
	if low == high {
		return words
	}
	from := number(low)
	if low == 0 {
		from = "<" + number(step)
	}
	return words + " (" + from + "-" + number(high) + ")"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// spoken returns a duration in whole seconds up to two minutes, then in minutes.
func spoken(d time.Duration) string {
	if d <= 2*time.Minute {
		return number(math.Floor(d.Seconds())) + " s"
	}
	return number(math.Floor(d.Minutes())) + " min"
}

// clock returns the time of day to the minute, as people say when.
func clock(t time.Time) string { return t.Format("15:04") }
