package actions

import (
	"errors"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Deed is what a plan does, to the byte. It can't be changed: what is shown is
// what is done.
type Deed interface {
	// Lines are the deed as the preview shows it.
	Lines() []cluster.Text
	// Digest tells it from any other, as a header's value could carry it.
	Digest() string
	// Record is the deed as the journal keeps it, without secrets.
	Record() journal.Request
}

// HTTP is a request to the admin API.
type HTTP struct{ admin.Request }

// Lines returns method and URL, then the exact body.
func (h HTTP) Lines() []cluster.Text {
	return []cluster.Text{cluster.Clean(h.Method() + " " + h.URL()), cluster.Clean(string(h.Body()))}
}

// Record returns the request for the journal.
func (h HTTP) Record() journal.Request {
	return journal.Request{
		Method: h.Method(), URL: h.URL(), ContentType: h.ContentType(), Body: string(h.Body()), Digest: h.Digest(),
		Headers: h.Headers(),
	}
}

// NoAge is the age of a fact that has none: what was asked for, what was done.
const NoAge time.Duration = -1

// Fact is a value that is shown where the decision is made.
type Fact struct {
	Name   string
	Value  cluster.Text
	Age    time.Duration // NoAge if it has none
	Source string        // where it is from, in a few words
	// Same must be equal when the plan is checked again, if it is not empty: the
	// value itself, or the band that it is in.
	Same string
}

// Target is what is acted on, as it was identified.
type Target struct {
	Cluster cluster.Text
	ID      cluster.NodeID // replica or agent; empty for the whole cluster
	Primary cluster.NodeID
	Peer    admin.Peer // who answers for the primary; empty while nobody did
	Started time.Time  // of the primary's process; zero if it is not known
}

// record is the target for the journal.
func (t Target) record() journal.Target {
	return journal.Target{Cluster: t.Cluster, ID: t.ID, Address: t.Peer.Address, Certificate: t.Peer.Certificate, Started: t.Started}
}

// Plan is one thing that could be done now, with all that is needed to decide
// on it. It is never changed: a later look at the cluster gives another one.
type Plan struct {
	ID     string // of this proposal; each is sent once at most
	Ask    Ask    // with what the plan chose filled in
	Kind   Kind
	Title  cluster.Text // what it does: throttle ingest to 500/s
	Tier   Tier
	TierIs cluster.Text // why it is of that tier
	Target Target
	// Word confirms it on a line or where it has to be typed: the target's id, or
	// the cluster's name.
	Word   string
	Deed   Deed
	Facts  []Fact
	Warn   []cluster.Text // what speaks against it, or is not as usual
	Expect cluster.Text   // what should happen, and by when
	Stop   cluster.Text   // when it should be given up
	Undo   cluster.Text   // how it is taken back
	// Blocked is why it can't be confirmed now, though it can be shown: data are
	// stale, or another request is in flight. Empty if it can.
	Blocked cluster.Text
	// Undoes is the action that it takes back, if it is one.
	Undoes string
	Limit  int64 // the rate limit that it sets; 0 if it sets none
	Ramp   *Schedule
	before before
	made   time.Duration // Mono then
	slack  time.Duration // see restartSlack; more where the stream's clock runs faster than hosts answer
}

// before is what was known of the cluster at the plan, to judge the effect by.
type before struct {
	limit    LimitReading
	ingest   cluster.Figure
	count    cluster.Figure // assertions that the primary has, by itself
	lags     map[cluster.NodeID]cluster.Figure
	watch    cluster.NodeID // the replica that the effect is judged by; empty for none
	tripped  bool           // the breaker of a reset was in the list
	progress cluster.Figure // of the sync
	running  bool           // a sync was running
	ended    cluster.Figure // syncs that ended since the counter began
	ends     float64        // more of them to come that are not of the request
}

// Change is a value that is not what it was when the plan was shown.
type Change struct {
	Name     string
	Old, New cluster.Text
}

// changes compares a plan with one that was made of the same ask later.
func changes(old, now *Plan) []Change {
	var list []Change
	note := func(name, a, b string) {
		if a != b {
			list = append(list, Change{name, cluster.Clean(a), cluster.Clean(b)})
		}
	}
	note("cluster", old.Target.Cluster.String(), now.Target.Cluster.String())
	note("target", string(old.Target.ID), string(now.Target.ID))
	note("primary", string(old.Target.Primary), string(now.Target.Primary))
	if old.Target.Peer != (admin.Peer{}) { // else nobody was there to be another
		note("server", old.Target.Peer.Address, now.Target.Peer.Address)
		note("certificate", old.Target.Peer.Certificate, now.Target.Peer.Certificate)
	}
	if restarted(old.Target.Started, now.Target.Started, now.slack) {
		note("primary's start", old.Target.Started.UTC().Format(time.RFC3339), now.Target.Started.UTC().Format(time.RFC3339))
	}
	if a, ok := old.before.count.Value(); ok {
		if b, ok := now.before.count.Value(); ok && b < a { // it only grows while a process lives
			note("primary's process", "at "+whole(a)+" assertions", "at "+whole(b)+": it restarted, or is another")
		}
	}
	note("what it does", old.Title.String(), now.Title.String())
	if len(list) == 0 {
		note("request", old.Deed.Digest(), now.Deed.Digest())
	}
	if now.Tier > old.Tier {
		note("tier", old.Tier.String(), now.Tier.String())
	}
	for _, f := range old.Facts {
		g := now.fact(f.Name)
		if f.Same != g.Same {
			list = append(list, Change{f.Name, f.Value, g.Value})
		}
	}
	for _, g := range now.Facts {
		if g.Same != "" && old.fact(g.Name).Name == "" {
			list = append(list, Change{g.Name, cluster.Clean("-"), g.Value})
		}
	}
	return list
}

// restartSlack is how far two readings of a process' start may differ: it is
// reckoned from the host's uptime.
const restartSlack = 3 * time.Second

func restarted(a, b time.Time, slack time.Duration) bool {
	return !a.IsZero() && !b.IsZero() && a.Sub(b).Abs() > slack
}

// fact returns the fact of that name, or the zero Fact.
func (p *Plan) fact(name string) Fact {
	for _, f := range p.Facts {
		if f.Name == name {
			return f
		}
	}
	return Fact{}
}

// seen is the plan's facts for the journal.
func (p *Plan) seen() []journal.Fact {
	list := make([]journal.Fact, 0, len(p.Facts))
	for _, f := range p.Facts {
		list = append(list, journal.Fact{Name: f.Name, Value: f.Value, Age: max(0, f.Age), Source: f.Source})
	}
	return list
}

func asFailure(err error) (*cluster.Failure, bool) {
	var f *cluster.Failure
	ok := errors.As(err, &f)
	return f, ok
}
