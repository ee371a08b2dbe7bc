package actions

import (
	"context"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Effect is what is known of what an action did. The words are recorded.
type Effect string

// The effects. The first four are judged by what the cluster does next, the
// others are of an outcome that was not known.
const (
	NotYet       Effect = ""
	Effective    Effect = "effective"
	NoEffect     Effect = "no_effect"
	Regressed    Effect = "regressed"
	Inconclusive Effect = "inconclusive"
	Applied      Effect = "applied"
	NotApplied   Effect = "not_applied"
	Unknown      Effect = "unknown"
)

// String returns the words for a person.
func (e Effect) String() string {
	switch e {
	case NotYet:
		return "not known yet"
	case NoEffect:
		return "no effect"
	case Applied:
		return "it took effect"
	case NotApplied:
		return "it did not take effect"
	case Unknown:
		return "may have taken effect"
	case Effective, Regressed, Inconclusive:
	}
	return string(e)
}

// Finding is what a look at the cluster says of an action.
type Finding struct {
	Effect Effect // NotYet while it can't be told
	Why    cluster.Text
	Facts  []Fact
}

func found(e Effect, why string, facts ...Fact) Finding {
	return Finding{Effect: e, Why: cluster.Clean(why), Facts: facts}
}

// Needs is what has to be chosen before a plan can be made.
type Needs uint8

// What an action may need.
const (
	NeedsNothing Needs = iota
	NeedsRate
	NeedsReplica
	NeedsAgent
	NeedsNumber // typed before there is a plan; none lets the plan choose
)

// Action is a row of the table of actions. Further rows come from packages that
// reach the cluster otherwise.
type Action struct {
	Kind  Kind
	Key   string // that asks for it; empty where only the menu has it
	Title string // for a menu
	Brief string // a word for a line of keys
	Help  string // what the key does, in a line
	Needs Needs
	// Number is what is typed where Needs is NeedsNumber: rpc_timeout_ms.
	Number string
	// Absolute says that it sets a value whatever was there, so that no unresolved
	// outcome forbids it.
	Absolute bool
	// Look reads what a plan needs beyond the snapshot and the limit; nil for
	// nothing. What it returns is World.Looked, and is not changed any more.
	Look func(context.Context, Ask) (any, *cluster.Failure)
	// LooksAfter says that Judge wants what Look finds: it is asked again and again
	// until there is a verdict. ReadBack gets it in any case, if there is a Look.
	LooksAfter bool
	// Propose makes the plan, or says why there is none. It sends nothing.
	Propose func(*Scene, Ask) (*Plan, *Refusal)
	// ReadBack says what an action did whose answer was lost; nil where nothing
	// can tell.
	ReadBack func(*Trial, *Scene) Finding
	// Judge says whether it had its effect; nil where the answer says all.
	Judge func(*Trial, *Scene) Finding
	// Watch is how long Judge is asked at most, on the stream's clock.
	Watch time.Duration
}

// Table returns the actions that go through the admin API.
func Table() []Action {
	return []Action{
		{
			Kind: KindThrottle, Key: "t", Title: "throttle ingest", Brief: "throttle",
			Help:  "limit the rate of ingest: as suggested, typed, or a step of the ramp",
			Needs: NeedsRate, Absolute: true,
			Propose: proposeThrottle, ReadBack: readBackLimit, Judge: judgeThrottle, Watch: 150 * time.Second,
		},
		{
			Kind: KindSync, Key: "s", Title: "start a Merkle sync", Brief: "sync",
			Help:  "start a Merkle sync of the selected replica",
			Needs: NeedsReplica, Propose: proposeSync, ReadBack: readBackSync, Judge: judgeSync, Watch: 15 * time.Minute,
		},
		{
			Kind: KindReset, Key: "b", Title: "reset a circuit breaker", Brief: "breaker",
			Help:  "reset the circuit breaker of the selected replica, or the one that is tripped",
			Needs: NeedsAgent, Absolute: true, Propose: proposeReset, ReadBack: readBackReset, Judge: judgeReset, Watch: 90 * time.Second,
		},
		{
			Kind: KindRamp, Key: "r", Title: "ramp ingest up", Brief: "ramp",
			Help:     "raise the limit in steps, each held while all is well",
			Absolute: true, Propose: proposeRamp, ReadBack: readBackLimit,
		},
		{
			Kind: KindUndo, Key: "u", Title: "undo the last limit", Brief: "undo",
			Help:     "back to the limit before, or up to the ingest before",
			Absolute: true, Propose: proposeUndo,
		},
	}
}

// rated tells whether a rate can be chosen.
func (a *Action) rated() bool { return a != nil && a.Needs == NeedsRate }

// row returns the row of a kind; nil if there is none.
func (s *Settings) row(k Kind) *Action {
	i := slices.IndexFunc(s.Table, func(a Action) bool { return a.Kind == k })
	if i < 0 {
		return nil
	}
	return &s.Table[i]
}

// propose makes the plan of an ask, with what all plans have in common.
func (s *Scene) propose(ask Ask) (*Plan, *Refusal) {
	a := s.row(ask.Kind)
	switch {
	case a == nil:
		return nil, refuse("there is no action "+string(ask.Kind), "")
	case s.Snapshot == nil || s.Snapshot.FirstSeen.IsZero():
		return nil, refuse("nothing is known of the cluster yet", "wait for the first readings")
	}
	if a.Look != nil && s.LookFailed != nil {
		return nil, refuseFor(s.LookFailed)
	}
	if !a.Absolute && len(s.Open) > 0 {
		o := s.Open[0]
		return nil, refuse("it is not known what became of: "+o.Title.String()+s.Now.sentAt(o.At), "say first whether it took effect: x on the screen, act resolve on the line")
	}
	p, r := a.Propose(s, ask)
	if r != nil {
		return nil, r
	}
	s.usual(p)
	p.made = s.Now.Mono
	return p, nil
}
