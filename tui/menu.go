package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/actions"
)

// menu is a list to choose from. Choosing does nothing to the cluster: it leads
// to a dialog that says what would be done.
type menu struct {
	title string
	items []menuItem
	at    int
	top   int
}

type menuItem struct {
	key  string // that chooses it too; may be empty
	text string
	do   func(*model) tea.Cmd // may leave another overlay
}

func (l *menu) key(m *model, k tea.KeyPressMsg) bool {
	name := k.String()
	switch name {
	case "esc", "q", "x":
		return true
	case "j", "down":
		l.at = min(l.at+1, len(l.items)-1)
		return false
	case "k", "up":
		l.at = max(l.at-1, 0)
		return false
	case "enter":
		return l.choose(m, l.at)
	}
	for i := range l.items {
		if l.items[i].key == name {
			return l.choose(m, i)
		}
	}
	return false
}

// choose closes the menu, unless what was chosen has put something in its place.
func (l *menu) choose(m *model, i int) bool {
	if i < 0 || i >= len(l.items) {
		return true
	}
	m.run(l.items[i].do)
	return m.overlay == overlay(l)
}

// run does what needs no command of its own to come back.
func (m *model) run(do func(*model) tea.Cmd) {
	if cmd := do(m); cmd != nil {
		m.later = append(m.later, cmd)
	}
}

func (*menu) paste(*model, string) {}

func (l *menu) draw(m *model, w, h int) box {
	room := max(h-4, 1)
	l.top = min(max(l.top, l.at-room+1), l.at)
	var lines []string
	for i := l.top; i < len(l.items) && len(lines) < room; i++ {
		it := &l.items[i]
		mark, look := "  ", m.styles.Text
		if i == l.at {
			mark, look = string(m.glyphs.Cursor)+" ", m.styles.Title
		}
		lines = append(lines, look.Render(fit(mark+fit(it.key, 3)+it.text, max(min(w-6, 90), 1))))
	}
	return box{title: l.title + " (enter shows it first, esc closes)", lines: lines}
}

// openActions lists all actions, and what else can be done about them.
func (m *model) openActions(string) tea.Cmd {
	list := &menu{title: "actions"}
	name := m.rows.sel.Text().String()
	for _, a := range m.o.Actions.Table() {
		text := a.Title
		if a.Needs == actions.NeedsReplica {
			text += " of " + name
		}
		kind := a.Kind
		list.items = append(list.items, menuItem{a.Key, text, func(m *model) tea.Cmd { return m.begin(kind) }})
		if kind == actions.KindSync {
			list.items = append(list.items, menuItem{"", "force " + strings.TrimPrefix(text, "start "), func(m *model) tea.Cmd {
				return m.propose(actions.Ask{Kind: kind, Target: m.rows.sel, Force: true})
			}})
		}
	}
	s := m.o.Actions.State()
	if s.Climb != nil {
		list.items = append(list.items, menuItem{"", "stop the ramp, the limit stays where it is", func(m *model) tea.Cmd {
			return m.question("stop the ramp", []string{s.Climb.Words(m.o.Actions.Now())}, "y stops it", func(m *model) tea.Cmd {
				m.o.Actions.Do(actions.Halt{})
				return nil
			})
		}})
	}
	for _, o := range s.Open {
		if s.ReadsBack(o.Action) {
			list.items = append(list.items, menuItem{"", o.Title.String() + ": its outcome is being read back, half a minute at most", func(*model) tea.Cmd { return nil }})
			continue
		}
		list.items = append(list.items, m.outcomes(o)...)
	}
	m.overlay = list
	return nil
}

// outcomes are the two words that somebody can say on an unknown outcome.
func (m *model) outcomes(o actions.Unresolved) []menuItem {
	what := o.Title.String() + " at " + o.At.UTC().Format("15:04:05Z")
	item := func(word string, applied bool) menuItem {
		return menuItem{"", what + ": " + word, func(m *model) tea.Cmd {
			return m.question("say what became of it", []string{what, "by " + o.Who.String() + ": " + o.Why.String()}, "y records that "+word, func(m *model) tea.Cmd {
				m.o.Actions.Do(actions.Resolve{Action: o.Action, Applied: applied})
				return nil
			})
		}}
	}
	return []menuItem{item("it took effect", true), item("it did not", false)}
}

// question asks before something that y does, once it was looked at. All other
// keys mean no.
type question struct {
	title string
	lines []string
	yes   string
	do    func(*model) tea.Cmd
	drawn time.Duration // first, on the hand's clock; -1 before
	note  string        // why y was not taken
	quits bool          // it asks whether to quit
	below overlay       // what comes back where the answer is no; may be nil
}

// lookFor is how long a question has to be on the screen before y is an answer to
// it: what comes sooner was typed ahead of it, held or pasted.
const lookFor = 600 * time.Millisecond

func (m *model) question(title string, lines []string, yes string, do func(*model) tea.Cmd) tea.Cmd {
	m.overlay = &question{title: title, lines: lines, yes: yes, do: do, drawn: -1}
	return nil
}

func (q *question) key(m *model, k tea.KeyPressMsg) bool {
	if k.String() == "y" {
		if k.IsRepeat || !q.looked(m) {
			q.note = lookFirst
			return false
		}
		m.run(q.do)
		return m.overlay == overlay(q)
	}
	if q.below != nil {
		m.focused(false) // it was not looked at meanwhile
		m.focused(true)
	}
	m.overlay = q.below
	return m.overlay == nil
}

const lookFirst = "too soon: look at it first"

// looked tells whether it was on the screen for long enough, and says so if not.
func (q *question) looked(m *model) bool {
	ok := q.drawn >= 0 && m.o.Actions.Now().Hand-q.drawn >= lookFor
	if !ok {
		q.note = lookFirst
	}
	return ok
}

func (*question) paste(*model, string) {}

func (q *question) draw(m *model, w, _ int) box {
	if q.drawn < 0 {
		q.drawn = m.o.Actions.Now().Hand
	}
	room := max(min(w-4, 90), 1)
	var lines []string
	for _, text := range q.lines {
		for _, line := range wrapped(text, room) {
			lines = append(lines, m.styles.Text.Render(line))
		}
	}
	if q.note != "" {
		lines = append(lines, m.styles.Message.Render(fit(q.note, room)))
	}
	return box{title: q.title, lines: append(lines, m.styles.Label.Render(fit(q.yes+", any other key means no", room)))}
}

func (m *model) quit(string) tea.Cmd { return m.end(nil) }

// end ends the program, with err. It asks once if something would be left behind.
func (m *model) end(err error) tea.Cmd {
	var busy []string
	if m.o.Actions != nil {
		s := m.o.Actions.State()
		for _, t := range s.Busy(m.o.Actions.Now()) {
			busy = append(busy, t.String())
		}
	}
	if len(busy) == 0 {
		return m.leave(err)
	}
	was := m.overlay
	q := &question{
		title: "quit?", lines: busy, yes: "y quits", drawn: -1, quits: true, do: func(m *model) tea.Cmd { return m.leave(err) },
	}
	if r, ok := was.(*remedy); ok {
		q.below = r
	}
	m.overlay = q
	m.dirty = true
	return nil
}

func (m *model) leave(err error) tea.Cmd {
	m.err = err
	m.refuse()
	return tea.Quit
}
