package actions

import (
	"time"
	"unicode/utf8"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// who is who acts, for the journal.
func (m *machine) who() journal.Who { return journal.Who{Person: m.set.Who, Via: m.set.Via} }

// copyOf begins the stream's copy of a record about a plan.
func (m *machine) copyOf(p *Plan, action string, stage cluster.ActionStage) cluster.ActionStep {
	return cluster.ActionStep{
		Action: action, Stage: stage, Kind: cluster.Clean(string(p.Kind)), Target: p.Target.ID, Who: m.set.Who, What: p.Title,
	}
}

func (d *Dialog) gestures() journal.Gestures {
	return journal.Gestures{
		Trigger: d.opened, Arm: d.armed, Confirm: d.confirmed, Challenge: utf8.RuneCountInString(d.Typed), Ignored: d.ignored,
	}
}

// nearMiss records an attempt of which nothing was sent.
func (m *machine) nearMiss(state, why string) {
	d := m.Dialog
	n := &journal.NearMiss{
		Plan: d.ID, Kind: string(d.Ask.Kind), Who: m.who(), State: state, Why: cluster.Clean(why), Gestures: d.gestures(),
		Target: journal.Target{ID: d.Ask.Target},
	}
	c := cluster.ActionStep{
		Stage: cluster.ActionNearMiss, Kind: cluster.Clean(n.Kind), Target: d.Ask.Target, Who: m.set.Who,
		What: cluster.Clean(n.Kind), Summary: cluster.Clean(state + ": " + why), Final: true,
	}
	if d.Plan != nil {
		n.Target, c.What, c.Target = d.Plan.Target.record(), d.Plan.Title, d.Plan.Target.ID
	}
	m.do(WriteRecord{Record: journal.Record{Kind: journal.KindNearMiss, NearMiss: n}, Copy: c})
}

// intent is the record before the send.
func (m *machine) intent(p *Plan, action string, g journal.Gestures, seen []journal.Fact) WriteIntent {
	in := journal.Intent{
		Action: action, Plan: p.ID, Kind: string(p.Kind), Title: p.Title, Tier: p.Tier.String(), Previous: p.Undoes, Who: m.who(),
		Target: p.Target.record(), Request: p.Deed.Record(), Seen: seen, Expect: p.Expect, Stop: p.Stop, Undo: p.Undo, Gestures: g,
	}
	in.Request.ID = action
	c := m.copyOf(p, action, cluster.ActionIntent)
	c.Summary = cluster.Clean(p.Title.String() + ", confirmed")
	return WriteIntent{Intent: in, Copy: c}
}

// outcome records how a request ended.
func (m *machine) outcome(p *Plan, action string, r admin.Result, change func(*cluster.ActionStep)) {
	t := r.Timing
	o := &journal.Outcome{
		Action: action, Verdict: string(r.Verdict), Summary: r.Summary(), Status: r.Answer.Status, Reason: r.Reason,
		ContentType: r.Answer.ContentType, Bytes: r.Answer.Bytes, Digest: r.Answer.SHA256,
		RetryAfter: r.Answer.RetryAfter.Wait, ServerDate: r.Answer.Date,
		Phases: journal.Phases{DNS: t.DNS, Connected: t.Connected, TLS: t.TLS, Wrote: t.Wrote, FirstByte: t.FirstByte, Done: t.Done},
	}
	c := m.copyOf(p, action, cluster.ActionAnswered)
	c.Verdict, c.Summary = cluster.Clean(string(r.Verdict)), cluster.Clean(p.Title.String()+": "+r.Summary().String())
	if change != nil {
		change(&c)
	}
	m.do(WriteRecord{Record: journal.Record{Kind: journal.KindOutcome, Outcome: o}, Copy: c})
}

// effect records what an action did.
func (m *machine) effect(p *Plan, action string, f Finding, after time.Duration, final bool, change func(*cluster.ActionStep)) {
	e := &journal.Effect{Action: action, After: after, Verdict: string(f.Effect), Final: final, Why: f.Why}
	for _, x := range f.Facts {
		e.Facts = append(e.Facts, journal.Fact{Name: x.Name, Value: x.Value, Age: max(0, x.Age), Source: x.Source})
	}
	c := m.copyOf(p, action, cluster.ActionEffect)
	c.Verdict, c.Took, c.Final = cluster.Clean(string(f.Effect)), after, final
	c.Summary = cluster.Clean(p.Title.String() + ": " + f.Words(after))
	if change != nil {
		change(&c)
	}
	m.do(WriteRecord{Record: journal.Record{Kind: journal.KindEffect, Effect: e}, Copy: c})
}

// Words is the finding in one line: effective after 26 s, ingest is 480/s.
func (f Finding) Words(after time.Duration) string {
	s := f.Effect.String()
	if f.Effect != NotYet && after > 0 {
		s += " after " + wait(after)
	}
	if !f.Why.IsZero() {
		s += ", " + f.Why.String()
	}
	return s
}

// event records anything else.
func (m *machine) event(name, action, text string, change func(*cluster.ActionStep)) {
	c := cluster.ActionStep{
		Action: action, Stage: cluster.ActionEvent, Kind: cluster.Clean(name), Who: m.set.Who,
		What: cluster.Clean(name), Summary: cluster.Clean(text),
	}
	if change != nil {
		change(&c)
	}
	e := &journal.Event{Name: name, Action: action, Who: m.who(), Text: cluster.Clean(text)}
	m.do(WriteRecord{Record: journal.Record{Kind: journal.KindEvent, Event: e}, Copy: c})
}

func (m *machine) writeResolution(o Unresolved, applied bool) {
	verdict := NotApplied
	if applied {
		verdict = Applied
	}
	c := cluster.ActionStep{
		Action: o.Action, Stage: cluster.ActionResolved, Kind: cluster.Clean(string(o.Kind)), Target: o.Target, Who: m.set.Who,
		What: o.Title, Verdict: cluster.Clean(string(verdict)), Final: true,
		Summary: cluster.Clean(o.Title.String() + ": " + m.set.Who.String() + " says that " + verdict.String()),
	}
	m.do(WriteRecord{Record: journal.Record{Kind: journal.KindResolution, Resolution: &journal.Resolution{
		Action: o.Action, Verdict: string(verdict), Who: m.who(),
	}}, Copy: c})
}
