package actions

import (
	"fmt"
	"slices"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// machine is one step: a copy of the state that is worked on, and what is to be
// done.
type machine struct {
	State
	now Now
	out []Do
}

// Step returns the state after an event, and what is to be done. It is pure: the
// same state and event give the same.
func Step(s State, e Event) (State, []Do) {
	m := &machine{State: s.clone(), now: e.Now}
	m.timeJumped()
	m.pass()
	switch w := e.What.(type) {
	case Propose:
		m.propose(w)
	case Key:
		m.key(w)
	case Choose:
		m.choose(w)
	case Paste:
		m.paste()
	case Focus:
		m.focus(w.On)
	case Fit:
		m.fit(w.OK)
	case Painted:
		m.paintedAt(w.Shown)
	case Say:
		m.say(w)
	case Drop:
		m.escape(w.Why)
	case Seen:
		m.seen(w)
	case Recorded:
		m.recorded(w)
	case Overridden:
		m.overridden(w.Err)
	case Answered:
		m.answered(w)
	case Told:
		if d := m.dialogOf(w.Action); d != nil && d.Phase == Sending {
			d.Note = w.Text
		}
	case Resolve:
		m.resolved(w)
	case Trouble:
		m.Journal = cluster.Text{}
		m.lacks = w.Err != nil && (m.lacks || !w.Minor)
		if w.Err != nil {
			m.Journal = cluster.Clean(w.Err.Error())
		}
	case Halt:
		m.endClimb("stopped by " + m.set.Who.String())
	case Restored:
		m.restored(w)
	case Tick:
	}
	m.last = e.Now
	return m.State, m.out
}

func (m *machine) do(d Do) { m.out = append(m.out, d) }

// pass does what is due by the time alone.
func (m *machine) pass() {
	m.passDialog()
	m.passTrials()
	m.passClimb()
}

// jump is by how much wall and monotonic clock may part between two events: more
// is a clock that was set, or a machine that slept.
const jump = 5 * time.Second

func (m *machine) timeJumped() {
	if m.last.Wall.IsZero() || m.now.Wall.IsZero() {
		return
	}
	drift := m.now.Wall.Sub(m.last.Wall) - (m.now.Mono - m.last.Mono)
	if drift.Abs() > jump {
		m.shift(drift)
		m.disarm("the clock jumped by " + drift.Round(time.Second).String())
		m.pauseClimb("the clock jumped by " + drift.Round(time.Second).String())
	}
}

// shift moves the wall times that later readings are held against by a step of the
// clock: those of the readings are moved too.
func (m *machine) shift(by time.Duration) {
	move := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = t.Add(by)
			}
		}
	}
	for i := range m.Trials {
		move(&m.Trials[i].Sent.Wall, &m.Trials[i].Answered.Wall)
	}
	if c := m.Climb; c != nil {
		move(&c.newest, &c.since.Wall, &c.began.Wall, &c.asked.Wall)
	}
	if m.Flight != nil {
		move(&m.Flight.Since.Wall)
	}
	for id, t := range m.Resets {
		m.Resets[id] = t.Add(by)
	}
}

// reread asks for the facts, and returns the name of the answer.
func (m *machine) reread(what string, ask Ask) string { return m.read(what, ReadFacts{Ask: ask}) }

func (m *machine) read(what string, d ReadFacts) string {
	m.serial++
	d.For = fmt.Sprintf("%s %d", what, m.serial)
	m.do(d)
	return d.For
}

// seen takes in what is known of the cluster now.
func (m *machine) seen(w Seen) {
	before := m.World
	m.World = w.World
	if w.For == "" { // a new snapshot brings nothing else
		m.World, m.World.Snapshot = before, w.World.Snapshot
	}
	if m.Dialog == nil || w.For != m.Dialog.check {
		m.World.Looked, m.World.LookFailed = before.Looked, before.LookFailed
	}
	m.lookedAfter(w)
	if m.World.Snapshot == nil {
		return
	}
	m.othersLimit()
	m.seenTrials()
	m.seenStep(w.For)
	m.seenClimb()
	m.seenDialog(w.For)
}

