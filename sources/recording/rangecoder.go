package recording

import "errors"

// errOverrun says that a chunk holds less than it claims.
var errOverrun = errors.New("the data of a chunk ends too early")

const (
	rangeTop  = 1 << 24 // below this the range is widened by a byte
	tailBytes = 4       // what the coder reads ahead; zeros there are not written
	rateShift = 5       // a probability moves by at least 1/2^rateShift of the way
)

// prob is an adaptive probability. The zero value is an even chance that has
// seen nothing; the first bits move it fast, as a count would.
type prob struct {
	offset int16 // of the chance of a 0, from one half, in 1/65536
	seen   uint8
}

func (p *prob) zero() uint32 { return uint32(int32(p.offset) + 1<<15) }

func (p *prob) learn(bit uint32) {
	way := -(int32(p.offset) + 1<<15) // to no chance of a 0
	if bit == 0 {
		way += 1 << 16
	}
	if p.seen < 1<<rateShift-2 {
		p.seen++
		way /= int32(p.seen) + 1
	} else {
		way >>= rateShift
	}
	p.offset = int16(min(max(int32(p.offset)+way, 1-1<<15), 1<<15-1))
}

// coder is an adaptive binary range coder (Martin, 1979; with the carry
// as in LZMA). Both directions go through the same calls: what is passed in is
// written when encoding and ignored when decoding, and what was coded comes
// back, so that one walk over a body serves both and can't disagree with itself.
type coder struct {
	decoding bool
	rng      uint32

	out     []byte // encoder
	low     uint64
	pending int // bytes 0xff that wait for a carry
	cache   byte
	begun   bool // the first byte is always 0 and not written

	in   []byte // decoder
	at   int
	code uint32
}

// encode makes c ready to write one chunk into buf's memory.
func (c *coder) encode(buf []byte) {
	*c = coder{rng: 1<<32 - 1, out: buf[:0]}
}

// decode makes c ready to read one chunk.
func (c *coder) decode(in []byte) {
	*c = coder{decoding: true, rng: 1<<32 - 1, in: in}
	for range tailBytes {
		c.code = c.code<<8 | uint32(c.next())
	}
}

// overrun tells whether more was read than an encoder can have written.
func (c *coder) overrun() bool { return c.at > len(c.in)+tailBytes }

func (c *coder) next() byte {
	c.at++
	if c.at <= len(c.in) {
		return c.in[c.at-1]
	}
	return 0
}

// bit codes one bit with an adaptive probability.
func (c *coder) bit(p *prob, bit uint32) uint32 {
	bound := (c.rng >> 16) * p.zero()
	if c.decoding {
		bit = 0
		if c.code >= bound {
			bit = 1
			c.code -= bound
		}
	} else if bit != 0 {
		c.low += uint64(bound)
	}
	if bit == 0 {
		c.rng = bound
	} else {
		c.rng -= bound
	}
	p.learn(bit)
	c.normalise()
	return bit
}

// flag codes a boolean with an adaptive probability.
func (c *coder) flag(p *prob, v bool) bool {
	var b uint32
	if v {
		b = 1
	}
	return c.bit(p, b) == 1
}

// tree codes a symbol of the given number of bits, highest first, each bit with
// a probability of its own for what came before it. It takes 1<<bits of probs.
func (c *coder) tree(probs []prob, bits int, symbol uint32) uint32 {
	node := uint32(1)
	for i := bits - 1; i >= 0; i-- {
		node = node<<1 | c.bit(&probs[node], symbol>>i&1)
	}
	return node - 1<<bits
}

// raw codes the lowest bits of v as they are, all values being as likely.
func (c *coder) raw(v uint64, bits int) uint64 {
	const most = 14 // keeps the range above 2^(24-14)
	var got uint64
	for bits > 0 {
		n := min(bits, most)
		bits -= n
		part := uint32(v>>bits) & (1<<n - 1)
		c.rng >>= n
		if c.decoding {
			part = min(c.code/c.rng, 1<<n-1)
			c.code -= part * c.rng
		} else {
			c.low += uint64(part) * uint64(c.rng)
		}
		got = got<<n | uint64(part)
		c.normalise()
	}
	return got
}

func (c *coder) normalise() {
	for c.rng < rangeTop {
		c.rng <<= 8
		if c.decoding {
			c.code = c.code<<8 | uint32(c.next())
		} else {
			c.shift()
		}
	}
}

// shift moves the top byte of low to the output, once no carry can reach it.
func (c *coder) shift() {
	carry := byte(c.low >> 32)
	if uint32(c.low) < 0xff000000 || carry != 0 {
		if c.begun {
			c.out = append(c.out, c.cache+carry)
		}
		c.begun = true
		for ; c.pending > 0; c.pending-- {
			c.out = append(c.out, 0xff+carry)
		}
		c.cache = byte(c.low >> 24)
	} else {
		c.pending++
	}
	c.low = c.low << 8 & (1<<32 - 1)
}

// finish ends the chunk with as few bytes as tell it from others: any value in
// [low, low+rng) does, so the one with the most zeros at its end.
func (c *coder) finish() []byte {
	c.low = (c.low + rangeTop - 1) &^ (rangeTop - 1)
	for range tailBytes + 1 {
		c.shift()
	}
	n := len(c.out)
	for i := 0; i < tailBytes && n > 0 && c.out[n-1] == 0; i++ {
		n--
	}
	return c.out[:n]
}
