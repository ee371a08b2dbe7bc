package cluster

import "time"

// ActionStage is how far an action came.
type ActionStage uint8

// The stages. Their numbers are recorded: append only.
const (
	ActionIntent   ActionStage = iota // confirmed and in the journal, about to be sent
	ActionAnswered                    // what became of the request
	ActionEffect                      // what the cluster did next
	ActionNearMiss                    // blocked, cancelled or refused: nothing was sent
	ActionResolved                    // somebody said what an unknown outcome was
	ActionEvent                       // a ramp's gate, a limit that somebody else changed
)

// String returns the journal's word for the stage.
func (s ActionStage) String() string {
	if s > ActionEvent {
		return "step"
	}
	return [...]string{"intent", "outcome", "effect", "near_miss", "resolution", "event"}[s]
}

// ActionStep is a step of something done to the cluster: a copy of a record of
// the audit journal, which is the authority.
type ActionStep struct {
	Seq    uint64 // of the record; 0 if it could not be written
	Hash   string // of the record, in hex
	Action string // joins the steps of one action; empty for a near miss
	Stage  ActionStage
	Kind   Text   // throttle, sync, reset, …
	Target NodeID // replica or agent; empty for what concerns the whole cluster
	Who    Text
	What   Text // what is done, in a few words: throttle ingest to 500/s
	// Verdict is the journal's word: not_sent, rejected, accepted, ambiguous;
	// effective, no_effect, regressed, inconclusive; applied, not_applied, unknown.
	Verdict Text
	Summary Text          // for a person
	Took    time.Duration // from the answer to an effect
	Final   bool          // no further effect follows
	Limit   int64         // the rate limit that stands since this step, in assertions per second; 0: it sets none
	Lifts   bool          // since this step no limit that was set here stands
	Since   time.Time     // of Limit, where it stood before this step; zero otherwise
}

// Touched tells whether the cluster may have changed at this step, so that what
// it did before says nothing of where it is going now.
func (s *ActionStep) Touched() bool {
	switch s.Verdict.String() {
	case "accepted", "ambiguous":
		return s.Stage == ActionAnswered
	case "applied":
		return s.Stage == ActionEffect || s.Stage == ActionResolved
	}
	return false
}

// ActionAt is a step of an action and when it was made.
type ActionAt struct {
	At   time.Time
	Step ActionStep
}

// StandingLimit is the rate limit of ingest that was set here and still stands.
type StandingLimit struct {
	PerSecond int64 // 0: none
	Who       Text
	Since     time.Time
	Action    string
}

// keepActions is how many steps a Snapshot has.
const keepActions = 48

// acts is the memory of actions.
type acts struct {
	steps []Observation
	limit *Observation // the step since which a limit stands; nil if none does
}

func (s *State) applyAction(o *Observation) {
	b, ok := o.Body.(*ActionStep)
	if !ok {
		return
	}
	s.acts.steps = appendMost(s.acts.steps, *o, keepActions)
	switch {
	case b.Lifts:
		s.acts.limit = nil
	case b.Limit > 0:
		s.acts.limit = keep(o)
	}
}

func (s *State) viewActions(v *Snapshot) {
	for i := range s.acts.steps {
		if b, ok := s.acts.steps[i].Body.(*ActionStep); ok {
			v.Actions = append(v.Actions, ActionAt{At: s.acts.steps[i].Received, Step: *b})
		}
	}
	if s.acts.limit == nil {
		return
	}
	if b, ok := s.acts.limit.Body.(*ActionStep); ok {
		v.Limit = StandingLimit{PerSecond: b.Limit, Who: b.Who, Since: s.acts.limit.Received, Action: b.Action}
		if !b.Since.IsZero() {
			v.Limit.Since = b.Since
		}
	}
}

// Touched returns when actions may have changed the cluster, oldest first.
func (s *Snapshot) Touched() []time.Time {
	var at []time.Time
	for i := range s.Actions {
		if s.Actions[i].Step.Touched() {
			at = append(at, s.Actions[i].At)
		}
	}
	return at
}
