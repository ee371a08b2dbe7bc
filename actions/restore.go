package actions

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// restored is what the journal tells of this and other runs: what is not known,
// and the limits that were set one upon the other. ok is false for one that can't
// be read, which tells nothing; what is in force is asked from the server in any
// case.
func (b *book) restored() (w Restored, ok bool) {
	dirs := b.o.Dirs()
	paths, err := journal.Segments(dirs...)
	if err != nil || len(paths) == 0 {
		return w, false
	}
	open, err := journal.OpenIn(dirs...)
	if err != nil {
		return Restored{Unread: true, Damage: damageOf(paths[len(paths)-1])}, true
	}
	for _, o := range open {
		w.Open = append(w.Open, unresolved(o))
	}
	h := history{intents: map[string]intended{}, resets: map[cluster.NodeID]time.Time{}}
	for _, p := range paths {
		_ = journal.Read(p, h.take) // what follows damage is not told
	}
	w.Limits, w.Resets = h.limits, h.resets
	w.Changes, w.Who, w.Peace, w.Damage = h.changes, h.standing, h.peace, damageOf(paths[len(paths)-1])
	return w, true
}

// damageOf says what is wrong with the newest segment; empty for nothing, and for
// a torn tail, of which nothing was sent. An older one is named by its successor.
func damageOf(path string) cluster.Text {
	r, err := journal.Verify(path)
	switch {
	case errors.Is(err, os.ErrNotExist): // its anchor is still there
		return cluster.Clean(filepath.Base(path) + " was removed")
	case err != nil:
		return cluster.Clean(err.Error())
	case r.State == journal.Fine || r.State == journal.Torn:
		return cluster.Text{}
	}
	return cluster.Clean(filepath.Base(path) + " is " + string(r.State) + ", " + r.Why.String())
}

func unresolved(o journal.OpenAction) Unresolved {
	in := o.Intent
	u := Unresolved{
		Action: in.Action, Kind: Kind(in.Kind), Target: in.Target.ID, Who: in.Who.Person,
		Title: in.Title, At: o.At, Why: cluster.Clean("its answer is not in the journal"),
	}
	if u.Title.IsZero() { // of a version that did not write it
		u.Title = cluster.Clean(in.Kind + " " + in.Request.Body)
	}
	if o.Outcome != nil {
		u.Why = o.Outcome.Summary
	}
	return u
}

// history follows the limits that took effect.
type history struct {
	intents  map[string]intended
	changes  []LimitChange
	standing Standing
	places   int // of intents of limits so far
	newest   int // the place of the intent of the newest limit that took effect
	peace    time.Time
	limits   []string // the intents of limits, in their order
	resets   map[cluster.NodeID]time.Time
}

// intended is an intent, when it was written, and its place among those of limits.
type intended struct {
	journal.Intent
	at    time.Time
	place int
}

func (h *history) take(r journal.Record) {
	if o := r.Outcome; o != nil && o.Verdict == string(admin.Rejected) && o.RetryAfter > 0 && r.Wall.Add(o.RetryAfter).After(h.peace) {
		h.peace = r.Wall.Add(o.RetryAfter)
	}
	switch {
	case r.Intent != nil && bodyLimit(*r.Intent) > 0:
		h.places++
		h.limits = append(h.limits, r.Intent.Action)
		h.intents[r.Intent.Action] = intended{*r.Intent, r.Wall, h.places}
	case r.Intent != nil && r.Intent.Kind == string(KindReset):
		h.intents[r.Intent.Action] = intended{Intent: *r.Intent, at: r.Wall}
	case r.Outcome != nil && r.Outcome.Verdict == string(admin.Accepted):
		h.took(r.Outcome.Action, r)
	case r.Effect != nil && r.Effect.Verdict == string(Applied):
		h.took(r.Effect.Action, r)
	case r.Resolution != nil && r.Resolution.Verdict == string(Applied):
		h.took(r.Resolution.Action, r)
	case r.Event != nil && r.Event.Name == eventSuperseded && (r.Event.Action == "" || r.Event.Action == h.standing.Action):
		h.changes, h.standing = nil, Standing{}
	}
}

// took notes that a limit took effect, as machine.took does.
func (h *history) took(action string, r journal.Record) {
	begun, ok := h.intents[action]
	if !ok {
		return
	}
	in, since := begun.Intent, r.Wall
	if in.Kind == string(KindReset) {
		delete(h.intents, action)
		h.resets[in.Target.ID] = r.Wall
		return
	}
	if r.Resolution != nil { // somebody's word may come hours later
		since = begun.at
	}
	delete(h.intents, action)
	if begun.place < h.newest { // one that was sent later stands, whatever became of this
		return
	}
	h.newest = begun.place
	n := len(h.changes)
	limit := bodyLimit(in)
	switch {
	case n > 0 && h.changes[n-1].Action == in.Plan: // a later step of a ramp
		h.changes[n-1].N = limit
	case n > 0 && in.Kind == string(KindThrottle) && in.Previous != "" && h.changes[n-1].Action == in.Previous:
		h.changes = h.changes[:n-1]
	default:
		c := LimitChange{Action: in.Plan, N: limit, Ingest: seenIngest(in), At: since}
		was, told := seenLimit(in)
		c.Was, c.WasKnown = previous(was, told, h.standing, c.Ingest)
		h.changes = append(h.changes, c)
	}
	h.standing = Standing{}
	if len(h.changes) > 0 {
		h.standing = Standing{PerSecond: limit, Who: in.Who.Person, Since: since, Told: r.Wall, Action: in.Action}
	}
}

// bodyLimit is the limit that an intent was to set; 0 if none.
func bodyLimit(in journal.Intent) int64 {
	var body struct {
		Limit int64 `json:"max_assertions_per_sec"`
	}
	if json.Unmarshal([]byte(in.Request.Body), &body) != nil {
		return 0
	}
	return body.Limit
}

func seen(in journal.Intent, name string) string {
	for _, f := range in.Seen {
		if f.Name == name {
			return f.Value.String()
		}
	}
	return ""
}

func seenLimit(in journal.Intent) (admin.Limit, bool) {
	word := seen(in, factLimit)
	if word == "unlimited" {
		return admin.Limit{Unlimited: true}, true
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(word, "/s"), 10, 64)
	return admin.Limit{PerSecond: n}, err == nil && n > 0
}

func seenIngest(in journal.Intent) cluster.Figure {
	word, _, _ := strings.Cut(seen(in, factIngest), "/s")
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return cluster.Figure{}
	}
	return cluster.Known(v)
}
