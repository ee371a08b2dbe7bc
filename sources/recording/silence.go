package recording

import (
	"math/bits"
	"slices"
)

// order codes which of many sources, known by number, comes next. All ask at a
// rate of their own, so the next one is near the one that was silent longest but
// for the slower ones, which are as many from one reading to the next.
type order struct {
	silent []int32 // the sources, the one silent longest first
	guess  slot    // prev is which of them is next, give or take
}

func (o *order) reset() { o.silent, o.guess = o.silent[:0], slot{} }

// code codes the number of a source. One that is as many as there were is new;
// beyond it is what only a damaged file has.
func (o *order) code(c *coder, m *model, n uint64) uint64 {
	at := len(o.silent)
	if !c.decoding {
		if i := slices.Index(o.silent, int32(n)); i >= 0 {
			at = i
		}
	}
	g := &o.guess
	off := m.residual(c, g, 0, uint64(at)-g.prev)
	place := g.prev + off
	o.learn(int64(off))
	if place > uint64(len(o.silent)) {
		return place
	}
	at = int(place)
	if at == len(o.silent) {
		o.silent = append(o.silent, int32(at))
		return place
	}
	next := o.silent[at]
	copy(o.silent[at:], o.silent[at+1:])
	o.silent[len(o.silent)-1] = next
	return uint64(next)
}

// learn follows by one at a time: a slow source that comes is no reason to take
// the next for a slow one.
func (o *order) learn(off int64) {
	g := &o.guess
	g.missPrev += uint16(bits.Len64(zigzag(off))) - g.missPrev>>4
	g.missMean = g.missPrev
	g.seen = 1
	switch {
	case off > 0:
		g.prev++
	case off < 0:
		g.prev--
	}
}
