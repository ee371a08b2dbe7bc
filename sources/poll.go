package sources

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// spread is by how much the collectors of one round start apart: together
// enough that a round is one picture, apart enough that a thousand of them do
// not stand in one queue, in which whatever else the program does would stand too.
// A round of more than fills the better part of an interval is spread over that.
const spread = 500 * time.Microsecond

// Poller runs collectors side by side, each at every interval. A slow one skips
// its own rounds and holds up no other. One that waits for its round is a timer:
// a thousand goroutines, most of them asleep, would take 10 MB.
type Poller struct {
	stream *Stream
	clock  Clock

	mu       sync.Mutex
	interval time.Duration
	turns    []*turn // of the collectors that run
}

// turn is a collector that is polled. What is not said else belongs to its round.
type turn struct {
	*Poller
	collector Collector
	collect   func() []Reading
	over      func() error // not nil once it is to end
	place, of int          // its own among those that run with it
	ended     func()

	// Guarded by the poller's mutex.
	timer *time.Timer // for the next round; nil while one runs
	armed int         // how often it was set: a late one is told by it
}

// NewPoller returns a poller that publishes to the stream.
func NewPoller(s *Stream, c Clock, interval time.Duration) *Poller {
	return &Poller{stream: s, clock: c, interval: interval}
}

// Interval returns the interval in force.
func (p *Poller) Interval() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.interval
}

// SetInterval changes the interval at once, and publishes that it did.
func (p *Poller) SetInterval(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d <= 0 || d == p.interval {
		return
	}
	p.interval = d
	p.stream.Publish(cluster.Observation{
		Taken:  p.clock.Now(),
		Source: cluster.Source{Kind: cluster.FromOperator},
		Body:   &cluster.Settings{Interval: d},
	})
	for _, t := range p.turns {
		if t.timer != nil {
			t.arm(t.due())
		}
	}
}

// Run polls until ctx ends, closes the collectors and returns when all of them
// have stopped. The first round starts at once, in the order given.
func (p *Poller) Run(ctx context.Context, collectors []Collector) {
	var wg sync.WaitGroup
	wg.Add(len(collectors))
	turns := make([]*turn, len(collectors))
	for i, c := range collectors {
		turns[i] = &turn{
			Poller: p, collector: c, collect: func() []Reading { return c.Collect(ctx) }, over: ctx.Err,
			place: i, of: len(collectors), ended: wg.Done,
		}
	}
	p.mu.Lock()
	p.turns = append(p.turns, turns...)
	for _, t := range turns {
		t.arm(p.clock.Real(t.offset()))
	}
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		for _, t := range turns {
			t.cancel()
		}
	})
	defer stop()
	wg.Wait()
}

// Hurry has the collectors whose source matches run their round now, where none runs
// already. Their next ones come when they would have.
func (p *Poller) Hurry(match func(cluster.Source) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.turns {
		if t.timer != nil && match(t.collector.Source()) {
			t.arm(0)
		}
	}
}

// cancel ends a collector that waits. One that does not will see for itself that
// it is over.
func (t *turn) cancel() {
	t.mu.Lock()
	waits := t.timer != nil
	t.disarm()
	t.mu.Unlock()
	if waits {
		t.end()
	}
}

// arm sets when the next round is, in real time from now. The poller is locked.
func (t *turn) arm(in time.Duration) {
	t.disarm()
	armed := t.armed
	t.timer = time.AfterFunc(in, func() { t.round(armed) })
}

// disarm makes a round that was due be none, even one that has just begun and
// waits for the lock. The poller is locked.
func (t *turn) disarm() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	t.armed++
}

// round collects once and sets the next round.
func (t *turn) round(armed int) {
	t.mu.Lock()
	if armed != t.armed {
		t.mu.Unlock()
		return
	}
	t.disarm()
	t.mu.Unlock()
	if t.over() == nil {
		t.publish(t.collector.Source(), t.collect())
	}
	t.mu.Lock()
	over := t.over() != nil
	if !over {
		t.arm(t.due())
	}
	t.mu.Unlock()
	if over {
		t.end()
	}
}

func (t *turn) end() {
	t.mu.Lock()
	t.turns = slices.DeleteFunc(t.turns, func(o *turn) bool { return o == t })
	t.mu.Unlock()
	_ = t.collector.Close() // what could not be closed ends with the process
	t.ended()
}

// offset returns by how much its rounds start after those of the first. The poller
// is locked.
func (t *turn) offset() time.Duration {
	return time.Duration(t.place) * min(spread, t.interval*4/5/time.Duration(t.of))
}

// due returns how long it is in real time to the next round: the next multiple of
// the interval on the monotonic clock plus the collector's offset. Rounds that
// were missed are skipped, never caught up. The poller is locked.
func (t *turn) due() time.Duration {
	since := (t.clock.Mono() - t.offset()) % t.interval
	// A microsecond more: a timer that rounds down would run the round twice.
	return t.clock.Real(t.interval-since) + time.Microsecond
}

func (p *Poller) publish(src cluster.Source, readings []Reading) {
	for _, r := range readings {
		p.Publish(src, r)
	}
}

// Publish puts a reading on the stream that came outside of a round.
func (p *Poller) Publish(src cluster.Source, r Reading) {
	p.stream.Publish(cluster.Observation{
		Taken: r.Taken, Took: r.Took, Source: src, Err: r.Err, Body: r.Body,
	})
}
