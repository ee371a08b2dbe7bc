package sources

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// spread is by how much the collectors of one round start apart: together
// enough that a round is one picture, apart enough that a thousand of them do
// not stand in one queue.
const spread = 500 * time.Microsecond

// Poller runs collectors side by side, each at every interval. A slow one skips
// its own rounds and holds up no other.
type Poller struct {
	stream   *Stream
	clock    Clock
	interval atomic.Int64 // ns
	changed  chan struct{}
	mu       sync.Mutex
}

// NewPoller returns a poller that publishes to the stream.
func NewPoller(s *Stream, c Clock, interval time.Duration) *Poller {
	p := &Poller{stream: s, clock: c, changed: make(chan struct{})}
	p.interval.Store(int64(interval))
	return p
}

// Interval returns the interval in force.
func (p *Poller) Interval() time.Duration { return time.Duration(p.interval.Load()) }

// SetInterval changes the interval at once, and publishes that it did.
func (p *Poller) SetInterval(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d <= 0 || d == p.Interval() {
		return
	}
	p.interval.Store(int64(d))
	p.stream.Publish(cluster.Observation{
		Taken:  p.clock.Now(),
		Source: cluster.Source{Kind: cluster.FromOperator},
		Body:   &cluster.Settings{Interval: d},
	})
	close(p.changed)
	p.changed = make(chan struct{})
}

// Run polls until ctx ends, closes the collectors and returns when all of them
// have stopped. The first round starts at once, in the order given.
func (p *Poller) Run(ctx context.Context, collectors []Collector) {
	var wg sync.WaitGroup
	for i, c := range collectors {
		wg.Go(func() { p.poll(ctx, c, time.Duration(i)*spread) })
	}
	wg.Wait()
}

func (p *Poller) poll(ctx context.Context, c Collector, offset time.Duration) {
	defer func() { _ = c.Close() }() // what could not be closed ends with the process
	if p.clock.Sleep(ctx, offset) != nil {
		return
	}
	for {
		p.publish(c.Source(), c.Collect(ctx))
		if !p.wait(ctx, offset) {
			return
		}
	}
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

// wait sleeps until the next round: the next multiple of the interval on the
// monotonic clock plus the collector's offset. Rounds that were missed are
// skipped, never caught up. A change of the interval takes effect at once.
func (p *Poller) wait(ctx context.Context, offset time.Duration) bool {
	for {
		p.mu.Lock()
		changed, every := p.changed, p.Interval()
		p.mu.Unlock()
		offset := offset % max(1, every/2)
		since := (p.clock.Mono() - offset) % every
		// A microsecond more: a timer that rounds down would run the round twice.
		t := time.NewTimer(p.clock.Real(every-since) + time.Microsecond)
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-changed:
			t.Stop()
		case <-t.C:
			return true
		}
	}
}
