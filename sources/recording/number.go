package recording

import "math/bits"

const (
	spreads   = 12 // classes of how far a number's predictions were off of late
	topBits   = 3  // bits below the leading one that are worth learning
	sizeBits  = 6  // a residual has 1 to 64 bits
	meanSpan  = 10 // readings that the mean growth runs over
	maxAlign  = 14 // low bits that may always be 0
	alignBits = 4
)

// slot remembers one number of one source.
type slot struct {
	prev uint64
	mean int64 // mean growth per reading; after the first, how far it was off the guess
	// missPrev and missMean are how many bits the two predictions, "as before"
	// and "grown by the mean", were wrong by of late, times 16.
	missPrev, missMean uint16
	seen               uint8
	// align is one more than how many low bits never changed (pages, sectors, kB
	// of memory come in steps); 0 before the first change.
	align uint8
}

// predict returns what the number will likely be: noisy gauges and counters that
// move now and then stay as before, steady counters and clocks grow by the mean.
func (s *slot) predict() (v uint64, byMean int) {
	if s.missMean < s.missPrev {
		grown := s.mean &^ (1<<s.shift() - 1)
		return s.prev + uint64(grown), 1
	}
	return s.prev, 0
}

func (s *slot) shift() int { return max(int(s.align)-1, 0) }

// spread returns how far off predictions were of late, in classes of one bit.
func (s *slot) spread() int {
	return min(int(min(s.missPrev, s.missMean))>>4, spreads-1)
}

func (s *slot) learn(v uint64) {
	grown := int64(v - s.prev)
	s.prev = v
	switch s.seen {
	case 0:
		s.mean += grown
	case 1:
		s.mean = grown
		s.missPrev = uint16(16 * bits.Len64(zigzag(grown)))
		s.missMean = s.missPrev
	default:
		off := grown - s.mean
		s.missPrev += uint16(bits.Len64(zigzag(grown))) - s.missPrev>>4
		s.missMean += uint16(bits.Len64(zigzag(off))) - s.missMean>>4
		s.mean += off / int64(s.seen)
	}
	if s.seen < meanSpan {
		s.seen++
	}
}

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

// number holds the learnt probabilities of one field's residuals, shared by all
// sources and list elements that have the field.
type number struct {
	still [2][spreads]prob
	moved *moved // nil until the field first moves: most never do
}

type moved struct {
	aligned prob
	align   [1 << alignBits]prob
	size    [spreads][1 << sizeBits]prob
	sign    [2][1 << sizeBits]prob
	top     [1 << sizeBits][1 << topBits]prob
}

// code codes v in its slot.
func (n *number) code(c *coder, s *slot, v uint64) uint64 {
	guess, byMean := s.predict()
	v = guess + n.residual(c, s, byMean, v-guess)
	s.learn(v)
	return v
}

// residual codes a difference, as two's complement.
func (n *number) residual(c *coder, s *slot, byMean int, d uint64) uint64 {
	spread := s.spread()
	if !c.flag(&n.still[byMean][spread], d != 0) {
		return 0
	}
	if n.moved == nil {
		n.moved = new(moved)
	}
	m := n.moved
	m.alignment(c, s, d)
	d = uint64(int64(d) >> s.shift())
	abs, negative := d, int64(d) < 0
	if negative {
		abs = -d
	}
	less := uint32(bits.Len64(abs)-1) & (1<<sizeBits - 1)
	less = c.tree(m.size[spread][:], sizeBits, less)
	negative = c.flag(&m.sign[byMean][less], negative)
	abs = m.magnitude(c, int(less), abs)
	if negative {
		abs = -abs
	}
	return abs << s.shift()
}

// alignment codes how many low bits of a growth d are 0: as ever, or anew.
func (m *moved) alignment(c *coder, s *slot, d uint64) {
	zeros := min(bits.TrailingZeros64(d), maxAlign)
	if s.seen == 0 || s.align > 0 && c.flag(&m.aligned, zeros >= s.shift()) {
		return
	}
	s.align = 1 + uint8(c.tree(m.align[:], alignBits, uint32(zeros)))
}

// magnitude codes the bits below the leading one: the highest are learnt, the
// others are noise.
func (m *moved) magnitude(c *coder, less int, abs uint64) uint64 {
	learnt := min(less, topBits)
	rest := less - learnt
	top := c.tree(m.top[less][:], learnt, uint32(abs>>rest)&(1<<learnt-1))
	return (1<<learnt|uint64(top))<<rest | c.raw(abs&(1<<rest-1), rest)
}
