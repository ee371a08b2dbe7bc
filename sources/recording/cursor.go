package recording

import "github.com/stemedb/stemetop/sources/cluster"

// cursor walks through the observations of a store. At its end it can go on
// when there is more.
type cursor struct {
	store   store
	decoder *decoder
	block   int     // number of the block that it is in
	read    int     // chunks of it that were loaded
	queue   []chunk // those to come that were fetched together
	lost    int     // blocks that could not be read to their end

	begun bool
	seq   uint64 // of the newest observation that came out
	key   []*cluster.Observation
}

// maxKeyframe bounds the observations of a keyframe.
const maxKeyframe = 1 << 17

// item is one observation, or a keyframe from which all begins anew.
type item struct {
	keyframe    []*cluster.Observation
	observation *cluster.Observation // the first after the keyframe, if there is one
	block       int
}

// newCursor returns a cursor at the start of a block.
func newCursor(s store, block int) *cursor {
	return &cursor{store: s, decoder: newDecoder(s.schema()), block: block}
}

// next returns what comes next; ok is false where there is no more as yet. A
// keyframe comes with the first observation, and with a later one if something
// before it is lost: else it only repeats what was read.
func (c *cursor) next() (i item, ok bool, err error) {
	for {
		o, key, err := c.decoder.next()
		switch {
		case err != nil: // the rest of this block can't be decoded, the next one can
			c.lost++
			c.decoder.left = 0
			if !c.leave() {
				return item{}, false, nil
			}
		case o != nil && key && len(c.key) < maxKeyframe:
			c.key = append(c.key, o)
		case o != nil && key: // a file made to eat memory
		case o != nil:
			return c.item(o), true, nil
		default:
			if more, err := c.load(); err != nil || !more {
				return item{}, false, err
			}
		}
	}
}

func (c *cursor) item(o *cluster.Observation) item {
	i := item{observation: o, block: c.block}
	// The last of a keyframe has the number of the newest observation before it.
	if n := len(c.key); !c.begun || n > 0 && c.key[n-1].Seq != c.seq {
		i.keyframe = c.key
	}
	c.begun, c.seq, c.key = true, o.Seq, nil
	return i
}

// load readies the next chunk, of this block or the one after.
func (c *cursor) load() (more bool, err error) {
	for len(c.queue) == 0 {
		c.queue, err = c.store.chunks(c.block, c.read)
		if err != nil {
			return false, err
		}
		if len(c.queue) == 0 && !c.leave() {
			return false, nil
		}
	}
	c.decoder.load(c.queue[0])
	c.queue, c.read = c.queue[1:], c.read+1
	return true, nil
}

// leave goes to the start of the next block, if there is one.
func (c *cursor) leave() bool {
	first, bases := c.store.blocks()
	if c.block+1 >= first+len(bases) {
		return false
	}
	c.block, c.read, c.queue, c.key = max(c.block+1, first), 0, nil, nil
	return true
}
