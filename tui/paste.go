package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	// pasteEcho is how long keys are not taken after a paste: text that holds the
	// end marker of a paste continues as keys.
	pasteEcho = 300 * time.Millisecond
	// pasteLasts is how long a paste may take to come in. The end marker can get
	// lost on a slow line, and with it all later keys.
	pasteLasts = 3 * time.Second
)

// paste is the state of pasting: pasted text is never taken for keys.
type paste struct {
	n     int  // pastes begun
	open  bool // begun and not ended
	quiet bool // just ended
}

type (
	pasteOverMsg int
	pasteLostMsg int
)

func (m *model) pasted(msg tea.Msg) tea.Cmd {
	p := &m.paste
	switch msg := msg.(type) {
	case tea.PasteStartMsg:
		p.n++
		p.open = true
		n := p.n
		return m.after(pasteLasts, func(time.Time) tea.Msg { return pasteLostMsg(n) })
	case tea.PasteMsg:
		m.dirty = true
		if m.overlay == nil {
			m.say("pasted text is taken by filter (/) and note (n) only")
		} else {
			m.overlay.paste(m, msg.Content)
		}
	case tea.PasteEndMsg:
		p.open, p.quiet = false, true
		n := p.n
		return m.after(pasteEcho, func(time.Time) tea.Msg { return pasteOverMsg(n) })
	case pasteOverMsg:
		p.quiet = p.quiet && int(msg) != p.n
	case pasteLostMsg:
		if p.open && int(msg) == p.n {
			p.open = false
			m.fx.reopen()
		}
	}
	return nil
}
