package demo

import (
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// sim is the world under a lock, kept at the clock's time.
type sim struct {
	clock sources.Clock
	mono  time.Duration // the clock's, at time 0 of the world
	wall  time.Time     // likewise

	mu    sync.Mutex
	world *physics.World
}

func newSim(clock sources.Clock, w *physics.World) *sim {
	return &sim{clock: clock, mono: clock.Mono(), wall: clock.Now(), world: w}
}

// with brings the world to now and lets f use it. f must not block.
func (s *sim) with(f func(w *physics.World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.Advance(s.clock.Mono() - s.mono)
	f(s.world)
}

// at returns the wall time of an instant of the world.
func (s *sim) at(t time.Duration) time.Time { return s.wall.Add(t) }
