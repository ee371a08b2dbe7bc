package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// way is what was printed of the action's way so far.
type way struct {
	phase   actions.Phase
	outcome bool
	note    string // while it is being sent
	finding string
	hurry   bool      // nobody wants to wait any more
	at      time.Time // of the last line about a finding
}

// tellEvery is the least time between two lines of a verification that goes on.
const tellEvery = 5 * time.Second

// line prints a line: a word for what it is, and what there is to know.
func (a *acting) line(name string, text cluster.Text) error {
	_, err := fmt.Fprintln(a.out, strings.TrimRight(fmt.Sprintf("%-18s  %s", cluster.Clean(name), text), " "))
	return err
}

// show prints the plan.
func (a *acting) show(s *actions.State) error {
	if s.Dialog == nil || s.Dialog.Plan == nil {
		return nil
	}
	for _, l := range s.Dialog.Plan.Lines() {
		if err := a.line(l.Name, l.Text); err != nil {
			return failed(exitInternal, "writing the plan", err)
		}
	}
	return nil
}

// changes prints why a plan that was shown is not to be confirmed.
func (a *acting) changes(s *actions.State) {
	d := s.Dialog
	if d == nil {
		return
	}
	for _, c := range d.Changed {
		_ = a.line("changed", c.Words())
	}
	if !d.Note.IsZero() {
		_ = a.line("note", d.Note)
	}
	if d.Refusal != nil {
		_ = a.line("refused", d.Refusal.Why)
	}
}

// ending is how an action on the line is over.
type ending struct {
	code int
	err  error
}

// follow prints what becomes of a confirmed plan until its end, or as far as it
// is to be waited for.
func (a *acting) follow(ctx context.Context, shown uint64) (int, error) {
	var verified <-chan time.Time
	done := ctx.Done()
	for {
		s := a.runner.State()
		a.tell(&s)
		if e := a.ended(ctx, &s, shown); e != nil {
			return e.code, e.err
		}
		if verified == nil && s.Climb == nil && s.Dialog.Phase == actions.Verifying {
			t := time.NewTimer(a.verify.D())
			defer t.Stop()
			verified = t.C
		}
		select {
		case <-done:
			done, a.way.hurry = nil, true
			if e := a.interrupted(); e != nil {
				return e.code, e.err
			}
		case <-verified:
			if d := a.runner.State().Dialog; d != nil && d.Phase == actions.Verifying {
				_ = a.line("effect", cluster.Clean("not known after "+a.verify.String()+": "+d.Finding.Why.String()))
				return exitOK, nil
			}
		case <-a.changed:
		}
	}
}

// interrupted ends the waiting of one who does not want to wait any more; nil
// while a request is on its way, whose end is near.
func (a *acting) interrupted() *ending {
	a.runner.Do(actions.Halt{})
	s := a.runner.State()
	switch d := s.Dialog; {
	case s.Flight != nil:
		a.drop("interrupted") // of what was not sent; else it ends the waiting for an answer
		return nil
	case d != nil && d.Phase == actions.ReadingBack:
		return &ending{code: exitAmbiguous}
	case a.way.outcome:
		if w := s.Standing.Words(a.runner.Now()); w != "" {
			_ = a.line("note", cluster.Clean(w+" stands"))
		}
		return &ending{code: exitSignal}
	}
	a.drop("interrupted")
	return &ending{exitSignal, blocked("it was interrupted")}
}

