package tui

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// dialogWidth is as wide as a dialog gets: longer lines are hard to read.
const dialogWidth = 92

// sheet collects the lines of a dialog.
type sheet struct {
	s     *panes.Styles
	w     int
	tight bool // what explains is cut to a line
	whole bool // what comes now is not: it says what is done, or warns
	lines []string
}

func (t *sheet) line(look panes.Style, text string) {
	t.lines = append(t.lines, look.Render(fit(text, t.w)))
}

// labelCells is the least width of the labels left of a dialog's text: that of
// the words that all dialogs have.
const labelCells = 9

// labelled adds text beside a label, on as many lines as it needs. A label that
// is longer than most takes its room from the first line.
func (t *sheet) labelled(label string, look panes.Style, text string) {
	label = safe(label)
	indent := labelCells
	if n := width(label); n >= labelCells {
		label = ansi.Truncate(label, max(t.w/2, labelCells), "")
		indent = width(label) + 1
	}
	lines := wrapped(text, t.w-indent)
	if t.tight && !t.whole && len(lines) > 1 {
		lines = []string{ansi.Truncate(text, t.w-indent, string(t.s.Glyphs.Ellipsis))}
	}
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		t.lines = append(t.lines, t.s.Label.Render(fit(label, indent))+look.Render(fit(line, t.w-indent)))
	}
}

// labelledText is labelled for what may be empty.
func (t *sheet) labelledText(label string, look panes.Style, text cluster.Text) {
	if !text.IsZero() {
		t.labelled(label, look, text.String())
	}
}

// wrapped breaks text into lines of at most w cells, at blanks where it can.
func wrapped(text string, w int) []string {
	return strings.Split(ansi.Wrap(text, max(w, 1), ""), "\n")
}

// drawRemedy draws the dialog of an action, and tells whether all of it is seen:
// nothing is confirmed that is not.
func (m *model) drawRemedy(s *actions.State, w, h int) (b box, fits bool) {
	if s.Dialog == nil {
		return box{title: "action"}, false
	}
	for _, tight := range []bool{false, true} {
		t := &sheet{s: m.styles, w: max(min(w-4, dialogWidth), 1), tight: tight}
		b = t.dialog(m, s)
		if len(b.lines) <= h-2 && w >= 40 {
			return b, true
		}
	}
	small := &sheet{s: m.styles, w: max(min(w-4, dialogWidth), 1)}
	small.labelled("", m.styles.Warn, "enlarge the terminal to see all of this: it takes "+strconv.Itoa(len(b.lines)+2)+" lines. esc cancels")
	return box{title: b.title, lines: small.lines}, false
}

// dialog draws a dialog as it stands.
func (t *sheet) dialog(m *model, s *actions.State) box {
	d := s.Dialog
	switch {
	case d.Phase == actions.Looking:
		t.line(t.s.Text, "reading what the plan needs")
	case d.Phase == actions.Refused:
		t.whole = true
		t.labelled("not done", m.styles.Warn, d.Refusal.Why.String())
		t.labelledText("hint", m.styles.Text, d.Refusal.Hint)
	case d.Phase >= actions.ReadingBack:
		t.whole = true
		t.became(s, d, m.o.Actions.Now())
	default:
		t.plan(s, d, m.o.Actions.Now())
	}
	t.labelledText("", m.styles.Message, d.Note)
	cursor := t.prompt(m, d, m.o.Actions.Now())
	return box{title: titleOf(d), lines: t.lines, cursor: cursor, low: d.Phase >= actions.Verifying}
}

func titleOf(d *actions.Dialog) string {
	if d.Plan == nil {
		return string(d.Ask.Kind)
	}
	return d.Plan.Title.String()
}

// plan is all that is decided on, in the words that the line has too.
func (t *sheet) plan(st *actions.State, d *actions.Dialog, now actions.Now) {
	s := t.s
	looks := map[string]panes.Style{"request": s.Name, "then": s.Name, "warning": s.Warn, "blocked": s.Crit}
	look := s.Text
	for i, l := range d.Plan.LinesAt(now) {
		if l.Text.IsZero() || i == 0 && l.Text == d.Plan.Title { // which is the box's
			continue
		}
		if l.Name != "" { // else it goes on as the one before
			if look, t.whole = looks[l.Name]; !t.whole {
				look = s.Text
			}
		}
		t.labelled(l.Name, look, l.Text.String())
	}
	t.whole = true
	for _, c := range d.Changed {
		t.labelled("changed", s.Warn, c.Words().String())
	}
	if left := st.Peace(now); left > 0 {
		t.labelled("warning", s.Warn, peaceWords(left))
	}
}

