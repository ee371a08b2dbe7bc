package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// What the keys do that look around. See the table in keys.go.

// move moves the cursor by n rows, or scrolls the focused pane by n lines.
func (m *model) move(n int) tea.Cmd {
	if m.onLog() {
		m.scrollLog(n)
		return nil
	}
	scrolls := m.focus == panes.PaneHost || m.focus == panes.PaneEvents ||
		m.focus == panes.PaneAlerts || m.focus == panes.PaneChecklist || m.focus == panes.PanePath
	if scrolls && (m.kind == overview || m.kind == zoomed) && !m.layout().pane[m.focus].empty() {
		m.scrollBy(n)
		return nil
	}
	m.primary = false
	m.rows.move(n)
	return nil
}

// scrollBy scrolls the focused pane as far as there are lines: a pane doesn't
// tell how many it has, but it shows whether there are more.
func (m *model) scrollBy(n int) {
	at := &m.scroll[m.focus]
	for ; n < 0 && *at > 0; n++ {
		*at--
	}
	b := m.layout().pane[m.focus].body()
	for now := m.body(b); n > 0; n-- {
		*at++
		next := m.body(b)
		if next == now || endsBlank(next) {
			*at--
			return
		}
		now = next
	}
}

// body draws the focused pane's own part.
func (m *model) body(b rect) string { return panes.Pane(m.focus)(m.frame(), b.w, b.h) }

func endsBlank(text string) bool {
	last := text[strings.LastIndexByte(text, '\n')+1:]
	return strings.Trim(last, " ") == ""
}

// page is how many lines a page key moves.
func (m *model) page() int {
	if r := m.layout().pane[m.focus]; m.focus != panes.PaneReplicas && !r.empty() {
		return r.body().h
	}
	return m.rows.shown
}

// tabOrder is the order in which tab goes through the panes.
var tabOrder = [...]panes.Name{
	panes.PaneReplicas, panes.PaneAlerts, panes.PaneWhy, panes.PaneHost, panes.PaneChart, panes.PaneSync,
	panes.PaneEvents, panes.PaneHosts, panes.PaneChecklist, panes.PaneMachines, panes.PanePath, panes.PaneLog,
}

// moveFocus focuses the next pane on screen, n of 1 or -1 steps on; the zoomed
// view goes through all of them.
func (m *model) moveFocus(n int) tea.Cmd {
	l, i := m.layout(), slices.Index(tabOrder[:], m.focus)
	for range tabOrder {
		i = (i + n + len(tabOrder)) % len(tabOrder)
		m.focus = tabOrder[i]
		if m.kind == zoomed || !l.pane[m.focus].empty() {
			break
		}
	}
	return nil
}

// refocus gives the focus to the table where the pane that has it is not on the
// overview: it came by a key of its own, or the screen has become smaller.
func (m *model) refocus() {
	if m.kind != overview || m.focus == panes.PaneReplicas {
		return
	}
	if l := m.layout(); l.pane[m.focus].empty() && !l.pane[panes.PaneReplicas].empty() {
		m.focus, m.dirty = panes.PaneReplicas, true
	}
}

// digit focuses a pane by its number, and enlarges it where it has the focus or
// no place.
func (m *model) digit(k string) tea.Cmd {
	if k == "1" {
		m.kind = overview
		return nil
	}
	name := panes.Name(k[0] - '1')
	if m.kind == large || m.kind == detail && name == panes.PaneReplicas {
		m.kind = overview
	}
	if m.focus == name && m.kind == overview || m.layout().pane[name].empty() {
		m.kind = zoomed
	}
	m.focus = name
	return nil
}

func (m *model) enlarge(string) tea.Cmd {
	switch {
	case m.kind != overview:
	case m.focus == panes.PaneReplicas:
		m.kind = detail
	default:
		m.kind = zoomed
	}
	return nil
}

