package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The screen is drawn once per interval, when the round of readings is in, and
// for each key; between ticks nothing moves, not even the clock. While the
// first rounds come in it is drawn soon after each change, for the first lag to
// be seen at once. Pacing is in real time: it is about eyes and terminals.
const (
	// roundTakes is how long after the first change of a round the screen is
	// drawn: the slower answers of the same round are in by then.
	roundTakes = 150 * time.Millisecond
	soonAtMost = 200 * time.Millisecond
	// leastPeriod bounds the draws of a fast clock or replay.
	leastPeriod = 200 * time.Millisecond
)

// pace is when the screen is drawn without a key.
type pace struct {
	gen     int // ticks of an older generation are void
	due     time.Time
	drawn   time.Time // of the last tick or change
	first   time.Time // change since the pace was last open
	last    time.Time // change
	locked  bool      // to the rounds of readings
	waiting bool      // a draw is due soon
	delay   time.Duration
}

type (
	tickMsg struct {
		gen  int
		at   time.Time
		snap *cluster.Snapshot // what there was at it; nil if that is not gathered yet
	}
	changedMsg time.Time
	soonMsg    time.Time
)

// after returns a command that waits for d of real time, or for the end.
func (m *model) after(d time.Duration, msg func(time.Time) tea.Msg) tea.Cmd {
	return guarded(func() tea.Msg {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case now := <-t.C:
			return msg(now)
		case <-m.ctx.Done():
			return nil
		}
	})
}

// period is the real time between draws.
func (m *model) period() time.Duration {
	d := m.o.Clock.Real(m.interval)
	if m.o.Replay {
		d = time.Duration(float64(m.interval) / speeds[m.cursor.speed])
	}
	return min(max(d, leastPeriod), time.Minute)
}

// nextTick returns the command of the next tick. What there is then is gathered
// beside the loop, which is free for keys meanwhile: of a thousand replicas that
// takes longer than to draw it.
func (m *model) nextTick() tea.Cmd {
	gen, d := m.pace.gen, m.period()
	if !m.pace.due.IsZero() {
		d = m.pace.due.Sub(m.pace.drawn)
	}
	live, timeline, now := m.cursor.mode == panes.Live, m.o.Timeline, m.o.Clock.Now
	return m.after(d, func(at time.Time) tea.Msg {
		t := tickMsg{gen: gen, at: at}
		if live {
			t.snap = timeline.Latest(now)
		}
		return t
	})
}

// tick moves on by one interval.
func (m *model) tick(t tickMsg) tea.Cmd {
	if t.gen != m.pace.gen {
		return nil
	}
	m.shift(t.at, t.snap)
	if m.pace.due.IsZero() {
		m.pace.due = t.at
	}
	m.pace.due = m.pace.due.Add(m.period())
	if m.pace.due.Before(t.at) { // late, or suspended: skip, never catch up
		m.pace.due = t.at.Add(m.period())
	}
	return m.nextTick()
}

// shift moves the screen on to the real time at, for which snap was gathered, or nil.
func (m *model) shift(at time.Time, snap *cluster.Snapshot) {
	var elapsed time.Duration
	if !m.pace.drawn.IsZero() {
		elapsed = min(at.Sub(m.pace.drawn), 2*m.period()) // a replay doesn't jump over a suspension
	}
	m.pace.drawn = at
	m.advance(elapsed, snap)
}

func (m *model) waitChanged() tea.Cmd {
	if m.o.Changed == nil {
		return nil
	}
	return guarded(func() tea.Msg {
		select {
		case <-m.o.Changed:
			return changedMsg(time.Now())
		case <-m.ctx.Done():
			return nil
		}
	})
}

// changed draws soon, until the beginning of a round shows: a change after a
// silence. From there on ticks follow the rounds, and the signal is left alone.
func (m *model) changed(at time.Time) tea.Cmd {
	if m.o.Replay { // the instant shown is the same, but more is known of before it
		m.look(nil)
		return m.waitChanged()
	}
	p, period := &m.pace, m.period()
	if p.first.IsZero() {
		p.first, p.last, p.delay = at, at, soonAtMost/10
		m.shift(at, nil)
		return m.waitChanged()
	}
	silence := at.Sub(p.last)
	p.last = at
	if silence > period*2/5 || at.Sub(p.first) > 3*period {
		p.locked = true
		p.gen++
		p.due = at.Add(min(roundTakes, period/2))
		p.drawn = at
		return m.nextTick()
	}
	if p.waiting {
		return m.waitChanged()
	}
	p.waiting = true
	d := p.delay
	p.delay = min(2*p.delay, soonAtMost)
	return tea.Batch(m.waitChanged(), m.after(d, func(at time.Time) tea.Msg { return soonMsg(at) }))
}

func (m *model) soon(at time.Time) tea.Cmd {
	m.pace.waiting = false
	m.shift(at, nil)
	return nil
}

// repace follows a new interval: ticks at once, and anew to the rounds.
func (m *model) repace() tea.Cmd {
	p := &m.pace
	p.gen++
	p.due = time.Time{}
	if !p.locked {
		return m.nextTick()
	}
	p.locked, p.first = false, time.Time{}
	return tea.Batch(m.nextTick(), m.waitChanged())
}
