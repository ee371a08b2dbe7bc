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
	lines []string
}

func (t *sheet) line(look panes.Style, text string) {
	t.lines = append(t.lines, look.Render(fit(text, t.w)))
}

// labelCells is the width of the labels left of a dialog's text.
const labelCells = 9

// labelled adds text beside a label, on as many lines as it needs.
func (t *sheet) labelled(label string, look panes.Style, text string) {
	for i, line := range wrapped(text, t.w-labelCells) {
		if i > 0 {
			label = ""
		}
		t.lines = append(t.lines, t.s.Label.Render(fit(label, labelCells))+look.Render(fit(line, t.w-labelCells)))
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
	d := s.Dialog
	if d == nil {
		return box{title: "action"}, false
	}
	t := &sheet{s: m.styles, w: max(min(w-4, dialogWidth), 1)}
	switch {
	case d.Phase == actions.Looking:
		t.line(m.styles.Text, "reading what the plan needs")
	case d.Phase == actions.Refused:
		t.labelled("not done", m.styles.Warn, d.Refusal.Why.String())
		t.labelledText("hint", m.styles.Text, d.Refusal.Hint)
	case d.Phase >= actions.ReadingBack:
		t.became(d)
	default:
		t.plan(s, d, m.o.Actions.Now())
	}
	t.labelledText("", m.styles.Message, d.Note)
	cursor := t.prompt(m, d, m.o.Actions.Now())
	b = box{title: titleOf(d), lines: t.lines, cursor: cursor, low: d.Phase >= actions.Verifying}
	if len(t.lines) <= h-2 && w >= 40 {
		return b, true
	}
	small := &sheet{s: m.styles, w: t.w}
	small.labelled("", m.styles.Warn, "enlarge the terminal to see all of "+titleOf(d)+": it takes "+strconv.Itoa(len(t.lines)+2)+" lines. esc cancels")
	return box{title: titleOf(d), lines: small.lines}, false
}

func titleOf(d *actions.Dialog) string {
	if d.Plan == nil {
		return string(d.Ask.Kind)
	}
	return d.Plan.Title.String()
}

// plan is all that is decided on.
func (t *sheet) plan(st *actions.State, d *actions.Dialog, now actions.Now) {
	p, s := d.Plan, t.s
	why := p.TierIs.String()
	if why == "" {
		why = "it takes load off, and can be undone"
	}
	t.labelled(p.Tier.String(), s.Text, why)
	for i, line := range p.Deed.Lines() {
		label := ""
		if i == 0 {
			label = "sends"
		}
		t.labelled(label, s.Name, line.String())
	}
	t.labelled("on", s.Text, targetOf(&p.Target))
	t.facts(p.Facts)
	t.labelledText("expect", s.Text, p.Expect)
	t.labelledText("stop if", s.Text, p.Stop)
	t.labelledText("undo", s.Text, p.Undo)
	for _, warn := range p.Warn {
		t.labelled("warning", s.Warn, warn.String())
	}
	for _, c := range d.Changed {
		t.labelled("changed", s.Warn, c.Name+": "+c.Old.String()+", now "+c.New.String())
	}
	if left := st.Peace(now); left > 0 {
		t.labelled("warning", s.Warn, "the server asked to be left alone for "+upTo(left))
	}
	t.labelledText("blocked", s.Crit, p.Blocked)
}

// targetOf says what is acted on, and how it was identified.
func targetOf(g *actions.Target) string {
	text := "cluster " + g.Cluster.String() + ", primary " + g.Primary.Text().String()
	if g.ID != "" {
		text = g.ID.Text().String() + " of " + text
	}
	if g.Peer.Address != "" {
		text += " at " + cluster.Clean(g.Peer.Address).String()
	}
	if !g.Started.IsZero() {
		text += ", started " + g.Started.UTC().Format("2006-01-02 15:04:05Z")
	}
	return text
}

// facts are the present values, with their ages and where they are from.
func (t *sheet) facts(list []actions.Fact) {
	name := 0
	for _, f := range list {
		name = max(name, width(cluster.Clean(f.Name).String()))
	}
	name = min(name, 24)
	for i, f := range list {
		label := ""
		if i == 0 {
			label = "now"
		}
		text := fit(cluster.Clean(f.Name).String(), name) + "  " + f.Value.String()
		if f.Age != actions.NoAge {
			text += ", " + panes.Age(f.Age) + " old"
		}
		t.labelled(label, t.s.Text, text+" ("+f.Source+")")
	}
}

// became is what became of what was sent.
func (t *sheet) became(d *actions.Dialog) {
	if d.Result != nil {
		t.labelled("answer", t.s.StepStyle(string(d.Result.Verdict)), d.Result.Summary().String())
	}
	f := &d.Finding
	switch {
	case f.Effect != actions.NotYet:
		t.labelled("effect", t.s.StepStyle(string(f.Effect)), f.Words(d.Took))
	case d.Phase == actions.ReadingBack:
		t.labelled("effect", t.s.Warn, "may have taken effect: looking at what can be read back. "+f.Why.String())
	case d.Phase == actions.Verifying:
		t.labelled("effect", t.s.Text, strings.TrimSuffix("verifying by newer readings: "+f.Why.String(), ": "))
	}
	t.facts(f.Facts)
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
			return t.word("type "+d.Plan.Word+" and enter: ", d.Typed, "esc cancels, "+upTo(d.Disarms-now.Hand)+" left")
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
