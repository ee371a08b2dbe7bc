package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/journal"
)

// readsWithin is how long the reading of what a plan needs may take: the Runner
// gives up before.
const readsWithin = 14 * time.Second

// perform proposes, shows, asks, and follows.
func (a *acting) perform(ctx context.Context, ask actions.Ask) (int, error) {
	a.runner.Do(actions.Propose{Ask: ask})
	s, _ := a.until(ctx, readsWithin, func(s *actions.State) bool { return s.Dialog == nil || !s.Dialog.Reading })
	if err := a.show(&s); err != nil {
		return exitInternal, err
	}
	switch d := s.Dialog; {
	case d == nil || d.Plan == nil || d.Phase == actions.Refused:
		return a.refused(&s)
	case a.dryRun:
		return exitOK, nil
	}
	word, err := a.confirmation(ctx, &s)
	if err != nil {
		return exitBlocked, err
	}
	shown := s.Dialog.Shown
	a.runner.Do(actions.Say{Word: word, Shown: shown})
	return a.follow(ctx, shown)
}

// refused says why there is no plan, or why it is gone.
func (a *acting) refused(s *actions.State) (int, error) {
	d := s.Dialog
	if d == nil || d.Refusal == nil {
		return exitBlocked, blocked("it was cancelled")
	}
	return exitBlocked, blocked(d.Refusal.Why.String(), append([]string{d.Refusal.Hint.String()}, toResolve(s.Open)...)...)
}

// confirmation returns the word that confirms the plan: by --confirm, or asked
// for on the terminal as the screen does.
func (a *acting) confirmation(ctx context.Context, s *actions.State) (string, error) {
	d := s.Dialog
	p := d.Plan
	switch {
	case !p.Blocked.IsZero():
		a.drop("blocked: " + p.Blocked.String())
		return "", blocked(p.Blocked.String())
	case a.from["confirm"] != "":
		return a.confirmedBy(p)
	case !a.interactive():
		a.drop("nobody was there to confirm it")
		return "", blocked("it is not confirmed", "add --confirm "+quoted(p.Word))
	}
	return a.asked(ctx, s)
}

// asked asks on the terminal, anew whenever the plan is not what was shown.
func (a *acting) asked(ctx context.Context, s *actions.State) (string, error) {
	steps := stepsOf(s.Dialog.Plan)
	for i := 0; i < len(steps); i++ {
		switch a.askFor(ctx, steps[i], s.Dialog.Shown) {
		case yes:
		case no:
			a.drop("another word, or none")
			return "", blocked("it was not confirmed")
		case moved:
			*s = a.runner.State()
			if s.Dialog == nil || s.Dialog.Plan == nil {
				_, err := a.refused(s)
				return "", err
			}
			if why := s.Dialog.Plan.Blocked; !why.IsZero() {
				a.drop("blocked: " + why.String())
				return "", blocked(why.String())
			}
			if err := a.show(s); err != nil {
				return "", err
			}
			steps, i = stepsOf(s.Dialog.Plan), -1
		}
	}
	return s.Dialog.Plan.Word, nil
}

// reply is what came of a question.
type reply uint8

const (
	yes   reply = iota
	no          // another word, or none
	moved       // what was asked about is not what was shown
)

// confirmedBy compares --confirm with the target's name: the plan's, or the one
// that it goes by on this line.
func (a *acting) confirmedBy(p *actions.Plan) (string, error) {
	onLine := p.Ask.Target != "" && len(a.args) > 0 && a.confirm == a.args[0]
	if a.confirm != p.Word && !onLine {
		a.runner.Do(actions.Say{Word: a.confirm, Shown: a.runner.State().Dialog.Shown}) // a near miss, in the journal
		return "", blocked(fmt.Sprintf("--confirm names %q", a.confirm), "the target is "+quoted(p.Word))
	}
	return p.Word, nil
}

func (a *acting) drop(why string) { a.runner.Do(actions.Drop{Why: why}) }

// quoted writes a word as a shell takes it.
func quoted(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_.:@%+/", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) || word == "" {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// step is one question: the word that goes on, and what it is for.
type step struct{ word, why string }

func stepsOf(p *actions.Plan) []step {
	arm := step{"a", "arms it"}
	switch p.Tier {
	case actions.Light:
		return []step{{"y", "sends it"}}
	case actions.Medium:
		return []step{arm, {"y", "sends it"}}
	case actions.Dangerous:
	}
	return []step{arm, {p.Word, "sends it"}}
}

// interactive tells whether there is somebody to ask, who sees what is printed.
func (a *acting) interactive() bool {
	out, ok := a.out.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(a.in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// askFor asks for a word, and waits while the plan is what was shown.
func (a *acting) askFor(ctx context.Context, q step, shown uint64) reply {
	// What was typed before the question is no answer, be it with the kernel, or
	// read for a question that the plan has moved away from.
	_ = unix.IoctlSetInt(int(a.in.Fd()), unix.TCFLSH, unix.TCIFLUSH)
	asked := time.Now()
	if _, err := fmt.Fprintf(a.out, "%s %s, anything else cancels: ", q.word, q.why); err != nil {
		return no
	}
	for {
		a.readLine()
		select {
		case <-ctx.Done():
			return no
		case line := <-a.typed:
			a.reading = false
			switch {
			case line.at.Before(asked):
			case line.ok && strings.TrimSpace(line.text) == q.word:
				return yes
			default:
				return no
			}
		case <-a.changed:
			s := a.runner.State()
			if s.Dialog == nil || s.Dialog.Shown != shown {
				_, _ = fmt.Fprintln(a.out) // ends the question
				a.changes(&s)
				return moved
			}
		}
	}
}

// typed is a line of the terminal.
type typed struct {
	text string
	at   time.Time // when it was read
	ok   bool      // else the terminal is at its end
}

// readLine has the terminal's next line read, if that is not under way. One at a
// time: a line that was read ahead could answer a question that came after it.
func (a *acting) readLine() {
	if a.reading {
		return
	}
	if a.typed == nil {
		a.typed, a.scanner = make(chan typed, 1), bufio.NewScanner(a.in)
	}
	a.reading = true
	go func() {
		ok := a.scanner.Scan()
		a.typed <- typed{text: a.scanner.Text(), at: time.Now(), ok: ok}
	}()
}

// withoutJournal asks whether it shall go on unrecorded.
func (a *acting) withoutJournal(ctx context.Context, s *actions.State) bool {
	if a.from["confirm"] != "" || !a.interactive() {
		return false
	}
	q := step{journal.Unrecorded, "sends it without a record"}
	_ = a.line("journal", s.Dialog.Note)
	if a.askFor(ctx, q, s.Dialog.Shown) != yes {
		return false
	}
	a.runner.Do(actions.Say{Word: journal.Unrecorded, Shown: s.Dialog.Shown})
	_, gone := a.until(ctx, readsWithin, func(s *actions.State) bool { return s.Dialog == nil || s.Dialog.Phase != actions.NoRecord })
	return gone
}
