package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"github.com/stemedb/stemetop/panes"
)

// helpBox lists the keys that are possible now.
type helpBox struct {
	view viewport.Model
}

func (m *model) openHelp(string) tea.Cmd {
	m.overlay = &helpBox{view: viewport.New()}
	return nil
}

func (b *helpBox) key(_ *model, k tea.KeyPressMsg) bool {
	switch k.String() {
	case "?", "esc", "q", "enter":
		return true
	case "j", "down":
		b.view.ScrollDown(1)
	case "k", "up":
		b.view.ScrollUp(1)
	case "space", "pgdown":
		b.view.PageDown()
	case "pgup":
		b.view.PageUp()
	case "g", "home":
		b.view.GotoTop()
	case "G", "end":
		b.view.GotoBottom()
	}
	return false
}

func (*helpBox) paste(*model, string) {}

func (b *helpBox) draw(m *model, w, h int) box {
	lines := m.helpLines(w - 4)
	b.view.SetWidth(w - 4)
	b.view.SetHeight(min(len(lines), h-4))
	b.view.SetContentLines(lines)
	title := strings.TrimSpace("stemetop "+m.o.Version) + ": keys"
	if !b.view.AtBottom() || !b.view.AtTop() {
		title += " (j k scroll)"
	}
	return box{title: title, lines: strings.Split(b.view.View(), "\n")}
}

// helpLines lists the possible keys by group.
func (m *model) helpLines(w int) []string {
	h := help.New()
	h.SetWidth(w)
	h.Styles = help.Styles{}
	var lines []string
	var group []key.Binding
	name := ""
	flush := func() {
		if len(group) > 0 {
			text := h.FullHelpView([][]key.Binding{group})
			lines = append(lines, m.styles.Title.Render(name))
			lines = append(lines, strings.Split(text, "\n")...)
			group = nil
		}
	}
	for i := range m.bindings {
		b := &m.bindings[i]
		if b.group != name {
			flush()
			name = b.group
		}
		if b.possible(m) {
			group = append(group, b.keyBinding(m, fit(b.help, w-11)))
		}
	}
	flush()
	return lines
}

// stands tells whether an instant is held that space would go on from.
func (m *model) stands() bool { return m.cursor.mode != panes.Live && !m.cursor.playing }

// footer lists the most useful keys that are possible now, as many as fit.
func (m *model) footer(w int) string {
	h := help.New()
	h.ShortSeparator, h.Ellipsis = "  ", string(m.glyphs.Ellipsis)
	h.SetWidth(w - 1)
	h.Styles = help.Styles{}
	var ranked []*binding
	for i := range m.bindings {
		if m.bindings[i].rank > 0 {
			ranked = append(ranked, &m.bindings[i])
		}
	}
	slices.SortStableFunc(ranked, func(a, b *binding) int { return a.rank - b.rank })
	keys := make([]key.Binding, len(ranked))
	for i, b := range ranked {
		brief := b.brief
		if b.shown == "space" && m.stands() {
			brief = "go on"
		}
		keys[i] = b.keyBinding(m, brief)
	}
	return " " + h.ShortHelpView(keys)
}
