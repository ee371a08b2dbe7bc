package tui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/panes"
)

// binding is a row of the one table of keys: what it is called, when it is
// possible, and what it does. Handling, footer, help and README come from it.
type binding struct {
	group string
	keys  []string // as bubbletea names them
	shown string   // as people read them
	rank  int      // place in the footer, which shows as many as fit, those of a rank as they stand here; 0 keeps it out
	brief string   // words for the footer
	help  string
	when  func(*model) bool // nil: always
	do    func(*model, string) tea.Cmd
}

// KeyDoc documents one row of the table of keys.
type KeyDoc struct {
	Group string // what the key is about: "look", "move", "time", "screen"
	Keys  string // e.g. "j down"
	Help  string // what it does
}

// Keys returns the keys of the monitor, for the README and the man page.
func Keys() []KeyDoc {
	var docs []KeyDoc
	for _, b := range bindings() {
		docs = append(docs, KeyDoc{b.group, b.shown, b.help})
	}
	return docs
}

func bindings() []binding {
	return slices.Concat(lookKeys(), actKeys(), moveKeys(), timeKeys(), screenKeys())
}

func lookKeys() []binding {
	const group = "look"
	return []binding{
		{group, []string{"?"}, "?", 1, "help", "this help, with what is possible here", nil, (*model).openHelp},
		{group, []string{"/"}, "/", 2, "filter", "show only the replicas whose id contains what you type", nil, (*model).openFilter},
		{group, []string{"enter"}, "enter", 3, "detail", "enlarge the focused pane; on the table: all about the replica", nil, (*model).enlarge},
		{group, []string{"esc"}, "esc", 0, "", "one level back (dialog, view, filter, cursor); never quits", nil, (*model).back},
		{group, []string{"w"}, "w", 12, "window", "length of sparklines and chart: 10 min, 1 h, 6 h, 24 h", nil, (*model).nextWindow},
		{group, []string{"o"}, "o", 13, "order", "order of the table: worst first, by name, as configured", nil, (*model).nextOrder},
		{group, []string{"S"}, "S", 11, "large", "the selected replica alone in large letters, for a shared screen", nil, (*model).toggleLarge},
		{group, []string{"p"}, "p", 14, "primary", "host figures of the primary, and back", nil, (*model).togglePrimary},
		{group, []string{"y"}, "y", 5, "copy", "copy the finding on the selected replica for a chat (OSC 52)", (*model).canCopy, (*model).copyFinding},
		{group, []string{"E"}, "E", 4, "escalation", "the four conditions of escalation, and whom to call", nil, (*model).openEscalation},
		{group, []string{"c"}, "c", 9, "checklist", "the runbook's investigation of the selected replica, step by step", nil, toggle(panes.PaneChecklist)},
		{group, []string{"m"}, "m", 24, "machines", "hardware and kernel of each host beside the primary's", nil, toggle(panes.PaneMachines)},
		{group, []string{"P"}, "P", 18, "path", "network path of the replica, from here and from the primary", nil, toggle(panes.PanePath)},
		{group, []string{"M"}, "M", 19, "trace", "trace the path from the primary, hop by hop, while it is shown", nil, toggle(panes.PaneTrace)},
		{group, []string{"I"}, "I", 20, "who writes", "who writes on its disks (iotop), measured while it is shown", nil, toggle(panes.PaneWriters)},
		{group, []string{"l"}, "l", 21, "log", "logs of both hosts by time; / text, o which lines, k back, G on", nil, toggle(panes.PaneLog)},
		{group, []string{"H"}, "H", 10, "handover", "copy a handover card of 12 lines for whoever takes over (OSC 52)", (*model).canHandOver, (*model).copyHandover},
		{group, []string{"n"}, "n", 16, "note", "write a note into the recording", (*model).canNote, (*model).openNote},
	}
}

