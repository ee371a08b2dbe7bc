package tui

import (
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Timeline is what is known of the cluster as of any instant, from the stream
// while it runs or from a recording. It is safe for use beside its writer.
type Timeline interface {
	// Bounds returns the instants of the first and of the newest observation;
	// zero times while there is none.
	Bounds() (first, last time.Time)
	// At returns what was known as of t. It may return nil where nothing was.
	At(t time.Time) *cluster.Snapshot
	// Latest returns what is known now, by a clock. It may return nil where
	// nothing is.
	Latest(now func() time.Time) *cluster.Snapshot
}

// Clock is the process' source of time, as sources.Clock.
type Clock interface {
	Now() time.Time
	Real(d time.Duration) time.Duration // how long d of this clock's time lasts in real time
	Speed() float64
}

// speeds are those that a replay can be played at.
var speeds = [...]float64{0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}

const realSpeed = 2 // index of 1 in speeds

// cursor is the instant that the screen shows.
type cursor struct {
	mode    panes.Mode
	at      time.Time
	playing bool // replay: moves on
	speed   int  // index in speeds
	edge    time.Time
}

// advance moves the cursor by the real time elapsed since it was last moved,
// to what there is now. It tells whether the instant shown has changed.
func (c *cursor) advance(tl Timeline, clock Clock, elapsed time.Duration) bool {
	switch c.mode {
	case panes.Paused:
		c.edge = clock.Now()
		return false
	case panes.Replay:
		return c.play(tl, elapsed)
	case panes.Live:
		fallthrough
	default:
		c.at = clock.Now()
		return true
	}
}

func (c *cursor) play(tl Timeline, elapsed time.Duration) bool {
	was := c.at
	first, last := tl.Bounds()
	c.edge = last
	if c.at.IsZero() {
		c.at = first
	}
	if c.playing {
		c.at = c.at.Add(time.Duration(float64(elapsed) * speeds[c.speed]))
	}
	if !c.at.Before(last) {
		c.at, c.playing = last, false
	}
	return !c.at.Equal(was)
}

// pause holds the instant shown.
func (c *cursor) pause(clock Clock) {
	if c.mode == panes.Live {
		c.mode, c.edge = panes.Paused, clock.Now()
	}
	c.playing = false
}

// seek goes to t, as far as there is something. Going past the newest instant
// of a live cluster is going live.
func (c *cursor) seek(t time.Time, tl Timeline, clock Clock) {
	c.pause(clock)
	first, last := tl.Bounds()
	if c.mode == panes.Paused {
		last = clock.Now()
	}
	c.edge = last
	switch {
	case t.Before(first):
		t = first
	case !t.Before(last):
		t = last
		if c.mode == panes.Paused {
			c.mode, c.edge = panes.Live, time.Time{}
		}
	}
	c.at = t
}

// live goes on from the newest instant.
func (c *cursor) live(clock Clock) { c.mode, c.at, c.edge = panes.Live, clock.Now(), time.Time{} }

// rate is how many times faster than real time the shown instant moves.
func (c *cursor) rate(clock Clock) float64 {
	switch {
	case c.mode != panes.Replay:
		return clock.Speed()
	case c.playing:
		return speeds[c.speed]
	}
	return 0
}