// peaceWords count down what the server asked for by a Retry-After.
func peaceWords(left time.Duration) string {
	return "the server asked to be left alone, " + upTo(left) + " more"
}

// facts are values of some time ago, with their ages by now and where they are
// from.
func (t *sheet) facts(list []actions.Fact, ago time.Duration) {
	for _, f := range list {
		t.labelled(f.Name, t.s.Text, f.Later(ago).Words().String())
	}
}

// became is what became of what was sent.
func (t *sheet) became(st *actions.State, d *actions.Dialog, now actions.Now) {
	if d.Result != nil {
		t.labelled("answer", t.s.StepStyle(string(d.Result.Verdict)), d.Result.Summary().String())
		if f := d.Result.Failure; f != nil {
			t.labelledText("hint", t.s.Text, f.Hint)
		}
		if left := st.Peace(now); d.Result.Answer.RetryAfter.Given && left > 0 {
			t.labelled("wait", t.s.Warn, peaceWords(left)+"; asking sooner takes the arming key")
		}
	}
	f := &d.Finding
	switch {
	case f.Effect != actions.NotYet:
		t.labelled("effect", t.s.StepStyle(string(f.Effect)), f.Words(d.Took))
	case d.Phase == actions.ReadingBack:
		t.labelled("effect", t.s.Warn, "may have taken effect: looking at what can be read back. "+f.Why.String())
	case d.Phase == actions.Verifying && st.Climb != nil && st.Climb.Action == d.ID:
		t.labelled("ramp", t.s.Text, st.Climb.Words(now))
	case d.Phase == actions.Verifying:
		t.labelled("effect", t.s.Text, strings.TrimSuffix("verifying by newer readings: "+f.Why.String(), ": "))
	}
	t.facts(f.Facts, now.Mono-d.FoundAt)
}

// prompt ends the dialog with what a key does now, and returns where what is
// typed stands.
func (t *sheet) prompt(m *model, d *actions.Dialog, now actions.Now) *point {
	keys := "esc cancels"
	switch d.Phase {
	case actions.Preview:
		switch {
		case d.Reading:
			keys = "reading the limit; esc cancels"
		case d.Plan.Tier == actions.Light:
			keys = "y does it   esc cancels"
		default:
			keys = "a arms it   esc cancels"
		}
		if m.rated(d) {
			keys += "   0-9 another rate   + - steps"
		}
	case actions.Armed:
		if d.Plan.Tier == actions.Dangerous {
			return t.word("type "+safe(d.Plan.Word)+" and enter: ", d.Typed, "esc cancels, "+upTo(d.Disarms-now.Hand)+" left")
		}
		keys = "ARMED: y does it   esc cancels   " + upTo(d.Disarms-now.Hand) + " left"
	case actions.NoRecord:
		return t.word("type UNRECORDED and enter to act without a record: ", d.Typed, "esc cancels")
	case actions.Rechecking:
		keys = "checking all of it once more; esc cancels"
	case actions.Recording:
		keys = "writing it to the audit journal; esc cancels"
	case actions.Sending:
		keys = "sent, waiting for the answer; esc stops waiting"
	case actions.Refused, actions.Ended:
		keys = "esc closes"
	case actions.ReadingBack, actions.Verifying:
		keys = "esc closes this, it goes on"
	case actions.Looking:
	}
	t.line(t.s.Title, keys)
	return nil
}

// word asks for a word, and returns where the next letter of it goes.
func (t *sheet) word(ask, typed, tail string) *point {
	t.line(t.s.Label, tail)
	typed = cluster.Clean(typed).String()
	t.lines = append(t.lines, t.s.Title.Render(ask)+t.s.Text.Render(fit(typed, max(t.w-width(ask), 0))))
	return &point{min(width(ask)+width(typed), t.w-1), len(t.lines) - 1}
}

// upTo writes what is left of a time in whole seconds, rounded up.
func upTo(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Second-1)/time.Second), 10) + " s"
}