func moveKeys() []binding {
	const group = "move"
	move := func(n int) func(*model, string) tea.Cmd {
		return func(m *model, _ string) tea.Cmd { return m.move(n) }
	}
	page := func(n int) func(*model, string) tea.Cmd {
		return func(m *model, _ string) tea.Cmd { return m.move(n * max(m.page(), 1)) }
	}
	focus := func(n int) func(*model, string) tea.Cmd {
		return func(m *model, _ string) tea.Cmd { return m.moveFocus(n) }
	}
	return []binding{
		{group, []string{"j", "down"}, "j down", 0, "", "next replica; in another focused pane: scroll", nil, move(1)},
		{group, []string{"k", "up"}, "k up", 0, "", "previous replica", nil, move(-1)},
		{group, []string{"pgdown", "ctrl+f"}, "pgdn", 0, "", "a page further", nil, page(1)},
		{group, []string{"pgup", "ctrl+b"}, "pgup", 0, "", "a page back", nil, page(-1)},
		{group, []string{"g", "home"}, "g home", 0, "", "first replica", nil, move(-everything)},
		{group, []string{"G", "end"}, "G end", 0, "", "last replica", nil, move(everything)},
		{group, []string{"tab"}, "tab", 0, "", "focus the next pane", nil, focus(1)},
		{group, []string{"shift+tab"}, "shift-tab", 0, "", "focus the previous pane", nil, focus(-1)},
		{
			group,
			[]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"},
			"1-9", 15, "panes",
			"1 all 2 table 3 lag 4 host 5 sync 6 events 7 hosts 8 alerts 9 why", nil, (*model).digit,
		},
	}
}

// everything is more rows than there are.
const everything = 1 << 30

func timeKeys() []binding {
	const group = "time"
	step := func(n int) func(*model, string) tea.Cmd {
		return func(m *model, _ string) tea.Cmd { return m.step(n) }
	}
	replay := func(m *model) bool { return m.cursor.mode == panes.Replay }
	return []binding{
		{group, []string{"space"}, "space", 6, "pause", "hold the screen, collecting goes on; again: live (replay: play)", nil, (*model).playPause},
		{group, []string{"["}, "[", 8, "back", "one interval back in time", nil, step(-1)},
		{group, []string{"]"}, "]", 0, "", "one interval forward", nil, step(1)},
		{group, []string{"{"}, "{", 0, "", "a minute back", nil, (*model).minuteBack},
		{group, []string{"}"}, "}", 0, "", "a minute forward", nil, (*model).minuteOn},
		{group, []string{"T", ":"}, "T :", 0, "", "go to a time: 03:12, 03:12:40, -5m, start, end", nil, (*model).openGoto},
		{group, []string{"<"}, "<", 0, "", "replay slower", replay, (*model).slower},
		{group, []string{">"}, ">", 17, "faster", "replay faster", replay, (*model).faster},
		{group, []string{"+", "="}, "+", 0, "", "longer interval between readings", (*model).canSetInterval, (*model).intervalUp},
		{group, []string{"-"}, "-", 0, "", "shorter interval", (*model).canSetInterval, (*model).intervalDown},
	}
}

func screenKeys() []binding {
	const group = "screen"
	return []binding{
		{group, []string{"ctrl+l"}, "ctrl-l", 0, "", "draw the screen anew", nil, (*model).redraw},
		{group, []string{"ctrl+z"}, "ctrl-z", 0, "", "suspend; fg resumes", nil, (*model).suspend},
		{group, []string{"q"}, "q", 7, "quit", "quit", nil, (*model).quit},
		{group, []string{"ctrl+c"}, "ctrl-c", 0, "", "quit, from everywhere", nil, (*model).interrupt},
	}
}

// possible tells whether the key does anything now.
func (b *binding) possible(m *model) bool { return b.when == nil || b.when(m) }

// keyBinding returns the row as bubbles' help wants it.
func (b *binding) keyBinding(m *model, text string) key.Binding {
	k := key.NewBinding(key.WithKeys(b.keys...), key.WithHelp(b.shown, text))
	k.SetEnabled(text != "" && b.possible(m))
	return k
}

// press does what the key is for, if anything.
func (m *model) press(name string) tea.Cmd {
	i, ok := m.byKey[name]
	switch {
	case !ok:
		return nil
	case !m.bindings[i].possible(m):
		m.whyNot(&m.bindings[i])
		return nil
	}
	return m.bindings[i].do(m, name)
}

// notNow is why a key that looks or moves is not possible, where it isn't.
var notNow = map[string]string{
	"y": "there is no replica to copy a finding on",
	"H": "there is nothing to hand over yet",
	"n": "nothing is recorded here that a note could go into",
	"<": "only a replay has a speed; [ goes back in time",
	">": "only a replay has a speed; ] goes on in time",
	"+": "a recording keeps the interval that it was made with",
	"-": "a recording keeps the interval that it was made with",
}
