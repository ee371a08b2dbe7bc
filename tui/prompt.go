package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/sources/cluster"
)

// prompt asks for a line of text on the last line of the screen, so that what it
// is about stays to be seen.
type prompt struct {
	label   string
	hint    string
	input   textinput.Model
	pasting bool                        // takes pasted text
	change  func(m *model, text string) // after each change; may be nil
	accept  func(m *model, text string) (problem string)
	cancel  func(m *model) // may be nil
	problem string         // why the text was not accepted
}

func (p *prompt) key(m *model, k tea.KeyPressMsg) bool {
	switch k.String() {
	case "esc":
		if p.cancel != nil {
			p.cancel(m)
		}
		return true
	case "enter":
		p.problem = p.accept(m, p.input.Value())
		return p.problem == "" && m.overlay == overlay(p) // what was accepted may have put another in its place
	}
	was := p.input.Value()
	k.Text = cluster.CleanN(k.Text, inputLimit).String() // a key may hold any text
	edit(&p.input, k)
	if p.input.Value() != was {
		p.changed(m)
	}
	return false
}

func (p *prompt) paste(m *model, text string) {
	if !p.pasting {
		p.problem = "pasted text is not taken here"
		return
	}
	edit(&p.input, tea.PasteMsg{Content: cluster.CleanN(text, inputLimit).String()})
	p.changed(m)
}

func (p *prompt) changed(m *model) {
	p.problem = ""
	if p.change != nil {
		p.change(m, p.input.Value())
	}
}

func (p *prompt) draw(m *model, w, _ int) box {
	s := m.styles
	label := " " + p.label + " "
	tail := p.hint
	if p.problem != "" {
		tail = p.problem
	}
	room := max(w-len(label)-len(tail)-3, 8)
	text, at := viewInput(&p.input, room)
	line := s.Title.Render(label) + s.Text.Render(text)
	free := max(w-len(label)-width(text)-width(tail)-1, 1)
	look := s.Label
	if p.problem != "" {
		look = s.Message
	}
	line += strings.Repeat(" ", free) + look.Render(tail) + " "
	return box{lines: []string{line}, cursor: &point{len(label) + at, 0}, bottom: true}
}
