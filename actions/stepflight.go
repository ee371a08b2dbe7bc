package actions

import (
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// intend writes the intent of a plan that was confirmed and checked.
func (m *machine) intend(p *Plan, seen []Fact) {
	d := m.Dialog
	shown := *p
	shown.Facts = seen // what the decision was made on
	d.Phase, d.check = Recording, ""
	if p.Ramp != nil {
		m.Climb = &Climb{Action: p.ID, Plan: &shown, began: m.now}
		m.nextGET = 0 // which was of a limit that stands by itself
		m.climb(0, d.gestures())
		return
	}
	m.Flight = &Flight{Action: p.ID, Plan: p, Since: m.now}
	m.do(m.intent(p, p.ID, d.gestures(), shown.seen()))
}

// intended sends what is on disk. Nothing that could not be written is sent.
func (m *machine) intended(w Recorded) {
	f := m.Flight
	if f == nil || f.Sending || f.Action != w.Action {
		return
	}
	switch {
	case w.Err != nil && f.ofRamp && m.ramps(f.Action) && m.Climb.serial > 1:
		m.Flight = nil
		m.endClimb("the journal can't be written: " + w.Err.Error())
	case w.Err != nil:
		m.Flight = nil
		if f.ofRamp {
			m.Climb = nil // it did not begin
		}
		m.noRecord(w.Err)
	case f.abort:
		m.Flight = nil
		r := admin.Result{Verdict: admin.NotSent, Failure: cluster.Fail(cluster.FailOther, "cancelled before it was sent", "")}
		m.outcome(f.Plan, f.Action, r, nil)
		m.ended(f.Action, r)
		if f.ofRamp {
			m.endClimb("cancelled")
		}
	default:
		f.Sending = true
		if d := m.dialogOf(f.Action); d != nil {
			d.Phase = Sending
		}
		m.do(Send{Action: f.Action, Kind: f.Plan.Kind, Deed: f.Plan.Deed, Confirmed: f.Plan.Deed.Digest(), Peer: f.Plan.Target.Peer})
	}
}

// noRecord stops where the journal can't be written.
func (m *machine) noRecord(err error) {
	d := m.Dialog
	if d == nil || d.Phase != Recording {
		return
	}
	d.Phase, d.Typed, d.tries = NoRecord, "", 0
	d.Note = cluster.Clean("nothing was sent: " + err.Error())
	m.show()
}

// overridden goes on without a journal, through the last check once more.
func (m *machine) overridden(err error) {
	d := m.Dialog
	if d == nil || d.Phase != NoRecord {
		return
	}
	if err != nil {
		d.Phase, d.Typed = Preview, ""
		d.Note = cluster.Clean(err.Error())
		m.show()
		return
	}
	m.Unrecorded = true
	m.confirm()
}

// dialogOf returns the dialog of an action, if it is open.
func (m *machine) dialogOf(action string) *Dialog {
	if d := m.Dialog; d != nil && d.ID == action {
		return d
	}
	return nil
}

// answered judges what became of a request.
func (m *machine) answered(w Answered) {
	f := m.Flight
	if f == nil || !f.Sending || f.Action != w.Action {
		return
	}
	m.Flight = nil
	r := w.Result
	if after := r.Answer.RetryAfter; after.Given && r.Verdict == admin.Rejected {
		m.peace = max(m.peace, m.now.Hand+after.Wait)
	}
	t := Trial{Action: f.Action, Plan: f.Plan, Result: r, Sent: f.Since, Answered: m.now}
	if s := m.World.Snapshot; s != nil {
		t.seq = s.LastSeq
	}
	row := m.set.row(f.Plan.Kind)
	switch r.Verdict {
	case admin.Accepted:
		m.outcome(f.Plan, f.Action, r, m.took(&t))
		switch d := m.dialogOf(f.Action); {
		case f.ofRamp:
			if d != nil {
				d.Phase, d.Result = Verifying, &r
			}
		case row == nil || row.Judge == nil:
			m.ended(f.Action, r)
		default:
			m.try(t, Verifying)
		}
	case admin.Ambiguous:
		m.outcome(f.Plan, f.Action, r, nil)
		m.supersede(&t)
		m.Open = append(m.Open, Unresolved{
			Action: f.Action, Kind: f.Plan.Kind, Title: f.Plan.Title, Target: f.Plan.Target.ID, Who: m.set.Who, At: m.now.Wall, Why: r.Summary(),
		})
		if row == nil || row.ReadBack == nil {
			m.ended(f.Action, r)
			break
		}
		t.ReadBack = true
		m.try(t, ReadingBack)
	case admin.NotSent, admin.Rejected:
		m.outcome(f.Plan, f.Action, r, nil)
		m.ended(f.Action, r)
	}
	switch {
	case f.ofRamp:
		m.climbed(r)
	case f.Plan.Limit > 0 && r.Verdict == admin.Ambiguous:
		m.endClimb("another limit may have been set")
	case f.Plan.Limit > 0 && r.Verdict != admin.Accepted: // whoever asked for it does not want what the ramp would do
		m.endClimb("another limit was asked for, and " + r.Summary().String())
	}
}

// try looks after an action from now on.
func (m *machine) try(t Trial, p Phase) {
	m.Trials = append(m.Trials, t)
	if d := m.dialogOf(t.Action); d != nil {
		r := t.Result
		d.Phase, d.Result, d.Note = p, &r, cluster.Text{}
	}
}

// ended says the end where somebody looks.
func (m *machine) ended(action string, r admin.Result) {
	if d := m.dialogOf(action); d != nil {
		d.Phase, d.Result = Ended, &r
	}
}

// supersede ends what looks after limits that were sent before another that may be in
// force: what the ingest does from now on can't be told to be theirs.
func (m *machine) supersede(t *Trial) {
	for i := range m.Trials {
		o := &m.Trials[i]
		if t.Plan.Limit == 0 || o.Plan.Limit == 0 || o.Action == t.Action || o.Sent.Mono > t.Sent.Mono {
			continue
		}
		if o.Superseded = true; !o.ReadBack {
			o.Finding = found(Inconclusive, superseded)
		}
	}
}

const superseded = "another limit was set before it could be told"

// took notes what an action that took effect means for those after it, and
// returns what its copy on the stream says of it.
func (m *machine) took(t *Trial) func(*cluster.ActionStep) {
	p := t.Plan
	if p.Kind == KindReset {
		m.Resets[p.Target.ID] = t.Answered.Wall
	}
	if p.Limit == 0 {
		return nil
	}
	m.supersede(t)
	if m.Standing.PerSecond > 0 && t.Sent.Mono < m.Standing.sent { // one that was sent later stands
		return nil
	}
	if !m.ramps(t.Action) && m.Climb != nil {
		m.endClimb("another limit was set")
	}
	n := len(m.Changes)
	if n > 0 && m.ramps(t.Action) && m.Changes[n-1].Action == m.Climb.Action { // one change, however many steps
		m.Changes[n-1].N = p.Limit
	} else if p.Undoes != "" && p.Kind == KindThrottle && n > 0 && m.Changes[n-1].Action == p.Undoes {
		m.Changes = m.Changes[:n-1]
		n--
	} else {
		c := LimitChange{Action: t.Action, N: p.Limit, Ingest: p.before.ingest, At: t.Answered.Wall}
		c.Was, c.WasKnown = previous(p.before.limit.Limit, p.before.limit.Known(), m.Standing, c.Ingest)
		m.Changes = append(m.Changes, c)
		n++
	}
	if n == 0 { // what was before is back, and was not set here
		m.Standing = Standing{}
		return func(c *cluster.ActionStep) { c.Lifts = true }
	}
	m.Standing = Standing{PerSecond: p.Limit, Who: m.set.Who, Since: t.Answered.Wall, Told: t.Answered.Wall, Action: t.Action, seen: m.now.Mono, sent: t.Sent.Mono}
	return func(c *cluster.ActionStep) { c.Limit = p.Limit }
}
