package panes

import (
	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Forecasts remembers the forecasts of one snapshot and those made before it, so that a key does not make
// them anew: one costs more than all else in a row of the table. It changes what
// a draw costs, never what is drawn. It is for one goroutine.
type Forecasts struct {
	snap *cluster.Snapshot
	made map[cluster.NodeID]runbook.Forecast

	past    map[pastKey]runbook.Forecast // of the run and as many actions as below
	run     string
	actions int
}

// forecast returns where the lag of a replica is going. One that is not live goes
// nowhere that is known.
func (f *Frame) forecast(r *cluster.Replica) runbook.Forecast {
	if r.Lag.State != cluster.LagLive || f.Snap == nil || f.Snap.Series == nil {
		return runbook.Forecast{Gone: true}
	}
	c := f.Forecasts
	if c == nil {
		return predict(f.Snap, r)
	}
	if c.snap != f.Snap {
		c.snap, c.made = f.Snap, map[cluster.NodeID]runbook.Forecast{}
	}
	fc, ok := c.made[r.ID]
	if !ok {
		fc = predict(f.Snap, r)
		c.made[r.ID] = fc
	}
	return fc
}

// predict makes a forecast. What its line has not reached yet, but the newest
// reading has passed, is not to come.
func predict(s *cluster.Snapshot, r *cluster.Replica) runbook.Forecast {
	fc := runbook.ForecastOf(s, r)
	v, _ := r.Lag.Seconds.Value()
	if v >= fc.Limits.Escalate {
		fc.ToEscalation = runbook.ETA{}
	}
	if fc.Basis > 0 && v > fc.Limits.CaughtUp {
		fc.CaughtUp = false
	}
	return fc
}

// direction says in a word or two where a lag is going, to follow "is 12.5 s
// behind"; empty where it can't be told.
func direction(fc *runbook.Forecast) string {
	switch fc.Trend {
	case runbook.TrendRising:
		return " and rising"
	case runbook.TrendFalling:
		return " and falling"
	case runbook.TrendFlat:
		return ", flat"
	case runbook.TrendUnknown:
		fallthrough
	default:
		return ""
	}
}

// arrival says when a lag arrives where it is going; empty where it can't be told.
func arrival(fc *runbook.Forecast) string {
	switch {
	case fc.Gone || fc.CaughtUp:
		return ""
	case fc.ToCaughtUp.Known():
		return "caught up in " + fc.Words()
	case fc.ToEscalation.Known():
		return fc.Words()
	case fc.Slowing && fc.Trend == runbook.TrendFalling:
		return "ever slower"
	}
	return ""
}

// slope formats seconds per second with at most four characters: "+0.4", "-12".
func slope(v float64) string {
	sign := "+"
	if v < 0 {
		sign, v = "-", -v
	}
	switch {
	case v < 0.05:
		return "<0.1"
	case v < 9.95:
		return sign + fixed(v, 1)
	case v < 999:
		return sign + fixed(v, 0)
	}
	return ">999"
}

// drawTrend draws where the lag is going, and of one that is not live how old it
// is: then there is nothing to say of its trend.
func drawTrend(p *page, l *tableLine, w int) {
	if l.r.Lag.State != cluster.LagLive {
		text := lagAge(&l.r.Lag)
		if long := text + " old"; text != "never" && len(long) <= w {
			text = long
		}
		p.right(p.s.Unknown, text, w)
		return
	}
	fc := l.t.f.forecast(l.r)
	v, known := fc.Slope.Value()
	moves := func(s Style, arrow rune) {
		p.right(s, string(arrow)+slope(v)+" s/s", w)
	}
	switch {
	case fc.CaughtUp:
		p.right(p.s.Label, "caught up", w)
	case known && fc.Trend == runbook.TrendRising:
		moves(l.look.text, p.g.Rising)
	case known && fc.Trend == runbook.TrendFalling:
		moves(p.s.Good, p.g.Falling)
	case fc.Trend == runbook.TrendFlat:
		p.right(p.s.Text, "flat", w)
	default:
		p.right(p.s.Unknown, unknown, w)
	}
}
