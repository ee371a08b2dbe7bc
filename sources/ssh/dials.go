package ssh

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// maxRunning is how many hosts at once are in a part of connecting that costs
	// something: the monitor's own processor, at most times.
	maxRunning = 4
	// maxOneWay is how many connect at once by the same way, however long it takes
	// them: sshd drops connections from the tenth on that has not logged in
	// (MaxStartups), and a jump host has that in common for all behind it.
	maxOneWay = 8
	// lendAfter is how long one waits for its host before another may run instead:
	// longer than the round trip on a far link, and as short as many dead hosts ask
	// for, which come before a healthy one by fours.
	lendAfter = 500 * time.Millisecond
	// passAfter is the same for a child, which does not tell what it waits for:
	// starting it is most of what it costs.
	passAfter = time.Second
)

// queueWithin is how long to wait for others that go the same way: one that does
// not answer is told as that, before whoever waits for the host gives up.
const queueWithin = 20 * time.Second

// dials bounds how many hosts connect at once, so that those that don't answer
// hold back nobody.
type dials struct {
	running turns
	mu      sync.Mutex
	ways    map[string]limiter
}

func newDials() *dials {
	return &dials{running: turns{free: maxRunning}, ways: map[string]limiter{}}
}

// begin waits until one more host may connect by a way. The caller ends it.
func (d *dials) begin(ctx context.Context, way string) (*dial, error) {
	d.mu.Lock()
	oneWay := d.ways[way]
	if oneWay == nil {
		oneWay = make(limiter, maxOneWay)
		d.ways[way] = oneWay
	}
	d.mu.Unlock()
	queue, cancel := context.WithTimeout(ctx, queueWithin)
	err := oneWay.acquire(queue)
	cancel()
	if err != nil {
		return nil, cluster.Fail(cluster.FailConnecting, "waiting for other hosts to connect first by the same jump host or ProxyCommand",
			"no more than 8 do so at once, since sshd drops others (MaxStartups): does it answer?")
	}
	if err := d.running.acquire(ctx, false); err != nil {
		oneWay.release()
		return nil, err
	}
	return &dial{running: &d.running, way: oneWay, held: true}, nil
}

// dial is one host's place among those that connect. It is lent to another while
// it is waited for the host.
type dial struct {
	running *turns
	way     limiter

	mu      sync.Mutex
	held    bool // it is not lent
	waiting bool // for the host
	over    bool // ended
}

// wait runs f, which waits for the host, and returns when the place is held again
// after that. An error is that ctx ended before.
func (p *dial) wait(ctx context.Context, f func()) error {
	p.mu.Lock()
	p.waiting = true
	p.mu.Unlock()
	late := time.AfterFunc(lendAfter, p.lend)
	f()
	late.Stop()
	p.mu.Lock()
	p.waiting = false
	back := p.held || p.over
	p.mu.Unlock()
	if back {
		return nil
	}
	// Before those that have yet to begin: its host has answered.
	if err := p.running.acquire(ctx, true); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		p.running.release()
		return nil
	}
	p.held = true
	return nil
}

// lend lets another run for as long as this one waits.
func (p *dial) lend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting {
		p.pass()
	}
}

// give lets another run for good.
func (p *dial) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
}

// pass is called with the lock held.
func (p *dial) pass() {
	if p.held {
		p.held = false
		p.running.release()
	}
}

// end gives all back; a second time does nothing.
func (p *dial) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
	if !p.over {
		p.over = true
		p.way.release()
	}
}

// turns lets so many through at once, in the order in which they come, but those
// first that go on with what they had begun.
type turns struct {
	mu    sync.Mutex
	free  int
	again []chan struct{} // closed for whoever gets the turn
	begin []chan struct{}
}

// acquire waits for a turn, which the caller gives back by release.
func (t *turns) acquire(ctx context.Context, again bool) error {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return nil
	}
	line := &t.begin
	if again {
		line = &t.again
	}
	mine := make(chan struct{})
	*line = append(*line, mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range *line {
		if c == mine {
			*line = append((*line)[:i], (*line)[i+1:]...)
			return queued()
		}
	}
	t.next() // it was given at the same moment
	return queued()
}

func (t *turns) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next is called with the lock held.
func (t *turns) next() {
	for _, line := range []*[]chan struct{}{&t.again, &t.begin} {
		if len(*line) > 0 {
			close((*line)[0])
			*line = (*line)[1:]
			return
		}
	}
	t.free++
}

// queued is the failure of one that did not come so far as to connect.
func queued() error {
	return cluster.Fail(cluster.FailConnecting, "waiting for other hosts to connect first", "")
}
