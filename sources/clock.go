package sources

import (
	"context"
	"time"
)

// Clock is the process' one source of time for intervals, holds and timestamps.
// A demo at --speed X injects one that runs X times faster; deadlines of I/O are
// real time always, since a socket knows no other.
type Clock interface {
	Now() time.Time                                   // wall clock
	Mono() time.Duration                              // monotonic, since the clock was made
	Sleep(ctx context.Context, d time.Duration) error // d of this clock's time; ctx.Err() if ctx ends first
	Real(d time.Duration) time.Duration               // how long d of this clock's time lasts in real time
	Speed() float64
}

type clock struct {
	wall  time.Time // wall time at start; without monotonic reading
	start time.Time
	speed float64
}

// NewClock returns a clock that starts now and runs speed times as fast as real
// time. At speed 1 Now is the system's wall clock, steps included.
func NewClock(speed float64) Clock {
	now := time.Now()
	return &clock{wall: now.Round(0), start: now, speed: speed}
}

func (c *clock) Now() time.Time {
	if c.speed == 1 {
		return time.Now().Round(0)
	}
	return c.wall.Add(c.Mono())
}

func (c *clock) Mono() time.Duration {
	return time.Duration(float64(time.Since(c.start)) * c.speed)
}

func (c *clock) Real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

func (c *clock) Speed() float64 { return c.speed }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(c.Real(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
