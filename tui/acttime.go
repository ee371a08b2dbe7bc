package tui

import (
	"strconv"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/panes"
)

// What the keys do that move in time, and with the interval.

func (m *model) playPause(string) tea.Cmd {
	c := &m.cursor
	switch c.mode {
	case panes.Paused:
		c.live(m.o.Clock)
		m.look(nil)
	case panes.Replay:
		if first, last := m.o.Timeline.Bounds(); !c.playing && !c.at.Before(last) {
			c.at = first
			m.look(nil)
		}
		c.playing = !c.playing
	case panes.Live:
		fallthrough
	default:
		c.pause(m.o.Clock)
		m.say("paused, still collecting: space goes on, [ ] step")
	}
	return nil
}

// step moves n intervals in time.
func (m *model) step(n int) tea.Cmd {
	every := m.interval
	if m.snap != nil && m.snap.Interval > 0 {
		every = m.snap.Interval
	}
	return m.seek(m.cursor.at.Add(time.Duration(n) * every))
}

func (m *model) minuteBack(string) tea.Cmd { return m.seek(m.cursor.at.Add(-time.Minute)) }
func (m *model) minuteOn(string) tea.Cmd   { return m.seek(m.cursor.at.Add(time.Minute)) }

func (m *model) seek(t time.Time) tea.Cmd {
	first, last := m.o.Timeline.Bounds()
	if first.IsZero() {
		m.say("there is nothing to go back to yet")
		return nil
	}
	if m.cursor.mode == panes.Live && !t.Before(m.cursor.at) {
		return nil // live is the newest there is
	}
	m.cursor.seek(t, m.o.Timeline, m.o.Clock)
	switch { // another instant than was asked for is not shown without a word
	case t.Before(first):
		m.say("nothing is known before " + first.UTC().Format("15:04:05Z"))
	case m.cursor.mode == panes.Replay && t.After(last):
		m.say("the recording ends at " + last.UTC().Format("15:04:05Z"))
	}
	m.look(nil)
	return nil
}

func (m *model) openGoto(string) tea.Cmd {
	m.overlay = &prompt{
		label: "go to", hint: "03:12  03:12:40  -5m  +30s  start  end (UTC)", input: newInput(textinput.EchoNormal, 0),
		accept: func(m *model, text string) string {
			first, last := m.o.Timeline.Bounds()
			if m.cursor.mode != panes.Replay {
				last = m.o.Clock.Now()
			}
			t, problem := instant(text, m.cursor.at, first, last)
			if problem == "" {
				m.seek(t)
			}
			return problem
		},
	}
	return nil
}

func (m *model) slower(string) tea.Cmd { return m.play(m.cursor.speed - 1) }
func (m *model) faster(string) tea.Cmd { return m.play(m.cursor.speed + 1) }

func (m *model) play(speed int) tea.Cmd {
	m.cursor.speed = min(max(speed, 0), len(speeds)-1)
	m.say("speed " + strconv.FormatFloat(speeds[m.cursor.speed], 'g', -1, 64) + "x")
	return m.repace()
}

// intervals are those that + and - go through.
var intervals = [...]time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
	5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
}

func (m *model) canSetInterval() bool { return m.o.SetInterval != nil }

func (m *model) intervalUp(string) tea.Cmd {
	for _, d := range intervals {
		if d > m.interval {
			return m.setInterval(d)
		}
	}
	return nil
}

func (m *model) intervalDown(string) tea.Cmd {
	for i := len(intervals) - 1; i >= 0; i-- {
		if intervals[i] < m.interval {
			return m.setInterval(intervals[i])
		}
	}
	return nil
}

func (m *model) setInterval(d time.Duration) tea.Cmd {
	m.interval = d
	m.o.SetInterval(d)
	m.say("a reading every " + d.String())
	return m.repace()
}
