package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// largeCalm is the least time between two draws of the large view: a shared
// screen is encoded as video, and read by people who don't know where to look.
// It is more than half a second, so that a draw that comes late leaves no three of
// them within one second.
const largeCalm = 550 * time.Millisecond

// calmMsg says that the large view may be drawn again.
type calmMsg struct{}

// draw makes a new frame if what is shown has changed and may be drawn now.
func (m *model) draw() tea.Cmd {
	if !m.dirty || m.resize.pending || (m.calm && m.kind == large) {
		return nil
	}
	m.compose()
	if m.kind != large || m.calm {
		return nil
	}
	m.calm = true
	return m.after(largeCalm, func(time.Time) tea.Msg { return calmMsg{} })
}

// layout returns where everything is now.
func (m *model) layout() layout {
	n := 0
	if m.snap != nil {
		n = len(m.snap.Replicas)
	}
	return arrange(m.w, m.h, m.kind, m.focus, n, m.snap != nil && len(m.snap.Escalations) > 0)
}

// frame returns what panes may look at.
func (m *model) frame() *panes.Frame {
	f := &panes.Frame{
		Snap: m.snap, Selected: m.rows.sel, Rows: m.rows.ids, Top: m.rows.top,
		Window: windows[m.window], Mode: m.cursor.mode, Speed: m.cursor.rate(m.o.Clock),
		Edge: m.cursor.edge, ReadOnly: m.o.ReadOnly, MayAct: m.canAct(), Filter: cluster.Clean(m.rows.filter),
		Message: m.message, Doing: m.doing(), Focus: m.focus, Styles: m.styles,
		Escalation: m.o.Escalation, Forecasts: &m.forecasts,
	}
	if m.o.Actions != nil {
		s := m.o.Actions.State()
		f.Unrecorded = s.Unrecorded
	}
	if m.o.Recording != nil {
		f.Recording, f.Unsaved = m.o.Recording()
	}
	f.LogShow, f.LogFilter, f.LogUntil = m.log.show, m.log.filter, m.log.until
	copy(f.Scroll[:], m.scroll[:])
	return f
}

// compose draws the frame.
func (m *model) compose() {
	l := m.layout()
	m.rows.resize(panes.VisibleRows(l.pane[panes.PaneReplicas].body().h))
	f, c := m.frame(), canvas{w: m.w, lines: make([]string, m.h)}
	c.put(l.line, panes.OneLine(f, l.line.w, l.line.h))
	c.put(l.alone, panes.Large(f, l.alone.w, l.alone.h))
	c.put(l.header, panes.Header(f, l.header.w, l.header.h))
	c.put(l.banner, panes.Banner(f, l.banner.w, l.banner.h))
	// From left to right, since lines are put together in that order.
	for _, name := range []panes.Name{
		panes.PaneReplicas, panes.PaneWhy, panes.PaneChecklist, panes.PaneHost, panes.PaneChart,
		panes.PaneAlerts, panes.PaneSync, panes.PaneEvents, panes.PaneHosts, panes.PaneMachines,
		panes.PanePath, panes.PaneTrace, panes.PaneWriters, panes.PaneLog,
	} {
		m.putPane(&c, f, name, l.pane[name])
	}
	c.put(l.status, panes.Status(f, l.status.w, l.status.h))
	c.put(l.footer, m.lastLine(f, l))
	cursor, shown := m.putOverlay(&c)
	m.drawn = frame{content: strings.Join(c.lines, "\n"), w: m.w, h: m.h, cursor: cursor, shown: shown}
	m.dirty = false
}

// lastLine is the keys, or what has no line of its own; what is lost stands beside
// them. What goes on of an action may take long: the way to the keys stays beside it.
func (m *model) lastLine(f *panes.Frame, l layout) string {
	const help = " ? help "
	switch w := l.footer.w; {
	case !l.status.empty():
	case !f.Message.IsZero() || !f.Filter.IsZero():
		return panes.Status(f, w, l.footer.h)
	case !f.Doing.IsZero() && w > 4*len(help):
		return fitStyled(panes.Status(f, w-len(help), l.footer.h), w-len(help)) + m.styles.Label.Render(help)
	}
	text := ansi.Truncate(panes.Trouble(f), l.footer.w/2, string(m.glyphs.Ellipsis))
	if text == "" || !l.status.empty() {
		return m.styles.Label.Render(fit(m.footer(l.footer.w), l.footer.w))
	}
	w := l.footer.w - width(text) - 2
	return m.styles.Label.Render(fit(m.footer(w), w)) + "  " + m.styles.Warn.Render(text)
}

// drawnPane keeps a pane as it was drawn, for as long as it would be the same:
// moving the cursor must not draw the chart of an hour again.
type drawnPane struct {
	key  paneKey
	text string
}

// paneKey is all of the frame that a pane looks at.
type paneKey struct {
	snap     *cluster.Snapshot
	selected cluster.NodeID
	w, h     int
	window   time.Duration
	focused  bool
	scroll   int
	styles   *panes.Styles
	rows     uint64
	top      int
	filter   cluster.Text
	acts     bool
	log      logView
}

func (m *model) putPane(c *canvas, f *panes.Frame, name panes.Name, r rect) {
	if r.empty() {
		return
	}
	if (name == panes.PaneHost || name == panes.PaneWriters) && m.primary && f.Snap != nil {
		of := *f
		of.Selected = f.Snap.Primary.ID
		f = &of
	}
	rule := r.w - r.body().w
	key := paneKey{
		snap: f.Snap, selected: f.Selected, w: r.w, h: r.h, window: f.Window, focused: f.Focus == name,
		scroll: f.Scroll[name], styles: f.Styles, rows: m.rows.gen, top: f.Top, filter: f.Filter, acts: f.MayAct, log: m.log,
	}
	p := &m.cache[name]
	if p.text == "" || p.key != key {
		p.key, p.text = key, panes.Section(f, name, r.w-rule, r.h)
	}
	if rule > 0 {
		c.put(rect{r.x, r.y, rule, r.h}, m.rule(r.h))
	}
	c.put(rect{r.x + rule, r.y, r.w - rule, r.h}, p.text)
}

// rule is the line left of a pane.
func (m *model) rule(h int) string {
	v := m.styles.Faint.Render(string(m.glyphs.Vertical))
	return strings.TrimSuffix(strings.Repeat(v+"\n", h), "\n")
}

// canvas puts drawn rectangles together, those of a line from left to right.
type canvas struct {
	w     int
	lines []string
}

func (c *canvas) put(r rect, text string) {
	if r.empty() {
		return
	}
	for y := r.y; y < r.y+r.h; y++ {
		line, rest, _ := strings.Cut(text, "\n")
		c.lines[y] += line
		text = rest
	}
}

// over lays text of w cells over line y from column x on. A wide cluster that it
// covers in half gives way to a space.
func (c *canvas) over(x, y, w int, text string) {
	w = min(w, c.w-x)
	if y < 0 || y >= len(c.lines) || w <= 0 {
		return
	}
	was := c.lines[y]
	right := ansi.TruncateLeft(was, x+w, "")
	c.lines[y] = fitStyled(was, x) + fitStyled(text, w) + ansi.ResetStyle +
		strings.Repeat(" ", max(c.w-x-w-width(right), 0)) + right
}

// fit cuts or pads plain text to w cells.
func fit(text string, w int) string {
	text = ansi.Truncate(text, max(w, 0), "")
	return text + strings.Repeat(" ", max(w-width(text), 0))
}

func width(text string) int { return ansi.StringWidth(text) }
