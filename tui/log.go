package tui

import (
	"time"

	"charm.land/bubbles/v2/textinput"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// logView is which lines of the log are looked at.
type logView struct {
	show   panes.LogShow
	filter cluster.Text
	until  time.Time // scrolled back at this instant: what comes later waits; zero follows
}

// onLog tells whether keys are for the log.
func (m *model) onLog() bool { return m.kind == zoomed && m.focus == panes.PaneLog }

// scrollLog goes n lines on, or back: the newest line is the last one drawn. At
// the end the log is followed again.
func (m *model) scrollLog(n int) {
	at := &m.scroll[panes.PaneLog]
	if n > 0 {
		if *at = max(*at-n, 0); *at == 0 {
			m.followLog()
		}
		return
	}
	if m.log.until.IsZero() && m.snap != nil {
		m.log.until = m.snap.At
	}
	b := m.layout().pane[panes.PaneLog].body()
	*at = min(*at-n, max(panes.LogLength(m.frame())-b.h/2, 0))
	if *at == 0 {
		m.followLog()
	}
}

func (m *model) followLog() { m.scroll[panes.PaneLog], m.log.until = 0, time.Time{} }

func (m *model) nextLogShow() {
	m.log.show = (m.log.show + 1) % panes.LogShow(panes.NumLogShows)
	m.followLog()
	m.say("shows " + m.log.show.String())
}

func (m *model) openLogFilter() {
	was := m.log.filter
	set := func(m *model, text cluster.Text) {
		m.log.filter = text
		m.followLog()
		m.dirty = true
	}
	p := &prompt{
		label: "log /", hint: "enter keeps, esc drops", pasting: true, input: newInput(textinput.EchoNormal, 0),
		change: func(m *model, text string) { set(m, cluster.Clean(text)) },
		accept: func(*model, string) string { return "" },
		cancel: func(m *model) { set(m, was) },
	}
	p.input.SetValue(was.String())
	m.overlay = p
}
