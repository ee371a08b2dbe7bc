package cluster

import (
	"cmp"
	"time"
)

func (s *State) applyMetrics(o *Observation) {
	s.node(o.Source.Node).metrics.add(o)
	r, ok := o.Body.(*MetricsReading)
	if !ok {
		return
	}
	for i := range r.Samples {
		s.count(o, &r.Samples[i])
	}
	if o.Source.Node == s.session.Primary.ID {
		s.foldLags(o, r)
	}
	s.foldSyncs(o, r)
	if v, ok := r.Value(FamilyStartTime, ""); ok {
		s.service(o.Source.Node).began(o.Taken, v, cmp.Or(r.ServerDate, o.Taken))
	}
}

// count remembers the samples whose growth matters.
func (s *State) count(o *Observation, m *Sample) {
	if m.Family == FamilyLag || m.Family == FamilyStartTime || !isCount(m.Value) {
		return
	}
	key := counterKey{o.Source.Node, m.Replica, m.Family}
	c := s.counters[key]
	if c == nil {
		c = &counter{}
		s.counters[key] = c
	}
	if c.add(CountPoint{Taken: o.Taken, Half: o.Took/2 + markUnit/2, Value: m.Value}, s.memoryOf(m.Family)) && m.Family == FamilyAssertions {
		s.dropGaps(key)
	}
}

// isCount tells whether a counter can stand at v.
func isCount(v float64) bool { return Known(v).Known() && v >= 0 }

// badCount returns what is wrong with the count that a node tells of itself, or "".
func (s *State) badCount(id NodeID) string {
	n := s.nodes[id]
	if n == nil || n.metrics.usable == nil {
		return ""
	}
	r, _ := n.metrics.usable.Body.(*MetricsReading)
	if v, ok := r.Value(FamilyAssertions, ""); ok && !isCount(v) {
		return "the node counts " + what(v)
	}
	return ""
}

// dropGaps forgets the gaps that a count was one end of before it was reset.
func (s *State) dropGaps(key counterKey) {
	for id, l := range s.lags {
		if key == (counterKey{s.session.Primary.ID, "", FamilyAssertions}) || key.node == id || key.replica == id {
			l.GapKnown = false
		}
	}
}

func (s *State) memoryOf(f Family) memory {
	m := memory{window: rateWindow, whole: s.whole}
	switch f {
	case FamilySyncErrors:
		m.window, m.space = errorWindow, errorSpace
	case FamilySyncDurationSum, FamilySyncDurationCount:
		m.window = errorWindow
	case FamilyCorruption:
		m.window, m.space = corruptionWindow, corruptionWindow/8
	case FamilyLag, FamilyAssertions, FamilySyncProgress, FamilySentBytes, FamilySyncDiff, FamilyStartTime:
	}
	if s.whole {
		m.space = 0
	}
	return m
}

// foldSyncs takes the progress gauges: the primary's, by label; a replica's own
// only while the primary tells nothing of it.
func (s *State) foldSyncs(o *Observation, r *MetricsReading) {
	fromPrimary := o.Source.Node == s.session.Primary.ID
	for i := range r.Samples {
		m := &r.Samples[i]
		if m.Family != FamilySyncProgress {
			continue
		}
		id := m.Replica
		if !fromPrimary {
			if id != "" && id != o.Source.Node {
				continue // of another, by hearsay
			}
			if _, told := s.counters[counterKey{s.session.Primary.ID, o.Source.Node, FamilySyncProgress}]; told {
				continue
			}
			id = o.Source.Node
		}
		if id == "" || s.lags[id] == nil {
			continue // of nobody in particular, or of no replica
		}
		s.foldSync(s.sync(id), m.Value, r.Unit, o.Taken)
	}
}

func (s *State) sync(id NodeID) *SyncRecall {
	y := s.syncs[id]
	if y == nil {
		y = &SyncRecall{Replica: id}
		s.syncs[id] = y
	}
	return y
}

// sentRate returns the bytes per second that the primary sends: its own total,
// else the sum over replicas; and why there is no such rate.
func (s *State) sentRate(at time.Time) (rate Figure, why Text) {
	id, counted := s.session.Primary.ID, false
	if c := s.counters[counterKey{id, "", FamilySentBytes}]; c != nil {
		rate, counted = c.freshRate(at, s.fresh()), true
	} else {
		for _, r := range sortedKeys(s.lags) {
			c := s.counters[counterKey{id, r, FamilySentBytes}]
			counted = counted || c != nil
			if v, ok := c.freshRate(at, s.fresh()).Value(); ok {
				rate = Known(rate.number() + v)
			}
		}
	}
	switch {
	case rate.Known():
		return rate, Text{}
	case !counted && !s.told(id): // that nothing was read is said elsewhere
		return rate, Text{}
	case !counted:
		return rate, Clean("no counter of the bytes sent")
	}
	return rate, Clean("no fresh rate of the bytes sent")
}
