package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// A window that is dragged sends sizes by the hundred. Only those that last are
// drawn, and now and then one on the way.
const (
	sizeSettles = 30 * time.Millisecond
	sizeAtLeast = 250 * time.Millisecond
)

// resize is a change of size that has not settled.
type resize struct {
	w, h    int
	gen     int
	pending bool
	drawn   time.Time // when a size was last taken over
}

type settledMsg struct {
	gen int
	at  time.Time
}

// resized waits for the size to settle; nothing is drawn meanwhile, since it
// would be drawn for a size that is no more.
func (m *model) resized(w, h int) tea.Cmd {
	r := &m.resize
	if !r.pending && w == m.w && h == m.h {
		return nil
	}
	r.w, r.h, r.pending = w, h, true
	r.gen++
	gen := r.gen
	return m.after(sizeSettles, func(at time.Time) tea.Msg { return settledMsg{gen, at} })
}

func (m *model) settled(s settledMsg) {
	r := &m.resize
	last := s.gen == r.gen
	if !r.pending || (!last && s.at.Sub(r.drawn) < sizeAtLeast) {
		return
	}
	r.pending, r.drawn = !last, s.at
	if m.w == r.w && m.h == r.h { // there and back: the terminal has lost what did not fit
		m.fx.repaint()
	}
	m.w, m.h, m.dirty, m.calm = r.w, r.h, true, false
	if r.pending { // on the way: draw this one, and go on waiting
		m.compose()
	}
}
