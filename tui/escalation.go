package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/panes"
)

// escalationBox shows the conditions of escalation and whom to call.
type escalationBox struct{}

func (m *model) openEscalation(string) tea.Cmd {
	m.overlay = escalationBox{}
	return nil
}

func (escalationBox) key(_ *model, k tea.KeyPressMsg) bool {
	switch k.String() {
	case "E", "esc", "q", "enter":
		return true
	}
	return false
}

func (escalationBox) paste(*model, string) {}

func (escalationBox) draw(m *model, w, h int) box {
	lines := strings.Split(panes.Escalation(m.frame(), min(w-4, 100), h-2), "\n")
	for n := len(lines); n > 0 && strings.TrimSpace(ansi.Strip(lines[n-1])) == ""; n = len(lines) {
		lines = lines[:n-1]
	}
	return box{title: "escalation (esc closes)", lines: lines}
}