// tell prints what is new.
func (a *acting) tell(s *actions.State) {
	d := s.Dialog
	if d == nil {
		return
	}
	if r := d.Result; r != nil && !a.way.outcome {
		a.way.outcome = true
		// An answer may be there before it was seen that the request is on its way.
		if a.way.phase != actions.Sending {
			_ = a.line("now", cluster.Clean(actions.Sending.String()))
		}
		_ = a.line("outcome", r.Summary())
		if r.Failure != nil && !r.Failure.Hint.IsZero() {
			a.say("hint", r.Failure.Hint.String())
		}
		if w := r.Answer.RetryAfter; w.Given {
			_ = a.line("wait", cluster.Clean("the server asks for "+w.Wait.String()+" of peace"))
		}
		if path := a.runner.Journal(); path != "" {
			_ = a.line("journal", cluster.Clean(filepath.Clean(path)))
		}
	}
	if note := d.Note.String(); d.Phase == actions.Sending && note != "" && note != a.way.note {
		a.way.note = note
		_ = a.line("so far", d.Note)
	}
	if d.Phase != a.way.phase {
		a.way.phase = d.Phase
		switch d.Phase {
		case actions.Rechecking, actions.Sending, actions.ReadingBack:
			_ = a.line("now", cluster.Clean(d.Phase.String()))
		case actions.Looking, actions.Refused, actions.Preview, actions.Armed, actions.NoRecord, actions.Recording, actions.Verifying, actions.Ended:
		}
	}
	a.tellFinding(s)
}

// tellFinding prints what the cluster does under the action.
func (a *acting) tellFinding(s *actions.State) {
	d := s.Dialog
	words, final := d.Finding.Why.String(), d.Phase == actions.Ended && d.Finding.Effect != actions.NotYet
	if s.Climb != nil && a.way.outcome {
		words = s.Climb.Words(a.runner.Now())
	}
	switch {
	case final:
		_ = a.line("effect", cluster.Clean(d.Finding.Words(d.Took)))
	case !a.way.outcome || words == "" || words == a.way.finding || time.Since(a.way.at) < tellEvery || s.Climb == nil && a.verify <= 0 && d.Phase != actions.ReadingBack:
	default:
		a.way.finding, a.way.at = words, time.Now()
		_ = a.line("so far", cluster.Clean(words))
	}
}

// ended tells whether it is over; nil if not.
func (a *acting) ended(ctx context.Context, s *actions.State, shown uint64) *ending {
	d := s.Dialog
	switch {
	case d == nil:
		return &ending{exitBlocked, blocked("it was cancelled")}
	case d.Phase == actions.Refused:
		code, err := a.refused(s)
		return &ending{code, err}
	case d.Phase == actions.Preview && (d.Shown != shown || !d.Note.IsZero()):
		a.changes(s)
		a.drop("it is not what was shown")
		return &ending{exitBlocked, blocked("the plan is not what was shown", "look again, and confirm anew")}
	case d.Phase == actions.NoRecord:
		if a.withoutJournal(ctx, s) {
			return nil
		}
		a.drop("not without a record")
		return &ending{exitBlocked, blocked(strings.TrimPrefix(d.Note.String(), "nothing was sent: "), "mend that first; on a terminal, without --confirm, it can be sent without a record")}
	case d.Phase == actions.Verifying && a.verify <= 0 && s.Climb == nil:
		if d.Result != nil && d.Result.Verdict == admin.Ambiguous {
			_ = a.line("effect", cluster.Clean("reading back says that "+actions.Applied.String()))
		}
		return &ending{code: exitOK}
	case d.Phase == actions.ReadingBack && a.way.hurry:
		return &ending{code: exitAmbiguous}
	case d.Phase == actions.Ended:
		return &ending{code: codeOfAction(d)}
	}
	return nil
}

// codeOfAction is the exit code of an action that has ended.
func codeOfAction(d *actions.Dialog) int {
	switch d.Finding.Effect {
	case actions.Effective, actions.Applied:
		return exitOK
	case actions.NoEffect, actions.Regressed:
		return exitNoEffect
	case actions.NotApplied, actions.Unknown:
		return exitAmbiguous
	case actions.NotYet, actions.Inconclusive:
	}
	if d.Result == nil { // a ramp that ended before its first answer
		return exitNotSent
	}
	switch d.Result.Verdict {
	case admin.NotSent:
		return exitNotSent
	case admin.Rejected:
		return exitRejected
	case admin.Ambiguous:
		return exitAmbiguous
	case admin.Accepted:
	}
	if d.Plan.Ramp != nil { // it did not come to its end
		return exitNoEffect
	}
	return exitOK
}
