package recording

import (
	"bytes"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Limits of a chunk. What is read must be allowed for in memory; what is written
// stays far below.
const (
	maxChunk        = 16 << 20 // bytes
	maxObservations = 1 << 18
)

// chunk is a piece of a block, about a second of it. It is decoded after those
// before it in the same block.
type chunk struct {
	start bool  // opens a block
	base  int64 // of one that does: when its first observation was received, Unix ns
	count int   // observations in it
	data  []byte
}

// encoder writes blocks.
type encoder struct {
	envelope

	base  int64
	start bool // the next chunk opens the block
	count int  // observations in the chunk so far
	spare []byte
}

func newEncoder() *encoder {
	e := &encoder{envelope: envelope{plans: bind(Schema()), index: map[trackKey]int{}}}
	e.places = map[string]int32{}
	e.open(0)
	return e
}

// begin starts a new block. The chunk in work must have been sealed.
func (e *encoder) begin(base int64) {
	e.open(base)
	e.encode(e.spare)
	e.base, e.start, e.count = base, true, 0
}

// add appends an observation to the chunk.
func (e *encoder) add(o *cluster.Observation, key bool) {
	copied := *o // coding writes back what it coded
	e.code(&copied, key)
	e.count++
}

// size returns how many bytes the chunk has so far.
func (e *encoder) size() int { return len(e.out) }

// seal ends the chunk and starts the next of the same block.
func (e *encoder) seal() chunk {
	data := e.finish()
	c := chunk{start: e.start, base: e.base, count: e.count, data: bytes.Clone(data)}
	e.spare = data
	e.encode(e.spare)
	e.start, e.count = false, 0
	return c
}

// decoder reads blocks, chunk by chunk.
type decoder struct {
	envelope

	left    int               // observations in the chunk
	skipped map[string]uint64 // by the kinds that this version does not know
}

func newDecoder(ps *plans) *decoder {
	return &decoder{envelope: envelope{plans: ps}, skipped: map[string]uint64{}}
}

// load readies a chunk. The first must open a block.
func (d *decoder) load(c chunk) {
	if c.start {
		d.open(c.base)
	}
	d.decode(c.data)
	d.left = c.count
}

// next returns the next observation of the chunk, nil at its end. key tells
// whether it belongs to the keyframe. After an error the block is lost.
func (d *decoder) next() (o *cluster.Observation, key bool, err error) {
	for d.left > 0 {
		d.left--
		o = new(cluster.Observation)
		t, key := d.code(o, false)
		if d.err != nil {
			return nil, false, d.err
		}
		if t.kind > 0 && o.Body == nil {
			d.skipped[d.plans.kinds[t.kind-1].name]++
			continue
		}
		if int(o.Source.Kind) >= cluster.NumSourceKinds {
			d.skipped[o.Source.Kind.String()]++
			continue
		}
		sane(o.Body)
		return o, key, nil
	}
	return nil, false, nil
}
