package cluster

import (
	"math"
	"strconv"
	"time"
)

// stallAfter is how long a running sync may stand still before it is stalled:
// the runbook looks every 5 s; a large diff can take several of those.
const stallAfter = 30 * time.Second

// foldSync takes one reading of a replica's progress gauge.
func (s *State) foldSync(y *SyncRecall, v float64, unit ProgressUnit, taken time.Time) {
	y.Taken = taken
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		y.Problem = Clean("the progress gauge says " + what(v))
		s.setSync(y, SyncUnknown, taken)
		return
	}
	y.Max = max(y.Max, v)
	s.percent = s.percent || v > 1+overshoot
	y.Fraction = y.Fraction || (v > 0 && v < 1)
	if unit != ProgressAuto {
		y.Unit = unit
	}
	first := y.Moved.IsZero()
	moved := first || v != y.Value
	if v < y.Value/2 && (y.State == SyncRunning || y.State == SyncStalled) { // no total grows like that: another took its place
		y.Since = time.Time{}
	}
	y.Value, y.Problem = v, Text{}
	p, ok := s.progress(y)
	if moved {
		y.Moved = taken
	}
	switch {
	case !ok:
		y.Problem = Clean("1 may mean 1 % or all: set metrics.sync_progress_unit")
		s.setSync(y, SyncUnknown, taken)
	case p > 1+overshoot:
		y.Problem = Clean("the progress gauge says " + strconv.FormatFloat(v, 'g', 4, 64) + ", which is more than all: check metrics.sync_progress_unit")
		s.setSync(y, SyncUnknown, taken)
	case p <= 0 || p >= 1:
		s.setSync(y, SyncIdle, taken)
	case taken.Sub(y.Moved) > stallAfter:
		s.setSync(y, SyncStalled, y.Moved)
	default:
		s.setSync(y, SyncRunning, taken)
	}
}

func (s *State) setSync(y *SyncRecall, to SyncState, at time.Time) {
	switch {
	case y.State == to && !y.Since.IsZero():
	case to == SyncRunning && y.State == SyncStalled && !y.Since.IsZero() && !y.Began.IsZero(): // it goes on
		y.State, y.Since = to, y.Began
	default:
		if y.State, y.Since = to, at; to == SyncRunning {
			y.Began = at
		}
	}
}

// overshoot is by how much of the whole a gauge may go beyond it by rounding.
const overshoot = 0.01

// progress returns the gauge as a ratio. The unit is the configured one, else
// the declared one, else by range: above 1 by more than rounding, of any replica, it
// is percent, a fraction is a ratio; that alone 1 was seen can't be told.
func (s *State) progress(y *SyncRecall) (ratio float64, ok bool) {
	unit := s.unit(y)
	if unit == ProgressAuto && y.Fraction {
		unit = ProgressRatio
	}
	switch unit {
	case ProgressPercent:
		return y.Value / 100, true
	case ProgressRatio:
		return y.Value, true
	case ProgressAuto:
	}
	return 0, y.Value == 0
}

// unit is what is sure of a gauge's unit: as it is configured or declared, or
// percent by what was above 1.
func (s *State) unit(y *SyncRecall) ProgressUnit {
	switch {
	case s.session.ProgressUnit != ProgressAuto:
		return s.session.ProgressUnit
	case y.Unit != ProgressAuto:
		return y.Unit
	case s.percent:
		return ProgressPercent
	}
	return ProgressAuto
}

// viewSync judges a replica's sync as of at.
func (s *State) viewSync(id NodeID, at time.Time) Sync {
	errors := s.replicaCounter(id, FamilySyncErrors)
	v := Sync{ErrorsPerSecond: errors.freshRate(at, s.fresh())}
	switch {
	case v.ErrorsPerSecond.Known():
		v.ErrorsOver = errors.span()
	case !s.told(id): // that nothing was read is said elsewhere
	case errors == nil:
		v.ErrorsWhy = Clean("no counter of sync errors for this replica")
	default:
		v.ErrorsWhy = Clean("no fresh rate of sync errors")
	}
	v.LastDuration = s.meanDuration(id, at)
	if p, ok := s.replicaCounter(id, FamilySyncDurationCount).last(); ok {
		v.Ended, v.EndedAt = Known(p.Value), p.Taken
	}
	c := s.replicaCounter(id, FamilyCorruption)
	if p, ok := c.last(); ok {
		v.Corruptions, v.NewCorruptions = Known(p.Value), Known(p.Value-c.points[0].value)
	}
	if p, ok := s.replicaCounter(id, FamilySyncDiff).last(); ok && at.Sub(p.Taken) <= s.fresh() {
		v.Diff = Known(p.Value)
	}
	y := s.syncs[id]
	switch {
	case (y == nil || y.Since.IsZero()) && !s.told(id):
		return v
	case y == nil || y.Since.IsZero():
		v.Why = Clean("no progress metric for this replica")
		return v
	case at.Sub(y.Taken) > s.fresh():
		v.Why, v.Since = Clean("no fresh reading of the progress metric"), y.Taken
		return v
	}
	v.State, v.Since, v.Why = y.State, y.Since, y.Problem
	if y.State == SyncUnknown {
		return v
	}
	p, _ := s.progress(y)
	v.Progress = Known(min(1, p))
	v.Assumed = y.Value > 0 && s.unit(y) == ProgressAuto && y.Max < 1
	if y.State == SyncRunning && y.Value > 0 {
		v.PerSecond = s.replicaCounter(id, FamilySyncProgress).freshRate(at, s.fresh()).Scale(p / y.Value)
	}
	return v
}

// told tells whether any page was read on which a replica's metrics could stand: the
// primary's, or its own.
func (s *State) told(id NodeID) bool {
	for _, from := range [...]NodeID{s.session.Primary.ID, id} {
		if n := s.nodes[from]; n != nil && n.metrics.usable != nil {
			return true
		}
	}
	return false
}

// meanDuration returns the mean seconds of the syncs that ended within what the
// counters of the duration histogram remember.
func (s *State) meanDuration(id NodeID, at time.Time) Figure {
	sum, count := s.replicaCounter(id, FamilySyncDurationSum), s.replicaCounter(id, FamilySyncDurationCount)
	newest, ok := count.last()
	if !ok || sum == nil || len(sum.points) < 2 || len(count.points) < 2 || at.Sub(newest.Taken) > errorWindow {
		return Figure{}
	}
	ds := sum.points[len(sum.points)-1].value - sum.points[0].value
	dn := count.points[len(count.points)-1].value - count.points[0].value
	if dn <= 0 {
		return Figure{}
	}
	return Known(ds / dn)
}

func what(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case v < 0:
		return "a negative number"
	}
	return "infinity"
}
