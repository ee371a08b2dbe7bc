package recording

import (
	"sync"
	"time"
)

// Hole is a stretch of a recording that can't be read: of a block that is damaged,
// all from the damage on. A torn end is none.
type Hole struct {
	Bytes int64
	// From is when the last observation before it was received, or where there is
	// none, when the recording was begun; To when the first after it was, zero where
	// nothing after it can be read.
	From, To time.Time
}

// lostBytes are bytes that can't be read after a block, by its place in the index; -1
// is before the first.
type lostBytes struct {
	after int
	bytes int64
}

// holes keeps what was found out of the holes, since telling when one begins takes the
// reading of a block.
type holes struct {
	mu   sync.Mutex
	from map[int]time.Time // by lostBytes.after
}

// Holes returns what can't be read but for a torn end, in the order of the file.
func (f *File) Holes() []Hole {
	f.mu.Lock()
	lost := append([]lostBytes(nil), f.lost...)
	if last := len(f.index) - 1; f.spoilt > 0 {
		if n := len(lost); n > 0 && lost[n-1].after == last {
			lost[n-1].bytes += f.spoilt
		} else {
			lost = append(lost, lostBytes{last, f.spoilt})
		}
	}
	f.mu.Unlock()
	if len(lost) == 0 {
		return nil
	}
	_, bases := f.blocks()
	list := make([]Hole, 0, len(lost))
	for _, l := range lost {
		h := Hole{Bytes: l.bytes, From: f.endOf(l.after)}
		if next := l.after + 1; next < len(bases) {
			h.To = time.Unix(0, bases[next]).UTC()
		}
		list = append(list, h)
	}
	return list
}

// endOf returns when the last observation of a damaged block was received that can
// be read.
func (f *File) endOf(block int) time.Time {
	if block < 0 {
		return f.header.Created.UTC()
	}
	f.holes.mu.Lock()
	defer f.holes.mu.Unlock()
	if at, known := f.holes.from[block]; known {
		return at
	}
	c := newCursor(f, block)
	at := time.Unix(0, f.baseOf(block)).UTC()
	for {
		i, ok, err := c.next()
		if err != nil || !ok || i.block != block {
			break
		}
		at = i.observation.Received
	}
	if f.holes.from == nil {
		f.holes.from = map[int]time.Time{}
	}
	f.holes.from[block] = at
	return at
}

func (f *File) baseOf(block int) int64 {
	_, bases := f.blocks()
	return bases[block]
}
