package cluster

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	// clockNoise is how far below zero a lag may be by clock noise alone: hosts
	// that keep time by NTP agree far better.
	clockNoise = 0.5
	// frozenReadings is how many equal readings in a row make a lag suspicious.
	frozenReadings = 5
	// slowestGauge bounds how much longer a gauge that is known to move rarely
	// may stand still before it counts as frozen.
	slowestGauge = 15
)

// foldLags takes the primary's view of every replica's lag.
func (s *State) foldLags(o *Observation, r *MetricsReading) {
	if !r.Asked.Has(FamilyLag) {
		return
	}
	seen := make(map[NodeID]bool, len(s.lags))
	for i := range r.Samples {
		m := &r.Samples[i]
		if m.Family != FamilyLag || m.Replica == "" || m.Replica == s.session.Primary.ID {
			continue
		}
		seen[m.Replica] = true
		l := s.lag(m.Replica)
		l.Seen = true
		s.foldLag(l, m.Value, o.Taken)
	}
	// A partial reading says nothing of the replicas that it lacks; a complete
	// one, or one whose only fault is that the family is missing, says they are gone.
	if o.Err != nil && o.Err.Kind != FailMissing {
		return
	}
	for id, l := range s.lags {
		if !seen[id] {
			s.vanish(l, o.Taken)
		}
	}
}

func (s *State) foldLag(l *LagRecall, v float64, taken time.Time) {
	if why := invalidLag(v); why != "" {
		l.Problem = Clean(why)
		l.Equal = 0
		s.setLag(l, LagUnknown, taken)
		return
	}
	v = max(0, v) // noise below zero is zero, and -0 is 0
	if l.Equal > 0 && v == l.Value {
		l.Equal++
	} else {
		l.restart(v, taken)
	}
	l.Problem, l.Taken = Text{}, taken
	s.widenGap(l, taken)
	if s.frozen(l) {
		s.setLag(l, LagFrozen, taken)
	} else {
		s.setLag(l, LagLive, taken)
	}
}

func (s *State) vanish(l *LagRecall, taken time.Time) {
	l.Problem = Clean("not in the primary's lag metric")
	if l.Seen {
		l.Problem = Clean("vanished from the primary's lag metric")
	}
	l.Equal = 0
	s.setLag(l, LagUnknown, taken)
}

func (s *State) setLag(l *LagRecall, to LagState, at time.Time) {
	if l.State != to || l.StateSince.IsZero() {
		l.State, l.StateSince = to, at
	}
}

// restart begins a new run of equal readings.
func (l *LagRecall) restart(v float64, taken time.Time) {
	if l.Equal > 0 && l.Value != 0 {
		l.LastRun = min(l.Equal, slowestGauge)
	}
	l.Value, l.Equal, l.EqualSince = v, 1, taken
	l.Decimals = max(l.Decimals, decimals(v))
	l.GapKnown = false
}

// widenGap notes where the gap between the two counts is now, if both are fresh.
func (s *State) widenGap(l *LagRecall, taken time.Time) {
	p, r := s.primaryCount(), s.replicaCount(l.Replica)
	last, ok := r.last()
	if !ok || taken.Sub(last.Taken) > s.fresh() {
		return
	}
	gap, skew, ok := countGap(p, r)
	if !ok {
		return
	}
	if !l.GapKnown {
		l.GapKnown, l.GapMin, l.GapMax, l.GapSkew = true, gap, gap, skew
		l.CountMin, l.CountMax = last.Value, last.Value
		return
	}
	l.GapMin, l.GapMax, l.GapSkew = min(l.GapMin, gap), max(l.GapMax, gap), max(l.GapSkew, skew)
	l.CountMin, l.CountMax = min(l.CountMin, last.Value), max(l.CountMax, last.Value)
}

// frozen tells whether the gauge stands still while the counts say that it
// can't. A non-zero lag may stand still by its own resolution: the gap must move
// by more than that many seconds of the primary's rate, on top of the skew. A
// gauge that is known to move only now and then gets twice its usual time.
func (s *State) frozen(l *LagRecall) bool {
	if l.Equal < frozenReadings || !l.GapKnown {
		return false
	}
	moved := l.GapMax - l.GapMin - 2*l.GapSkew
	if l.Value == 0 {
		return l.CountMin == l.CountMax && moved > 0
	}
	rate, _ := s.primaryCount().rate().Value()
	return l.Equal > 2*l.LastRun && moved > math.Pow10(-l.Decimals)*math.Abs(rate)
}

// viewLag judges a lag as of at.
func (s *State) viewLag(id NodeID, primary Access, at time.Time) Lag {
	l := s.lags[id]
	switch {
	case l == nil || l.StateSince.IsZero():
		return Lag{Why: neverSeen(primary), Since: s.firstSeen}
	case l.State == LagUnknown:
		return Lag{Why: l.Problem, Since: l.StateSince}
	}
	v := Lag{State: l.State, Seconds: Known(l.Value), Taken: l.Taken, Age: max(0, at.Sub(l.Taken)), Since: l.StateSince}
	switch {
	case v.Age > s.fresh():
		v.State, v.Since, v.Why = LagStale, l.Taken.Add(s.fresh()), Clean("no newer reading")
		if primary.Err != nil {
			v.Why = primary.Err.What
		}
	case v.State == LagFrozen:
		v.Why = Clean("the same digits while the gap to the primary moves")
		v.Since = l.EqualSince
	}
	return v
}

func neverSeen(primary Access) Text {
	if primary.Err != nil {
		return primary.Err.What
	}
	return Clean("not in the primary's lag metric")
}

// invalidLag returns why v can't be a lag, or "".
func invalidLag(v float64) string {
	switch {
	case math.IsNaN(v):
		return "the primary reports NaN"
	case math.IsInf(v, 0):
		return "the primary reports infinity"
	case v < -clockNoise:
		return "the primary reports a negative lag: " + strconv.FormatFloat(v, 'g', 6, 64) + " s"
	}
	return ""
}

// decimals returns how many digits after the point v was written with.
func decimals(v float64) int {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return min(len(s)-i-1, 9)
	}
	return 0
}