// eventSuperseded is the journal's word for a limit that somebody else changed.
const eventSuperseded = "limit_superseded"

// othersLimit notices that somebody else set the limit.
func (m *machine) othersLimit() {
	l := m.World.Limit
	if m.Standing.PerSecond == 0 || !l.Known() || !m.Standing.before(l, m.now) || m.Flight != nil {
		return
	}
	if !l.Unlimited && l.PerSecond == m.Standing.PerSecond {
		return
	}
	if slices.ContainsFunc(m.Open, func(o Unresolved) bool { // its answer may be about to be written, by another run
		return (o.Kind == KindThrottle || o.Kind == KindRamp) && m.now.Wall.Sub(o.At).Abs() < readBackFor
	}) {
		return
	}
	for i := range m.Trials { // may be one of ours that is not known to have taken effect
		if t := &m.Trials[i]; t.ReadBack && t.Plan.Limit > 0 {
			return
		}
	}
	var was LimitChange
	if n := len(m.Changes); n > 0 {
		was = m.Changes[n-1]
	}
	words := othersWords(l, was.Was, was.WasKnown) + "; " + m.Standing.Words(m.now) + " stands no more"
	m.event(eventSuperseded, m.Standing.Action, words, func(c *cluster.ActionStep) { c.Lifts = true })
	m.Standing, m.Changes = Standing{}, nil
}

// restored takes in what the journal tells. It has all that this run did.
func (m *machine) restored(w Restored) {
	// What this run knows stands, beside a journal that was damaged meanwhile.
	if w.Unread || !w.Damage.IsZero() && m.told {
		m.Damage = w.Damage
		return
	}
	m.told = true
	if w.Who.seen, w.Who.sent = m.Standing.seen, m.Standing.sent; w.Who.Action != m.Standing.Action {
		w.Who.seen, w.Who.sent = m.now.Mono, 0
	}
	m.Open, m.Changes, m.Standing, m.Damage = w.Open, w.Changes, w.Who, w.Damage
	if m.Climb != nil && m.Climb.holding && w.Who.PerSecond > 0 && !m.ramps(w.Who.Action) {
		m.endClimb("another run set the limit to " + perSecond(float64(w.Who.PerSecond)))
	}
	if m.askedBeside(w.Limits) {
		m.endClimb("another run asked for another limit")
	}
	for id, t := range w.Resets {
		if t.After(m.Resets[id]) {
			m.Resets[id] = t
		}
	}
	if left := min(w.Peace.Sub(m.now.Wall), admin.MaxRetryAfter); left > 0 {
		m.peace = max(m.peace, m.now.Hand+left)
	}
}

// askedBeside tells whether a limit was asked for after the running ramp began, however
// it was answered: whoever did so does not want what the ramp would do.
func (m *machine) askedBeside(limits []string) bool {
	begun := slices.IndexFunc(limits, m.ramps)
	return begun >= 0 && slices.ContainsFunc(limits[begun:], func(a string) bool { return !m.ramps(a) })
}

// resolved records somebody's word.
func (m *machine) resolved(w Resolve) {
	for _, o := range m.Open {
		if o.Action != w.Action {
			continue
		}
		if m.ReadsBack(w.Action) {
			return
		}
		m.resolve[w.Action] = true
		m.writeResolution(o, w.Applied)
	}
}

// recorded goes on after an intent or a resolution was written, or was not.
func (m *machine) recorded(w Recorded) {
	if m.resolve[w.Action] {
		delete(m.resolve, w.Action)
		if w.Err == nil {
			m.close(w.Action) // a limit that took effect by it is Restored
		}
		return
	}
	m.intended(w)
}

// close takes an action from those whose outcome is not known.
func (m *machine) close(action string) {
	for i := range m.Open {
		if m.Open[i].Action == action {
			m.Open = append(m.Open[:i:i], m.Open[i+1:]...)
			return
		}
	}
}
