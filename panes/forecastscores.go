package panes

import (
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// pastKey is a forecast as it was made.
type pastKey struct {
	replica cluster.NodeID
	at      time.Time
}

// mostPast bounds how many of them are remembered.
const mostPast = 256

// scored returns the last forecasts about a replica beside what came, oldest first.
func (f *Frame) scored(r *cluster.Replica) []runbook.Scored {
	if f.Snap == nil || f.Snap.Series == nil {
		return nil
	}
	marks := runbook.ScoreMarks(f.Snap.At)
	past := make([]runbook.Forecast, len(marks))
	for i, at := range marks {
		past[i] = f.past(pastKey{r.ID, at})
	}
	return runbook.Score(f.Snap, r.ID, past)
}

// past is a forecast as it was made. What was measured by then stays the same,
// but for what was done: an action restarts forecasts, those of its instant too.
func (f *Frame) past(k pastKey) runbook.Forecast {
	c := f.Forecasts
	if c == nil {
		return runbook.ForecastAt(f.Snap, k.replica, k.at)
	}
	if c.past == nil || len(c.past) >= mostPast || c.run != f.Snap.Session.Run || c.actions != len(f.Snap.Actions) {
		c.past, c.run, c.actions = map[pastKey]runbook.Forecast{}, f.Snap.Session.Run, len(f.Snap.Actions)
	}
	fc, ok := c.past[k]
	if !ok {
		fc = runbook.ForecastAt(f.Snap, k.replica, k.at)
		c.past[k] = fc
	}
	return fc
}

// scoreWords says of each forecast that is held to account what was said and what
// is, oldest first.
func (f *Frame) scoreWords(r *cluster.Replica) []string {
	now := f.forecast(r)
	var out []string
	for _, k := range f.scored(r) {
		words := "at " + hourMinute(k.Made) + " " + k.Words(now)
		switch late := k.Came.Sub(k.Said); {
		case k.Came.IsZero():
		case k.Within():
			words += ", kept"
		case late > 0:
			words += ", " + Age(late) + " late"
		default:
			words += ", " + Age(-late) + " early"
		}
		out = append(out, words)
	}
	return out
}

func hourMinute(t time.Time) string { return t.UTC().Format("15:04") }

// Heights of the chart from which there is a line for the oldest forecast that is
// held to account, above it, and lines for all, below it.
const (
	oneScore  = 9
	allScores = 26
)

// scores draws the oldest forecasts that are held to account on so many lines. It
// takes them even where there is nothing to say, so that the chart stays in its
// place.
func (p *page) scores(f *Frame, r *cluster.Replica, lines int) {
	if lines <= 0 {
		return
	}
	words := f.scoreWords(r)
	const label = "forecast"
	for i := range lines {
		switch {
		case i < len(words):
			p.put(p.s.Label, label+" ")
			p.line(p.s.Text, words[i])
		case i == 0:
			p.line(p.s.Label, label+" none to score yet")
		default:
			p.end()
		}
	}
}
