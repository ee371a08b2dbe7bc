package actions

import (
	"maps"
	"slices"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Phase is where a dialog stands.
type Phase uint8

// The phases.
const (
	Looking     Phase = iota // what the plan needs is being read; there is none yet
	Refused                  // there is no plan, and why
	Preview                  // the plan is shown; y if it is light, else a
	Armed                    // y, or the word and enter
	Rechecking               // confirmed; all is read once more
	NoRecord                 // the journal can't be written; UNRECORDED and enter goes on without
	Recording                // the intent is being written
	Sending                  // waiting for the answer
	ReadingBack              // the answer was lost: looking at what it did
	Verifying                // accepted: looking at what the cluster does
	Ended                    // all is known that will be
)

// String returns the word for the phase.
func (p Phase) String() string {
	if p > Ended {
		return "phase"
	}
	return [...]string{
		"looking", "refused", "preview", "armed", "rechecking", "no record", "recording", "sending",
		"reading back", "verifying", "ended",
	}[p]
}

// Pending tells whether nothing was recorded or sent yet: esc undoes all of it.
func (p Phase) Pending() bool { return p < Recording }

// Dialog is one proposal from its first preview to its end. Draw it, and close
// it by esc.
type Dialog struct {
	// Shown changes whenever what is to be decided on does: until a Painted names
	// it, and for the guard time after, no key confirms.
	Shown   uint64
	Phase   Phase
	ID      string
	Ask     Ask
	Plan    *Plan    // nil while Looking and where Refused
	Refusal *Refusal // where Refused
	Changed []Change // what is not as it was, to be shown in the preview
	Note    cluster.Text
	Typed   string        // of the word
	Disarms time.Duration // when, on the hand's clock, it disarms by itself; 0 if it does not
	Reading bool          // the facts are being read
	Result  *admin.Result // of the request, once it ended
	Finding Finding       // the newest
	Took    time.Duration // from the answer to the finding
	FoundAt time.Duration // monotonic: the ages of the finding's facts are as of then

	opened, armed, confirmed, touched time.Duration // hand
	painted                           time.Duration // hand; -1 before
	check                             string        // the ReadFacts that is waited for
	asked                             time.Duration // hand, when
	tries, ignored                    int
}

// Flight is the one request that is on its way.
type Flight struct {
	Action  string
	Plan    *Plan
	Sending bool // the intent is on disk
	Since   Now
	ofRamp  bool
	abort   bool // esc before it was sent
}

// Trial is an action that was sent and is looked after: read back if its answer
// was lost, then judged by what the cluster does.
type Trial struct {
	Action         string
	Plan           *Plan
	Result         admin.Result
	Sent, Answered Now
	ReadBack       bool // its outcome is not known
	Superseded     bool // another limit was sent after this one
	Finding        Finding
	Moved          bool          // something was seen that has to come first: a sync that runs, a breaker that closed
	MovedAt        time.Duration // monotonic
	// Looked is what the action's Look found last after the answer, or LookFailed why
	// it found nothing; both nil before.
	Looked     any
	LookFailed *cluster.Failure
	// Memory is what a Judge keeps from one time to the next: a value, never changed.
	Memory any

	seq      uint64        // of the newest observation that was seen before the answer
	nextRead time.Duration // hand
	look     string        // the ReadFacts that is waited for; empty for none
	lookedAt time.Duration // hand, when it was asked for
}

// State is all that the reducer knows. Its zero value is not useful: NewState
// makes it, and Step the next one. It is never changed.
type State struct {
	set   *Settings
	World World

	Dialog   *Dialog // nil if none is open
	Flight   *Flight // nil if nothing is on its way
	Trials   []Trial
	Climb    *Climb // the running ramp; nil if none
	Standing Standing
	Changes  []LimitChange // limits that were set here one upon the other, oldest first
	Open     []Unresolved
	Resets   map[cluster.NodeID]time.Time
	lacks    bool // the journal lacks a record of what was done
	told     bool // the journal told what it has, once at least
	// Unrecorded says that actions pass without a journal, by somebody's word.
	Unrecorded bool
	// Journal is why the newest record could not be written; empty if it could.
	Journal cluster.Text
	// Damage is what is wrong with the journal that earlier runs left; empty for
	// nothing.
	Damage cluster.Text

	peace   time.Duration   // hand; until the server takes requests again
	resolve map[string]bool // actions whose resolution is being written
	guard   guard
	shown   uint64
	serial  uint64
	last    Now
	nextGET time.Duration // monotonic
}

// NewState returns the state in which nothing was done yet.
func NewState(set *Settings) State {
	return State{set: set, Resets: map[cluster.NodeID]time.Time{}, resolve: map[string]bool{}}
}

// clone copies what Step may change.
func (s State) clone() State {
	if s.Dialog != nil {
		d := *s.Dialog
		s.Dialog = &d
	}
	if s.Flight != nil {
		f := *s.Flight
		s.Flight = &f
	}
	if s.Climb != nil {
		c := *s.Climb
		s.Climb = &c
	}
	s.Trials = slices.Clone(s.Trials)
	s.Changes = slices.Clone(s.Changes)
	s.Open = slices.Clone(s.Open)
	s.Resets = maps.Clone(s.Resets)
	s.resolve = maps.Clone(s.resolve)
	return s
}

// scene is what a plan is made of now.
func (s *State) scene(now Now) *Scene {
	v := &Scene{
		World: s.World, Settings: s.set, Now: now, Standing: s.Standing, Open: s.Open, Resets: s.Resets,
		Cooling: max(0, s.peace-now.Hand), Ramping: s.Climb != nil, Damage: s.Damage,
	}
	if n := len(s.Changes); n > 0 {
		v.Last = &s.Changes[n-1]
	}
	return v
}

// Peace returns how long the server asked to be left alone from now on, by a
// Retry-After; 0 if it did not.
func (s *State) Peace(now Now) time.Duration { return max(0, s.peace-now.Hand) }

// Busy tells what would be left behind by ending the program now; empty if
// nothing.
func (s *State) Busy(now Now) []cluster.Text {
	var list []cluster.Text
	if s.Flight != nil {
		list = append(list, cluster.Clean("a request is on its way: "+s.Flight.Plan.Title.String()))
	}
	if s.Climb != nil {
		list = append(list, cluster.Clean("a ramp is running: "+s.Climb.Words(now)+"; the limit stays where it is"))
	}
	if s.Standing.PerSecond > 0 && s.Climb == nil {
		list = append(list, cluster.Clean(s.Standing.Words(now)+" stands"))
	}
	return list
}

// ReadsBack tells whether the outcome of an action is being looked for: it needs
// nobody's word yet.
func (s *State) ReadsBack(action string) bool {
	return slices.ContainsFunc(s.Trials, func(t Trial) bool { return t.Action == action && t.ReadBack })
}

// Words is the standing limit: limit 1000/s, dana, since 03:12. Empty if none
// stands.
func (l Standing) Words(n Now) string {
	if l.PerSecond == 0 {
		return ""
	}
	return "limit " + perSecond(float64(l.PerSecond)) + ", " + l.Who.String() + ", since " + l.Since.UTC().Format(n.dated(l.Since)+"15:04")
}
