package cluster

import (
	"cmp"
	"slices"
	"time"
)

// What the program concluded is on the stream too, as it was shown: a replay
// shows the same, whatever a later version would conclude.

// AlertState is the state of an alert rule for one replica.
type AlertState uint8

// The states of an alert, the worst last. Their numbers are recorded: append only.
const (
	AlertInactive AlertState = iota
	AlertPending
	AlertNoData // nothing to judge by; a firing alert that lost its source never turns green
	AlertFiring
)

// String returns the contract's word for the state.
func (s AlertState) String() string {
	if s > AlertFiring {
		return "unknown"
	}
	return [...]string{"inactive", "pending", "nodata", "firing"}[s]
}

// AlertChange says that an alert of a replica entered a state.
type AlertChange struct {
	Rule     Text
	Replica  NodeID
	Critical bool
	State    AlertState
	Since    time.Time
	FiresAt  time.Time  // of a pending one, if it stays; else zero
	Was      AlertState // what it was when its source was lost, for AlertNoData
}

// Cause is what a verdict blames.
type Cause uint8

// The causes. Their numbers are recorded: append only.
const (
	CauseUnknown Cause = iota
	CauseNone          // there is nothing to explain
	CauseDisk
	CauseCPU
	CauseNetwork
	CausePrimary
	CauseBreaker
	CauseSync
	CauseMeasurement // the lag itself can't be believed
)

// String returns the contract's word for the cause.
func (c Cause) String() string {
	if c > CauseMeasurement {
		return "unknown"
	}
	return [...]string{"unknown", "none", "disk", "cpu", "network", "primary", "breaker", "sync", "measurement"}[c]
}

// Confidence is how sure a verdict is.
type Confidence uint8

// The confidences. Their numbers are recorded: append only.
const (
	ConfidenceUnknown Confidence = iota
	ConfidencePossible
	ConfidenceLikely
)

// String returns the contract's word for the confidence.
func (c Confidence) String() string {
	if c > ConfidenceLikely {
		return "unknown"
	}
	return [...]string{"unknown", "possible", "likely"}[c]
}

// Verdict is what the program thinks the cause of a replica's lag is, and why.
type Verdict struct {
	Replica    NodeID
	Cause      Cause
	Confidence Confidence
	Since      time.Time // since when Cause and Confidence hold
	For        []Text    // evidence, the strongest first
	Against    []Text
	Missing    []Text // what could not be measured
	Advice     []Text // the contract's words for actions, e.g. "throttle"
	Next       Text   // the runbook's step that follows, in a sentence
}

// Escalation says that one of the runbook's four conditions holds, or no longer does.
type Escalation struct {
	Reason   Text // the contract's word, e.g. "lag_over_60s"
	Replicas []NodeID
	Since    time.Time
	Over     bool // it no longer holds
}

type alertKey struct {
	rule    Text
	replica NodeID
}

// judgements are the newest conclusions, as observations so that a keyframe can
// repeat them.
type judgements struct {
	alerts      map[alertKey]*Observation
	verdicts    map[NodeID]*Observation
	escalations map[Text]*Observation

	// byReplica is what viewAlerts made of alerts; nil since one came.
	byReplica map[NodeID][]AlertChange
}

func newJudgements() judgements {
	return judgements{
		alerts: map[alertKey]*Observation{}, verdicts: map[NodeID]*Observation{}, escalations: map[Text]*Observation{},
	}
}

func (s *State) applyJudge(o *Observation) {
	switch b := o.Body.(type) {
	case *AlertChange:
		s.judged.alerts[alertKey{b.Rule, b.Replica}] = keep(o)
		s.judged.byReplica = nil
	case *Verdict:
		s.judged.verdicts[b.Replica] = keep(o)
	case *Escalation:
		s.judged.escalations[b.Reason] = keep(o)
	}
}

// all returns the conclusions in the order in which they came.
func (j *judgements) all() []*Observation {
	var list []*Observation
	for _, o := range j.alerts {
		list = append(list, o)
	}
	for _, o := range j.verdicts {
		list = append(list, o)
	}
	for _, o := range j.escalations {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b *Observation) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// viewAlerts sorts the alerts by replica, the critical rules first. The lists are
// those of many snapshots.
func (s *State) viewAlerts() map[NodeID][]AlertChange {
	if len(s.judged.alerts) == 0 || s.judged.byReplica != nil {
		return s.judged.byReplica
	}
	by := map[NodeID][]AlertChange{}
	for k, o := range s.judged.alerts {
		if b, ok := o.Body.(*AlertChange); ok {
			by[k.replica] = append(by[k.replica], *b)
		}
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b AlertChange) int {
			if a.Critical != b.Critical {
				if a.Critical {
					return -1
				}
				return 1
			}
			return cmp.Compare(b.Rule.s, a.Rule.s)
		})
	}
	s.judged.byReplica = by
	return by
}

func (s *State) viewVerdict(id NodeID) Verdict {
	if o := s.judged.verdicts[id]; o != nil {
		if b, ok := o.Body.(*Verdict); ok {
			return *b
		}
	}
	return Verdict{Replica: id}
}

func (s *State) viewEscalations() []Escalation {
	var list []Escalation
	for _, o := range s.judged.escalations {
		if b, ok := o.Body.(*Escalation); ok && !b.Over {
			list = append(list, *b)
		}
	}
	slices.SortFunc(list, func(a, b Escalation) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Reason.s, b.Reason.s))
	})
	return list
}
