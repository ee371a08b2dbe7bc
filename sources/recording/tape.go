package recording

import (
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// blockSpan is how long a block goes on, which is what one damaged byte may cost.
	// Blocks of two minutes would cost 7 % more bytes, those of five 7 % less.
	blockSpan = 3 * time.Minute
	// blockBytes ends a block early: what a seek may cost with a thousand nodes.
	blockBytes = 2 << 20
	// chunkBytes ends a chunk early, so that its memory stays small.
	chunkBytes = 256 << 10
	// stepBack is how far the wall clock must have been set back to start a block:
	// within a block, times are taken to rise.
	stepBack = time.Second
)

// store is where blocks are: in memory or in a file. Blocks are numbered from
// the first that there ever was.
type store interface {
	// blocks returns the number of the oldest block that is left, and when the
	// first observation of each was received, Unix ns.
	blocks() (first int, bases []int64)
	// chunks returns those of block n, from the from-th on. The newest block may
	// have more the next time.
	chunks(n, from int) ([]chunk, error)
	schema() *plans
}

// tape is the newest part of the stream in memory, as coded blocks: half a
// kilobyte a second for a dozen nodes. It is safe for concurrent use.
type tape struct {
	mu     sync.Mutex
	coder  *encoder
	limit  int64 // bytes; the oldest blocks go first
	first  int
	kept   []tapeBlock
	bytes  int64
	last   time.Time   // Received of the newest observation
	sink   func(chunk) // takes every sealed chunk; nil if nobody does
	wanted bool        // a new block is, at the next observation
	plans  *plans
}

type tapeBlock struct {
	base   int64
	sealed []chunk
	bytes  int64
}

func newTape(limit int64) *tape {
	e := newEncoder()
	return &tape{coder: e, limit: limit, plans: e.plans}
}

// append adds an observation that s has not folded yet: s gives the keyframe
// where a new block begins.
func (t *tape) append(o *cluster.Observation, s *cluster.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.due(o) {
		t.begin(o, s)
	}
	t.coder.add(o, false)
	t.last = o.Received
	if t.coder.size() > chunkBytes {
		t.seal()
	}
}

func (t *tape) due(o *cluster.Observation) bool {
	if len(t.kept) == 0 || t.wanted {
		return true
	}
	b := &t.kept[len(t.kept)-1]
	age := o.Received.Sub(time.Unix(0, b.base))
	return age >= blockSpan || b.bytes > blockBytes || t.last.Sub(o.Received) > stepBack
}

func (t *tape) begin(o *cluster.Observation, s *cluster.State) {
	t.seal()
	t.wanted = false
	base := o.Received.UnixNano()
	t.coder.begin(base)
	t.kept = append(t.kept, tapeBlock{base: base})
	for _, k := range s.Keyframe() {
		t.coder.add(&k, true)
		if t.coder.size() > chunkBytes {
			t.seal()
		}
	}
	t.trim()
}

// seal ends the chunk in work, if it holds anything, and hands it on.
func (t *tape) seal() {
	if len(t.kept) == 0 || t.coder.count == 0 {
		return
	}
	c := t.coder.seal()
	b := &t.kept[len(t.kept)-1]
	b.sealed = append(b.sealed, c)
	b.bytes += int64(len(c.data))
	t.bytes += int64(len(c.data))
	if t.sink != nil {
		t.sink(c)
	}
}

// trim drops the oldest blocks beyond the limit, never the newest.
func (t *tape) trim() {
	n := 0
	for ; t.bytes > t.limit && n < len(t.kept)-1; n++ {
		t.bytes -= t.kept[n].bytes
	}
	clear(t.kept[:n])
	t.kept = t.kept[n:]
	t.first += n
}

// flush seals what is there, so that readers and the file have it.
func (t *tape) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seal()
}

// restart makes the next observation begin a block.
func (t *tape) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted = true
}

// feed hands every further chunk to sink, which must not block or call back,
// from a new block on. A nil sink ends it.
func (t *tape) feed(sink func(chunk)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seal()
	t.sink, t.wanted = sink, true
}

// bounds returns when the oldest and the newest observation were received; zero
// times if there is none.
func (t *tape) bounds() (from, to time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return from, to
	}
	first := t.kept[0].base
	for _, b := range t.kept { // the clock may have been set back
		first = min(first, b.base)
	}
	return time.Unix(0, first).UTC(), t.last
}

func (t *tape) blocks() (first int, bases []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.kept {
		bases = append(bases, t.kept[i].base)
	}
	return t.first, bases
}

func (t *tape) chunks(n, from int) ([]chunk, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := n - t.first
	if i < 0 || i >= len(t.kept) {
		return nil, nil // dropped meanwhile
	}
	if i == len(t.kept)-1 {
		t.seal() // the reader wants what is in work too
	}
	list := t.kept[i].sealed
	return list[min(from, len(list)):], nil
}

func (t *tape) schema() *plans { return t.plans }