// back goes one level back, from the top of what lies on screen.
func (m *model) back(string) tea.Cmd {
	switch {
	case m.onLog() && m.log != (logView{}):
		m.followLog()
		m.log = logView{}
	case m.kind != overview:
		m.kind = overview
	case m.primary:
		m.primary = false
	case m.rows.filter != "":
		m.filter("")
	case m.rows.moved:
		m.rows.release(m.snap)
		m.say("the cursor rests on the worst replica again")
	case m.cursor.mode != panes.Live && !m.o.Replay:
		m.say("space goes live, q quits")
	default:
		m.say("q quits")
	}
	return nil
}

func (m *model) toggleLarge(string) tea.Cmd {
	if m.kind == large {
		m.kind = overview
	} else {
		m.kind = large
	}
	return nil
}

func (m *model) togglePrimary(string) tea.Cmd {
	m.primary = !m.primary
	ownPane := m.kind == zoomed && m.focus == panes.PaneWriters // it has the primary's too
	if m.primary && !ownPane && m.layout().pane[panes.PaneHost].empty() {
		m.kind = overview
	}
	return nil
}

func (m *model) nextWindow(string) tea.Cmd {
	m.window = (m.window + 1) % len(windows)
	m.say("window " + panes.Span(windows[m.window]))
	return nil
}

func (m *model) nextOrder(string) tea.Cmd {
	if m.onLog() {
		m.nextLogShow()
		return nil
	}
	m.rows.order = (m.rows.order + 1) % numOrders
	m.rows.resort(m.snap)
	m.say("sorted " + m.rows.order.String())
	return nil
}

func (m *model) filter(text string) {
	m.rows.filter = text
	m.rows.resort(m.snap)
	m.dirty = true
}

func (m *model) openFilter(string) tea.Cmd {
	if m.onLog() {
		m.openLogFilter()
		return nil
	}
	was := m.rows.filter
	p := &prompt{
		label: "/", hint: "enter keeps, esc drops", pasting: true, input: newInput(textinput.EchoNormal, 0),
		change: func(m *model, text string) { m.filter(cluster.Clean(text).String()) },
		accept: func(*model, string) string { return "" },
		cancel: func(m *model) { m.filter(was) },
	}
	p.input.SetValue(was)
	m.overlay = p
	return nil
}

func (m *model) canNote() bool { return m.o.AddNote != nil }

func (m *model) openNote(string) tea.Cmd {
	m.overlay = &prompt{
		label: "note", hint: "enter writes, esc drops", pasting: true, input: newInput(textinput.EchoNormal, 0),
		accept: func(m *model, text string) string {
			note := cluster.Clean(strings.TrimSpace(text))
			if note.IsZero() {
				return "nothing to write yet"
			}
			m.o.AddNote(note)
			m.say("noted: " + note.String())
			return ""
		},
	}
	return nil
}

func (m *model) canCopy() bool { return m.snap != nil && m.snap.Replica(m.rows.sel) != nil }

// copyFinding copies what is known of the selected replica, and why.
func (m *model) copyFinding(string) tea.Cmd {
	m.fx.copy(panes.Finding(m.frame()))
	m.say("copied the finding on " + m.snap.Replica(m.rows.sel).Name.String() + ", if the terminal allows it")
	return nil
}

func (m *model) canHandOver() bool { return m.snap != nil }

// copyHandover copies the card for whoever takes over.
func (m *model) copyHandover(string) tea.Cmd {
	m.fx.copy(panes.Handover(m.frame()))
	m.say("copied the handover card, if the terminal allows it")
	return nil
}

// toggle returns what shows a pane alone, and leads back.
func toggle(name panes.Name) func(*model, string) tea.Cmd {
	return func(m *model, _ string) tea.Cmd {
		if m.kind == zoomed && m.focus == name {
			m.kind, m.focus = overview, panes.PaneReplicas // also where it has a place there
			return nil
		}
		m.kind, m.focus = zoomed, name
		return nil
	}
}

func (m *model) redraw(string) tea.Cmd {
	m.fx.repaint()
	return nil
}

func (m *model) suspend(string) tea.Cmd {
	m.fx.suspend()
	return nil
}
