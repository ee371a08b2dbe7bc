package runbook

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// MostScored is how many forecasts about a replica are held to account.
const MostScored = 8

const (
	// scoreEvery is how far apart the forecasts that are held to account are made.
	scoreEvery = time.Minute
	// arrivalWidth is for how long a lag must stay where it was forecast to come to,
	// and how exactly it is told when it came: one reading may be an outlier.
	arrivalWidth = 5 * time.Second
)

// Scored is one forecast that is held to account: made at Made, it said that the
// lag would be caught up (or at the limit of escalation) at Said.
type Scored struct {
	Made       time.Time
	Escalation bool // about the limit of escalation, which was Limit
	Limit      float64
	Said       time.Time
	Low, High  time.Time // bounds of Said
	Came       time.Time // when it came; zero while open
	// Missed is when the lag was caught up before it came to the limit: what came
	// later is another episode's. Zero for none.
	Missed time.Time
}

// Within tells whether it came within the bounds; false while open.
func (s Scored) Within() bool {
	return !s.Came.IsZero() && !s.Came.Before(s.Low) && !s.Came.After(s.High)
}

// Words puts what was said beside what is: "said 03:05, now 03:09" while open,
// "said 03:05, was 03:07" once it came, "said 03:05, now open" where nothing is
// forecast any more. One about the limit of escalation names it: "said 60 s at 03:05".
func (s Scored) Words(now Forecast) string {
	said := "said "
	if s.Escalation {
		said += strconv.FormatFloat(s.Limit, 'f', -1, 64) + " s at "
	}
	said += clock(s.Said.In(now.At.Location()))
	if !s.Came.IsZero() {
		return said + ", was " + clock(s.Came.In(now.At.Location()))
	}
	if !s.Missed.IsZero() && !now.CaughtUp {
		return said + ", caught up at " + clock(s.Missed.In(now.At.Location())) + " instead"
	}
	if at, _, _, ok := now.when(s.Escalation); ok {
		return said + ", now " + clock(at)
	}
	if now.CaughtUp { // of what would have to be escalated; the other came
		return said + ", now caught up"
	}
	return said + ", now open"
}

// ScoreMarks are the instants at which the forecasts were made that are held to
// account now, oldest first: the last full minutes.
func ScoreMarks(now time.Time) []time.Time {
	marks := make([]time.Time, 0, MostScored)
	last := now.Truncate(scoreEvery)
	if last.Equal(now) {
		last = last.Add(-scoreEvery)
	}
	for i := MostScored - 1; i >= 0; i-- {
		marks = append(marks, last.Add(-time.Duration(i)*scoreEvery))
	}
	return marks
}

// ForecastAt forecasts a replica's lag as it could have been forecast at at,
// which is not after s. It is the same whenever it is asked.
func ForecastAt(s *cluster.Snapshot, id cluster.NodeID, at time.Time) Forecast {
	f := Forecast{At: at, Limits: limitsOf(s), Gone: true}
	if s.Series == nil {
		return f
	}
	points := lagPoints(s, id, at)
	if n := len(points); n > 0 && points[n-1].Seconds <= f.Limits.CaughtUp {
		f.Gone, f.CaughtUp = false, true
		return f
	}
	return Predict(points, s.Touched(), at, f.Limits)
}

// Score holds past forecasts about a replica to account, in their order: those
// that named an instant, and were not overtaken by an action, which they could
// not know of.
func Score(s *cluster.Snapshot, id cluster.NodeID, past []Forecast) []Scored {
	var list []Scored
	acted := lastOf(s.Touched(), s.At)
	for i := range past {
		f := &past[i]
		for _, escalation := range []bool{false, true} {
			if at, low, high, ok := f.when(escalation); ok && !f.At.Before(acted) {
				list = append(list, Scored{Made: f.At, Escalation: escalation, Limit: f.Limits.Escalate, Said: at, Low: low, High: high})
			}
		}
	}
	if len(list) > 0 && s.Series != nil {
		n := int((MostScored+1)*scoreEvery/arrivalWidth) + 1
		for _, b := range s.Series.Buckets(id, cluster.QuantityLag, s.At, arrivalWidth, n) {
			arrive(list, &b, limitsOf(s))
		}
	}
	return list
}

// arrive notes on the forecasts made before b what came in it.
func arrive(list []Scored, b *cluster.Bucket, limits ForecastLimits) {
	if b.N == 0 {
		return
	}
	for i := range list {
		k := &list[i]
		if !k.Came.IsZero() || !k.Missed.IsZero() || b.From.Before(k.Made) {
			continue
		}
		caughtUp := b.Max <= limits.CaughtUp
		switch {
		case !k.Escalation && caughtUp, k.Escalation && b.Min >= limits.Escalate:
			k.Came = b.From
		case caughtUp:
			k.Missed = b.From
		}
	}
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
