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
	// evidenceReadings is over how many readings the movement of the gap counts
	// against digits that stand still: twice what the slowest gauge gets.
	evidenceReadings = 4 * slowestGauge
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
	for _, id := range r.Twice {
		if id != "" && id != s.session.Primary.ID {
			seen[id] = true
			s.foldTwice(s.lag(id), o.Taken)
		}
	}
	if !wholeButFor(o.Err) {
		return // it says nothing of the replicas that it lacks
	}
	for id, l := range s.lags {
		if !seen[id] {
			s.vanish(l, o.Taken)
		}
	}
}

// wholeButFor tells whether a reading with that error lacks nothing but what the
// error names: a family that is missing, series that stand twice. Then it says
// of what else is not in it that it is gone.
func wholeButFor(err *Failure) bool {
	return err == nil || err.Kind == FailMissing || err.Kind == FailDuplicate
}

// foldTwice takes that a replica has two lags, of which one at most is true.
func (s *State) foldTwice(l *LagRecall, taken time.Time) {
	l.Seen = true
	l.Problem, l.Equal = Clean("it stands twice in the primary's lag metric"), 0
	s.setLag(l, LagUnknown, taken)
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

// widenGap notes where the gap between the two counts is now, if both are fresh
// and the replica's is a new one.
func (s *State) widenGap(l *LagRecall, taken time.Time) {
	p, r := s.primaryCount(), s.replicaCount(l.Replica)
	last, ok := r.last()
	if !ok || taken.Sub(last.Taken) > s.fresh() || last.Taken.Equal(l.CountTaken) {
		return
	}
	gap, skew, ok := countGap(p, r)
	if !ok || last.Taken.Add(-last.Half).Before(l.EqualSince) {
		return // of before these digits it proves nothing
	}
	l.CountTaken = last.Taken
	l.renewEvidence(last.Value)
	if !l.GapKnown {
		l.GapKnown, l.GapMin, l.GapMax, l.GapSkew = true, gap, gap, skew
		l.CountMin, l.CountMax, l.CountEqual = last.Value, last.Value, max(1, l.CountEqual)
		l.Burst = p.peak()
		l.RateMin, l.RateMax, _ = p.pace(l.Value)
		return
	}
	l.GapMin, l.GapMax, l.GapSkew = min(l.GapMin, gap), max(l.GapMax, gap), max(l.GapSkew, skew)
	l.CountMin, l.CountMax = min(l.CountMin, last.Value), max(l.CountMax, last.Value)
	l.Burst = max(l.Burst, p.peak())
	if slow, fast, ok := p.pace(l.Value); ok {
		l.RateMin, l.RateMax = min(l.RateMin, slow), max(l.RateMax, fast)
	}
}

// renewEvidence forgets the gap where it proves nothing any more. What accuses a
// zero is the time that the count stands still, so it begins when the count moved
// last: a replica that kept up for an hour may stop. Other digits may rightly
// stand for hours, and the gap drifts with the primary's rate meanwhile.
func (l *LagRecall) renewEvidence(count float64) {
	switch {
	case !l.GapKnown:
		l.CountEqual = 0
	case count == l.CountMax && count == l.CountMin:
		l.CountEqual++
	default:
		l.CountRun, l.CountEqual = min(l.CountEqual, slowestGauge), 0
		l.GapKnown = l.Value != 0
	}
	if l.State != LagFrozen && l.Equal%evidenceReadings == 0 && l.Value != 0 {
		l.GapKnown = false
	}
}

// frozen tells whether the gauge stands still while the counts say that it
// can't: the gap must move by more than an honest gauge lets it. A gauge or a
// count that is known to move only now and then gets twice its usual time.
func (s *State) frozen(l *LagRecall) bool {
	if l.Value != 0 && s.outgrown(l) {
		return true
	}
	if l.Equal < frozenReadings || !l.GapKnown {
		return false
	}
	proven := l.GapMax-l.GapMin-2*l.GapSkew > l.honest()
	if l.Value == 0 {
		stands := l.CountEqual >= frozenReadings && l.CountEqual > 2*l.CountRun
		return (stands && proven) || s.outgrown(l)
	}
	return l.Equal > 2*l.LastRun && proven
}

// honest returns by how many assertions the gap may move, beside the skew, while
// a true lag has the same digits. What is behind is what the primary took in
// during the lag, so it moves with the primary's rate as much as the lag is
// long. Both counts move by batches, which may be a second's worth. And within
// the gauge's resolution the lag moves itself: the longer it is the further,
// since a replica goes at the rate that the primary had so long ago.
func (l *LagRecall) honest() float64 {
	blur := max(1, math.Pow10(-l.Decimals)*(1+l.Value/4))
	return blur*l.Burst + l.Value*(l.RateMax-l.RateMin)
}

// outgrown tells whether the gap grew so much, within what the counts remember,
// that the lag can't be what it says: what is behind is what the primary took in
// during the lag. A gauge of whole seconds says 0 for less than one, and a gauge or a
// count that moves only now and then is as old as that. Of digits that move twice as
// much is asked, since they are nobody's default, and a count that moves at each
// reading: one that is renewed each minute is far behind for most of it.
func (s *State) outgrown(l *LagRecall) bool {
	p := s.primaryCount()
	grew, skew, ok := gapGrowth(p, s.replicaCount(l.Replica))
	hidden := 1 + float64(max(l.CountRun, l.CountEqual))*s.interval.Seconds()
	if l.Value != 0 {
		if !s.replicaCount(l.Replica).steady() {
			return false
		}
		hidden = 2*(1+l.Value) + float64(max(l.CountRun, l.CountEqual, l.LastRun, l.Equal))*s.interval.Seconds()
	}
	return ok && grew-2*skew > hidden*p.peak()
}

// viewLag judges a lag as of at.
func (s *State) viewLag(id NodeID, primary Access, at time.Time) Lag {
	l := s.lags[id]
	switch {
	case l == nil || l.StateSince.IsZero():
		return Lag{Why: neverSeen(primary), Since: s.firstSeen}
	}
	v := Lag{State: l.State, Taken: l.Taken, Since: l.StateSince}
	if !l.Taken.IsZero() {
		v.Age = max(0, at.Sub(l.Taken))
	}
	if l.State == LagUnknown {
		v.Why = l.Problem
		return v
	}
	v.Seconds = Known(l.Value)
	switch {
	case v.Age > s.fresh():
		v.State, v.Since, v.Why = LagStale, l.Taken.Add(s.fresh()), Clean("no newer reading")
		if concernsAll(primary.Err) {
			v.Why = primary.Err.What
		}
	case v.State == LagFrozen && l.Equal < frozenReadings:
		v.Outgrown, v.Why = true, Clean("the gap to the primary grows by far more than that")
	case v.State == LagFrozen:
		v.Why = Clean("the same digits while the gap to the primary moves")
		v.Since = l.EqualSince
	}
	return v
}

// concernsAll tells whether a failure of the primary can be why a replica has no
// lag that is not in the answer: series that stand twice name theirs.
func concernsAll(err *Failure) bool { return err != nil && err.Kind != FailDuplicate }

func neverSeen(primary Access) Text {
	if concernsAll(primary.Err) {
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
