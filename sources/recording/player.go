package recording

import (
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// player rebuilds what was known at an instant from the blocks of a store, by
// the very folds that ran as it happened. Moving on is cheap, moving back or far
// costs a seek. It is safe for concurrent use.
type player struct {
	mu      sync.Mutex
	store   store
	options cluster.HistoryOptions // Raw is how much of the past a seek reads

	cursor  *cursor
	state   *cluster.State
	history *cluster.History
	at      time.Time
	ahead   *item // read, but received after at
	seeking bool  // until the target's block is reached
	mark    *mark // where steps back start from; nil after moving on
}

// mark is how things stood at the start of a block, and what was read since: a
// step back within the block then takes no seek.
type mark struct {
	block   int
	state   *cluster.State
	history *cluster.History
	items   []item
	next    int // index in items of what comes next; their length when the cursor is to be asked
}

func newPlayer(s store, o cluster.HistoryOptions) *player {
	if o.Raw <= 0 {
		o.Raw = 15 * time.Minute
	}
	return &player{store: s, options: o}
}

// forget lets go of all that was read: megabytes, after a look at the past.
func (p *player) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cursor, p.state, p.history, p.ahead, p.mark = nil, nil, nil, nil, nil
}

// play brings the state to an instant: all that was received until then is in
// it, and nothing else.
func (p *player) play(at time.Time) (*cluster.State, *cluster.History, error) {
	first, bases := p.store.blocks()
	if len(bases) == 0 {
		return cluster.NewState(), cluster.NewHistory(p.options), nil
	}
	target := blockAt(bases, at.UnixNano())
	from := p.windowStart(bases, target, at)
	switch {
	case p.cursor != nil && !at.Before(p.at) && p.cursor.block <= first+target && p.cursor.block >= first+from:
	case p.mark != nil && p.mark.block == first+target:
		p.back()
	default:
		p.cursor, p.ahead, p.mark = newCursor(p.store, first+from), nil, nil
		p.state, p.history = cluster.NewState(), cluster.NewHistory(p.options)
		p.seeking = true
	}
	p.at = at
	err := p.advance(first+target, at)
	p.seeking = false
	return p.state, p.history, err
}

// back returns to the mark.
func (p *player) back() {
	p.state, p.history = p.mark.state.Clone(), p.mark.history.Clone()
	p.mark.next, p.ahead = 0, nil
}

// read returns what comes next, and remembers what comes after the mark.
func (p *player) read() (*item, error) {
	if m := p.mark; m != nil && m.next < len(m.items) {
		m.next++
		return &m.items[m.next-1], nil
	}
	i, ok, err := p.cursor.next()
	if err != nil || !ok {
		return nil, err
	}
	switch {
	case p.mark == nil:
	case p.mark.block == i.block:
		p.mark.items = append(p.mark.items, i)
		p.mark.next = len(p.mark.items)
	default:
		p.mark = nil // moved on
	}
	return &i, nil
}

// windowStart returns the block to begin with so that the history is whole for
// as long as it keeps every point. It never goes back over a step of the clock.
func (p *player) windowStart(bases []int64, target int, at time.Time) int {
	oldest := at.Add(-p.options.Raw).UnixNano()
	i := target
	for i > 0 && bases[i] > oldest && bases[i-1] <= bases[i] {
		i--
	}
	return i
}

// advance folds what comes until at. Blocks before the target belong to the past
// as a whole, whatever the wall clock said in them.
func (p *player) advance(target int, at time.Time) error {
	for {
		if p.ahead == nil {
			i, err := p.read()
			if err != nil || i == nil {
				return err
			}
			p.ahead = i
		}
		i := p.ahead
		if p.seeking && i.block == target {
			p.mark = &mark{block: target, state: p.state.Clone(), history: p.history.Clone(), items: []item{*i}, next: 1}
			p.seeking = false
		}
		if i.block > target || i.block == target && i.observation.Received.After(at) {
			return nil
		}
		p.ahead = nil
		if i.keyframe != nil {
			p.rebuild(i.keyframe)
		}
		p.state.Apply(i.observation)
		p.history.Apply(i.observation, p.state)
	}
}

// rebuild takes the state from a keyframe. What it repeats is in the history
// already, or older than all of it.
func (p *player) rebuild(keyframe []*cluster.Observation) {
	p.state = recalled(keyframe)
}

// recalled returns the state that a keyframe tells of.
func recalled(keyframe []*cluster.Observation) *cluster.State {
	s := cluster.NewState()
	for _, o := range keyframe {
		s.Apply(o)
	}
	return s
}

// snapshot returns what was known at an instant.
func (p *player) snapshot(at time.Time) (*cluster.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, h, err := p.play(at)
	return s.Snapshot(at, h), err
}
