package actions

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// LimitReading is the rate limit as the server tells it.
type LimitReading struct {
	admin.Limit
	At   time.Time     // zero: nobody asked yet
	Mono time.Duration // that instant on the stream's monotonic clock
	// Failure is why it is not known; of kind FailMissing where this server can't
	// tell at all.
	Failure *cluster.Failure
}

// Known tells whether there is a value, or the word that there is no limit.
func (l LimitReading) Known() bool { return !l.At.IsZero() && l.Failure == nil }

// since tells whether it was asked for after an instant, whatever the wall clock
// did.
func (l LimitReading) since(n Now) bool { return l.Known() && l.Mono > n.Mono }

// World is all that is known of the cluster when something is decided.
type World struct {
	Snapshot *cluster.Snapshot
	Limit    LimitReading
	Peer     admin.Peer // who answered for the primary when the limit was asked
	// Looked is what the action's own Look found, and LookFailed why it found nothing.
	Looked     any
	LookFailed *cluster.Failure
}

// Requests makes the requests to one admin API. *admin.Client does; it sends
// nothing to make one.
type Requests interface {
	RateLimit(n int64) (admin.Request, error)
	Sync(replica cluster.NodeID, force bool) (admin.Request, error)
	Reset(agent cluster.NodeID) (admin.Request, error)
}

// Settings are what does not change while the program runs.
type Settings struct {
	Requests Requests
	Who      cluster.Text // who acts
	Via      string       // terminal, command line
	Floor    int64        // assertions per second that nothing goes below by a light action
	Steps    []int64      // of a ramp, rising
	Hold     time.Duration
	Table    []Action
}

// Scene is what a plan is made of: the world, and what was done to it so far.
type Scene struct {
	World
	*Settings
	Now      Now
	Standing Standing
	Last     *LimitChange // the newest that took effect; nil if none did
	Open     []Unresolved
	Resets   map[cluster.NodeID]time.Time // when each agent's breaker was reset last
	Cooling  time.Duration                // until the server takes requests again, by its word
	Ramping  bool
	Damage   cluster.Text // of the journal
}

// Standing is the limit that was set here and still stands.
type Standing struct {
	PerSecond int64 // 0: none
	Who       cluster.Text
	Since     time.Time
	Told      time.Time // when that became known: what was read before says nothing against it
	Action    string

	seen time.Duration // monotonic, when this run learned of it
	sent time.Duration // monotonic, when this run sent it; 0 if another did
}

// before tells whether it was known before a limit was asked for. One that was told by
// a clock that was set back since is of the future: then the monotonic one tells.
func (l Standing) before(r LimitReading, now Now) bool {
	if l.Told.After(now.Wall) {
		return r.Mono > l.seen
	}
	return r.At.After(l.Told)
}

// LimitChange is a limit that was set here, and what was before it.
type LimitChange struct {
	Action string
	N      int64
	Was    admin.Limit // if WasKnown
	// WasKnown is false where neither the server nor the journal could tell the limit
	// before.
	WasKnown bool
	Ingest   cluster.Figure // measured before it
	At       time.Time
}

// Unresolved is an action whose outcome is not known.
type Unresolved struct {
	Action string
	Kind   Kind
	Title  cluster.Text
	Target cluster.NodeID
	Who    cluster.Text
	At     time.Time
	Why    cluster.Text
}

// fresh is how old a reading may be to decide on: three intervals and no more
// than ten seconds, unless readings come more rarely than that.
func fresh(s *cluster.Snapshot) time.Duration {
	return max(min(3*s.Interval, 10*time.Second), 2*s.Interval)
}

// worst returns the replica with the greatest lag that is known; nil if none is.
func worst(s *cluster.Snapshot) *cluster.Replica {
	var w *cluster.Replica
	for i := range s.Replicas {
		r := &s.Replicas[i]
		v, ok := r.Lag.Seconds.Value()
		if !ok || r.Lag.State == cluster.LagStale {
			continue
		}
		if w == nil {
			w = r
			continue
		}
		if u, _ := w.Lag.Seconds.Value(); v > u {
			w = r
		}
	}
	return w
}

// slowest returns the replica that applies least of those that apply anything;
// nil if none does.
func slowest(s *cluster.Snapshot) *cluster.Replica {
	var w *cluster.Replica
	for i := range s.Replicas {
		r := &s.Replicas[i]
		v, ok := r.Assertions.PerSecond.Value()
		if !ok || v <= 0 {
			continue
		}
		if w == nil {
			w = r
			continue
		}
		if u, _ := w.Assertions.PerSecond.Value(); v < u {
			w = r
		}
	}
	return w
}

// appliesKnown tells whether the apply rate of any replica is known.
func appliesKnown(s *cluster.Snapshot) bool {
	return slices.ContainsFunc(s.Replicas, func(r cluster.Replica) bool { return r.Assertions.PerSecond.Known() })
}

// started is when the primary's process began, by its host; zero if unknown.
func started(s *cluster.Snapshot) time.Time {
	h := s.Primary.Host
	if !h.ProcessesKnown || len(h.Processes) == 0 || h.Uptime <= 0 || h.ProcessesAt.IsZero() {
		return time.Time{}
	}
	at, ok := h.Processes[0].Started.Value()
	if !ok {
		return time.Time{}
	}
	for _, p := range h.Processes[1:] { // the oldest is the server, others are its children
		if v, ok := p.Started.Value(); ok {
			at = min(at, v)
		}
	}
	return h.Newest.Add(-h.Uptime).Add(time.Duration(at * float64(time.Second)))
}
