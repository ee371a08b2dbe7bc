package sources

import (
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// stepLimit is how far wall and monotonic clock may drift apart between two
// observations before it counts as a step of the wall clock: NTP slews 0.5 ms/s.
const stepLimit = 500 * time.Millisecond

// underWay is how long an observation may be under way, at most.
const underWay = time.Minute

// Stream orders what is observed and hands it to every reader. Publishing never
// blocks: a reader whose queue is full loses observations, and a Gap tells
// everyone how many.
type Stream struct {
	clock Clock

	mu      sync.Mutex
	seq     uint64
	drift   time.Duration // wall less monotonic at the last observation
	step    time.Duration // the newest step of the wall clock; 0 for none
	stepped time.Duration // monotonic, when it was noticed
	readers []*Reader
	closed  bool
}

// Reader is one reader of a stream. It must drain C until C is closed.
type Reader struct {
	C    <-chan cluster.Observation
	c    chan cluster.Observation
	name cluster.Text
	lost uint64
}

// NewStream returns a stream that stamps with the given clock.
func NewStream(c Clock) *Stream {
	s := &Stream{clock: c}
	s.drift = s.wallLessMono(c.Now(), c.Mono())
	return s
}

// Subscribe adds a reader with room for capacity observations. It gets what is
// published from now on.
func (s *Stream) Subscribe(name string, capacity int) *Reader {
	c := make(chan cluster.Observation, capacity)
	r := &Reader{C: c, c: c, name: cluster.Clean(name)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		close(c)
		return r
	}
	s.readers = append(s.readers, r)
	return r
}

// Publish stamps o with its place and time in the stream and hands it out.
// After Close it does nothing.
func (s *Stream) Publish(o cluster.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now, mono := s.clock.Now(), s.clock.Mono()
	if drift := s.wallLessMono(now, mono); (drift - s.drift).Abs() > stepLimit {
		s.step, s.stepped = drift-s.drift, mono
		s.hand(own(&cluster.ClockStep{By: s.step}, now), now, mono)
		s.drift = drift
	} else {
		s.drift = drift // follow a slew, so that only a jump counts
	}
	for _, r := range s.readers {
		if r.lost > 0 && len(r.c) < cap(r.c) {
			gap := &cluster.Gap{Reader: r.name, Lost: r.lost}
			r.lost = 0
			s.hand(own(gap, now), now, mono)
		}
	}
	s.hand(s.dated(o, now, mono), now, mono)
}

// dated returns an observation that was under way when the clock was set with the time
// by the new one. It may have been taken by either, and by the right one it is young.
func (s *Stream) dated(o cluster.Observation, now time.Time, mono time.Duration) cluster.Observation {
	if s.step == 0 || mono-s.stepped > underWay || o.Taken.IsZero() {
		return o
	}
	if moved := o.Taken.Add(s.step); now.Sub(moved).Abs() < now.Sub(o.Taken).Abs() {
		o.Taken = moved
	}
	return o
}

// Close ends every reader's channel.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	for _, r := range s.readers {
		close(r.c)
	}
}

func (s *Stream) hand(o cluster.Observation, now time.Time, mono time.Duration) {
	s.seq++
	o.Seq, o.Received, o.Mono = s.seq, now, mono
	for _, r := range s.readers {
		select {
		case r.c <- o:
		default:
			r.lost++
		}
	}
}

// wallLessMono is constant while nobody sets the wall clock. A scaled clock has
// no wall of its own, so it never steps.
func (s *Stream) wallLessMono(wall time.Time, mono time.Duration) time.Duration {
	return time.Duration(wall.UnixNano()) - mono
}

func own(b cluster.Body, at time.Time) cluster.Observation {
	return cluster.Observation{Taken: at, Source: cluster.Source{Kind: cluster.FromMonitor}, Body: b}
}
