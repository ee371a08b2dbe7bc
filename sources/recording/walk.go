package recording

import (
	"errors"
	"reflect"
)

// Limits of what is decoded, so that a hostile file can't eat the memory. What
// is encoded keeps to them too; no real reading comes near.
const (
	maxElements = 1 << 17 // list elements in one observation
	maxCells    = 1 << 21 // remembered numbers in a block: 56 bytes each
	maxString   = 1 << 16 // bytes of one string
	maxTable    = 1 << 16 // different strings in a block
	maxTableSum = 8 << 20 // their bytes; strings beyond are written again each time
	maxText     = 8 << 20 // bytes of such strings in one observation
)

var errTooMuch = errors.New("an observation claims more than any observation holds")

// cell is what is remembered of one field of one source: what the next reading
// is predicted from.
type cell struct {
	slot

	offset uint64 // what was added to an integer for coding
	form   uint8  // of the last float, time or duration; of a string 1 if it stayed
	text   int32  // of a string: its place in the table, from 1
	kids   []cell // of a struct its fields, of a list its elements
}

// walker codes bodies field by field. It holds all that is learnt in a block.
type walker struct {
	coder

	models   []model // by plan.id
	strings  []string
	places   map[string]int32 // of strings; encoder only
	tableSum int
	letters  [256]prob
	cells    int
	received uint64   // of the observation being coded, ns: what its own times are near
	elements int      // left in this observation
	text     int      // bytes of new strings left in this observation
	sum      []uint64 // what the fields of the next struct are near; nil if of none
	once     bool     // the body comes once in a block: of its lists only the last element is remembered
	err      error
}

// begin forgets everything: a block stands alone.
func (w *walker) begin(count int) {
	if cap(w.models) < count {
		w.models = make([]model, count)
	}
	w.models = w.models[:count]
	for i := range w.models {
		w.models[i].reset()
	}
	clear(w.strings)
	w.strings, w.tableSum, w.cells, w.err = w.strings[:0], 0, 0, nil
	w.letters = [256]prob{}
	clear(w.places)
}

// observe readies the limits of one observation.
func (w *walker) observe() { w.elements, w.text = maxElements, maxText }

// walk codes the field v. A v that is not valid is decoded and dropped.
func (w *walker) walk(p *plan, c *cell, v reflect.Value) {
	switch p.wire {
	case WireStruct:
		w.structure(p, c, v)
	case WireList:
		w.list(p, c, v)
	case WireString:
		w.stringField(p, c, v)
	case WireTime:
		w.timeField(p, c, v)
	case WireFloat:
		w.floatField(p, c, v)
	default:
		w.integerField(p, c, v)
	}
}

func (w *walker) structure(p *plan, c *cell, v reflect.Value) {
	if c.kids == nil {
		c.kids = make([]cell, len(p.kids))
		w.cells += len(p.kids)
	}
	near := w.sum
	w.sum = nil
	for i, k := range p.kids {
		var f reflect.Value
		if v.IsValid() && k.index >= 0 {
			f = v.Field(k.index)
		}
		if near != nil {
			c.kids[i].offset = -near[i]
		} else {
			c.kids[i].offset = c.offsetOf(k)
		}
		if k.sum >= 0 {
			w.sum = c.kids[k.sum].sum(len(k.kids))
		}
		w.walk(k, &c.kids[i], f)
	}
}

// offsetOf returns what the other fields of a struct add to one, and take from it.
func (c *cell) offsetOf(k *plan) (offset uint64) {
	for _, j := range k.plus {
		offset += c.kids[j].value()
	}
	for _, j := range k.less {
		offset -= c.kids[j].value()
	}
	return offset
}

// value is the last one of an integer.
func (c *cell) value() uint64 { return c.prev - c.offset }

// sum adds up the fields, so many of each, of the structs that a list last had.
func (c *cell) sum(fields int) []uint64 {
	sums := make([]uint64, fields)
	elements := min(max(c.prev, 1)-1, uint64(len(c.kids)))
	for i := range c.kids[:elements] {
		for j := range c.kids[i].kids {
			sums[j] += c.kids[i].kids[j].value()
		}
	}
	return sums
}

// list codes the length, 0 for nil and else one more than it is, and the elements.
func (w *walker) list(p *plan, c *cell, v reflect.Value) {
	var n uint64
	if !w.decoding && !v.IsNil() {
		n = uint64(min(v.Len(), w.elements)) + 1
	}
	n = w.models[p.id].code(&w.coder, &c.slot, n)
	if n == 0 || w.err != nil {
		return
	}
	n--
	if n > uint64(w.elements) {
		w.err = errTooMuch
		return
	}
	length := int(n)
	w.elements -= length
	if w.decoding && v.IsValid() {
		v.Set(reflect.MakeSlice(p.typ, length, length))
	}
	once := w.once
	w.once = false // the next element is like the last one with all that is in it
	defer func() { w.once = once }()
	for i := range length {
		var e reflect.Value
		if v.IsValid() {
			e = v.Index(i)
		}
		kid := w.element(c, i)
		if i > 0 && i < len(c.kids) {
			kid.lean(p.kids[0], &c.kids[i-1])
		}
		w.walk(p.kids[0], kid, e)
		if once && i > 0 && i < len(c.kids) {
			c.kids[i-1].kids = nil
		}
		if w.overrun() {
			w.err = errOverrun
			return
		}
	}
}

// element returns the memory of a list's i-th element. A new one starts from
// what is known of the one before, which it most resembles.
func (w *walker) element(c *cell, i int) *cell {
	switch {
	case i < len(c.kids):
	case len(c.kids) == 0:
		w.cells++
		c.kids = append(c.kids, cell{})
	case w.cells >= maxCells: // out of memory for more: they share the last one's
		return &c.kids[len(c.kids)-1]
	default:
		c.kids = append(c.kids, w.like(&c.kids[len(c.kids)-1]))
	}
	return &c.kids[i]
}

// lean moves the guess for what was never read in this place by what the element
// before was off its own guess: a list of lists (the points of each counter) is
// like its neighbour but for a constant, a lone list goes on as it went.
func (c *cell) lean(p *plan, before *cell) {
	if p.wire == WireStruct {
		for i := range min(len(c.kids), len(before.kids)) {
			c.kids[i].lean(p.kids[i], &before.kids[i])
		}
		return
	}
	if c.seen == 0 {
		c.mean = before.mean
		c.prev += uint64(c.mean)
	}
}

// alike is how many elements of a list a copy has: more than fields of a struct.
// Where it needs more, it makes them of its last; a thousand nodes would else
// each begin with the primary's readings of a thousand replicas.
const alike = 40

// like returns a copy of a cell that shares nothing with it.
func (w *walker) like(c *cell) cell {
	w.cells++
	n := *c
	n.slot = slot{prev: c.prev}
	if m := min(len(c.kids), alike); m > 0 {
		n.kids = make([]cell, m)
		for i := range n.kids {
			n.kids[i] = w.like(&c.kids[i])
		}
	}
	return n
}
