package actions

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Kind is a kind of action. The words are recorded: they do not change.
type Kind string

// The kinds that go through the admin API. Undo is a way to ask for one of the
// others, and no plan is of it.
const (
	KindThrottle Kind = "throttle"
	KindRamp     Kind = "ramp"
	KindSync     Kind = "sync"
	KindReset    Kind = "reset"
	KindUndo     Kind = "undo"
)

// Tier is how much must be done to confirm a plan. It follows from parameters
// and state, not from the key.
type Tier uint8

// The tiers.
const (
	Light     Tier = iota // sheds load, can be undone: y
	Medium                // can be undone, adds load or hides a fault: a, then y
	Dangerous             // a, then the target's name typed, then enter
)

// String returns the word that is recorded.
func (t Tier) String() string {
	if t > Dangerous {
		return "tier"
	}
	return [...]string{"light", "medium", "dangerous"}[t]
}

// Now is an instant by the three clocks that matter here.
type Now struct {
	Wall time.Time     // the stream's wall clock: ages are reckoned by it
	Mono time.Duration // the stream's monotonic clock: holds and what is waited for in the cluster
	Hand time.Duration // real monotonic time: hands and sockets know no other
}

// Ask is what somebody wants done.
type Ask struct {
	Kind Kind
	// N is the limit of a throttle, in assertions per second, or the step that a
	// ramp begins with; 0 lets the plan choose.
	N      int64
	Target cluster.NodeID // the replica of a sync, the agent or the replica of a reset
	Force  bool           // of a sync
}

// Refusal is why there is no plan.
type Refusal struct {
	Why  cluster.Text
	Hint cluster.Text // what to do; may be empty
}

func refuse(why, hint string) *Refusal {
	return &Refusal{Why: cluster.Clean(why), Hint: cluster.Clean(hint)}
}

func refuseFor(err error) *Refusal {
	r := refuse(err.Error(), "")
	if f, ok := asFailure(err); ok {
		r.Hint = f.Hint
	}
	return r
}
