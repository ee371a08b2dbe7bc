package cluster

import (
	"math"
	"strings"
	"time"
)

// BreakersReading is what the primary's admin interface lists as tripped.
type BreakersReading struct {
	Tripped []TrippedBreaker
}

// TrippedBreaker is one circuit breaker that is not closed, as the server tells it.
type TrippedBreaker struct {
	Agent         NodeID    // raw, as it would be sent in a reset
	State         Text      // the server's word; empty if it says none
	Since         time.Time // zero if it does not say
	Failures      float64
	FailuresKnown bool
	Reason        Text
}

// BreakerState is the state of a replica's circuit breaker.
type BreakerState uint8

// The states of a breaker.
const (
	BreakerUnknown BreakerState = iota // no list, or one with an agent that may be its own
	BreakerClosed                      // not in the list of tripped ones
	BreakerTripped
)

// String returns the contract's word for the state.
func (s BreakerState) String() string {
	if s > BreakerTripped {
		return "unknown"
	}
	return [...]string{"unknown", "closed", "tripped"}[s]
}

// Breaker is a replica's circuit breaker.
type Breaker struct {
	State    BreakerState
	Agent    NodeID // configured, or that of the tripped breaker joined by name; may be empty
	Since    time.Time
	Failures Figure
	Reason   Text
	Said     Text // the server's word for its state, "open" or "half_open"; empty if it says none
	Why      Text // why it is not known
	// More are other agents of this replica that are tripped too, in their order.
	More []TrippedBreaker
}

// Tripped lists all that is tripped of it, that of Agent first.
func (b *Breaker) Tripped() []TrippedBreaker {
	if b.State != BreakerTripped {
		return nil
	}
	n, known := b.Failures.Value()
	first := TrippedBreaker{Agent: b.Agent, State: b.Said, Since: b.Since, Failures: n, FailuresKnown: known, Reason: b.Reason}
	return append([]TrippedBreaker{first}, b.More...)
}

// TrippedBreakers lists all that is tripped: of each replica, then of none that is
// known.
func (s *Snapshot) TrippedBreakers() []TrippedBreaker {
	var list []TrippedBreaker
	for i := range s.Replicas {
		list = append(list, s.Replicas[i].Breaker.Tripped()...)
	}
	return append(list, s.Unmatched...)
}

func (s *State) applyAdmin(o *Observation) {
	s.node(o.Source.Node).admin.add(o)
}

// tripped returns the fresh list, or ok false.
func (s *State) tripped(at time.Time) (list []TrippedBreaker, ok bool) {
	n := s.nodes[s.session.Primary.ID]
	if n == nil || !n.admin.view(true, s.firstSeen, at, s.fresh()).Reachable {
		return nil, false
	}
	b, ok := n.admin.newest.Body.(*BreakersReading)
	if !ok {
		return nil, false
	}
	return b.Tripped, true
}

// viewBreakers fills in the breaker of each replica, and lists those of none.
func (s *State) viewBreakers(v *Snapshot) {
	list, ok := s.tripped(v.At)
	for i := range v.Replicas {
		v.Replicas[i].Breaker = viewBreaker(v.Replicas[i].Spec, v.Primary.Admin, ok)
	}
	for i := range list {
		t := &list[i]
		whose := guarded(t.Agent, v.Replicas)
		for _, r := range whose {
			r.Breaker.trip(t)
		}
		if len(whose) == 0 {
			v.Unmatched = append(v.Unmatched, *t)
		}
	}
	if len(v.Unmatched) > 0 {
		doubtBreakers(v.Replicas, v.Unmatched[0].Agent)
	}
}

// doubtBreakers takes no breaker for closed while an agent of nobody knows whom is
// tripped, unless the configuration says which agent is the replica's.
func doubtBreakers(replicas []Replica, stray NodeID) {
	why := Clean(stray.Text().String() + " is tripped and matched to no replica; agent_id in the config says whose it is")
	for i := range replicas {
		r := &replicas[i]
		if r.Spec.AgentID == "" && r.Breaker.State == BreakerClosed {
			r.Breaker.State, r.Breaker.Why = BreakerUnknown, why
		}
	}
}

// viewBreaker is a breaker that is not in the list, or of which there is none.
func viewBreaker(spec NodeSpec, admin Access, ok bool) Breaker {
	v := Breaker{Agent: spec.AgentID}
	if ok {
		v.State = BreakerClosed
	} else if admin.Err != nil {
		v.Why = admin.Err.What
	}
	return v
}

// trip takes a tripped breaker for the replica's. Of several the first to trip is
// the one, as far as it is known: nothing flowed from then on.
func (b *Breaker) trip(t *TrippedBreaker) {
	more := b.Tripped()
	if len(more) > 0 && (t.Since.IsZero() || !b.Since.IsZero() && !t.Since.Before(b.Since)) {
		b.More = append(b.More, *t)
		return
	}
	b.More = more
	b.State, b.Agent, b.Since, b.Reason, b.Said, b.Failures = BreakerTripped, t.Agent, t.Since, t.Reason, t.State, Figure{}
	if t.FailuresKnown {
		b.Failures = Known(t.Failures)
	}
}

// guarded returns the replicas whose breaker an agent's is: by their configured agent
// id, else by a name that is a replica's or has it as a whole word. Of names of which
// one is part of another, as node2 of node2-b, the longer is meant. Of two as long it
// can't be told which, and one that is configured to have another agent is not it.
func guarded(agent NodeID, replicas []Replica) (whose []*Replica) {
	longest := 1
	for i := range replicas {
		r := &replicas[i]
		rank := len(r.ID)
		switch {
		case agent != "" && r.Spec.AgentID == agent:
			rank = math.MaxInt
		case !names(string(agent), string(r.ID)):
			continue
		}
		if rank > longest {
			whose, longest = whose[:0], rank
		}
		if rank == longest {
			whose = append(whose, r)
		}
	}
	if longest < math.MaxInt && (len(whose) > 1 || len(whose) == 1 && whose[0].Spec.AgentID != "") {
		return nil
	}
	return whose
}

// names tells whether text has the id as a whole word.
func names(text, id string) bool {
	if id == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], id)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(id)
		if (begin == 0 || !isWord(text[begin-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		from = begin + 1
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
