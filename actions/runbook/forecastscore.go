package runbook

import (
	"slices"
	"time"
)

const (
	// scoreEvery is how far apart the forecasts that are kept are made.
	scoreEvery = time.Minute
	// mostScored bounds how many are kept.
	mostScored = 8
)

// Scored is one forecast that is held to account: made at Made, it said that the
// lag would be caught up (or at the limit of escalation) at Said.
type Scored struct {
	Made       time.Time
	Escalation bool // about the limit of escalation
	Said       time.Time
	Low, High  time.Time // bounds of Said
	Came       time.Time // when it came; zero while open
}

// Within tells whether it came within the bounds; false while open.
func (s Scored) Within() bool {
	return !s.Came.IsZero() && !s.Came.Before(s.Low) && !s.Came.After(s.High)
}

// Words puts what was said beside what is: "said 03:05, now 03:09" while open,
// "said 03:05, was 03:07" once it came, "said 03:05, now open" where nothing is
// forecast any more.
func (s Scored) Words(now Forecast) string {
	said := "said " + clock(s.Said.In(now.At.Location()))
	if !s.Came.IsZero() {
		return said + ", was " + clock(s.Came.In(now.At.Location()))
	}
	if at, _, _, ok := now.when(s.Escalation); ok {
		return said + ", now " + clock(at)
	}
	return said + ", now open"
}

// when returns the instant of what is forecast, with its bounds.
func (f Forecast) when(escalation bool) (at, low, high time.Time, ok bool) {
	e := f.ToCaughtUp
	if escalation {
		e = f.ToEscalation
	}
	best, ok := e.Estimate.Value()
	if !ok {
		return at, low, high, false
	}
	soon, _ := e.Bounds[0].Value()
	late, _ := e.Bounds[1].Value()
	return f.At.Add(seconds(best)), f.At.Add(seconds(soon)), f.At.Add(seconds(late)), true
}

// came tells whether what was forecast is there.
func (f Forecast) came(escalation bool) bool {
	if !escalation {
		return f.CaughtUp
	}
	level, ok := f.Level.Value()
	return ok && level >= f.Limits.Escalate
}

// Scores are the last forecasts about one replica, oldest first. The zero value
// is empty and ready.
type Scores struct{ kept []Scored }

// Add takes the newest forecast: what came is noted on those still open, and at
// most once a minute the forecast itself is kept.
func (s *Scores) Add(f Forecast) {
	for i := range s.kept {
		if k := &s.kept[i]; k.Came.IsZero() && f.came(k.Escalation) {
			k.Came = f.At
		}
	}
	if n := len(s.kept); n > 0 && f.At.Sub(s.kept[n-1].Made) < scoreEvery {
		return
	}
	for _, escalation := range []bool{false, true} {
		if at, low, high, ok := f.when(escalation); ok {
			s.kept = append(s.kept, Scored{Made: f.At, Escalation: escalation, Said: at, Low: low, High: high})
		}
	}
	if more := len(s.kept) - mostScored; more > 0 {
		s.kept = slices.Delete(s.kept, 0, more)
	}
}

// Kept returns the forecasts that are kept, oldest first.
func (s *Scores) Kept() []Scored { return slices.Clone(s.kept) }
