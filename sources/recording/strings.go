package recording

import (
	"math/bits"
	"reflect"

	"github.com/stemedb/stemetop/sources/cluster"
)

func (w *walker) stringField(p *plan, c *cell, v reflect.Value) {
	var s string
	if !w.decoding {
		s = stringOf(v)
	}
	s = w.str(&w.models[p.id], c, s)
	if !w.decoding || !v.IsValid() {
		return
	}
	if text, ok := reflect.TypeAssert[*cluster.Text](v.Addr()); ok {
		*text = cluster.CleanN(s, maxString) // a recording is outside text too
		return
	}
	v.SetString(s)
}

func stringOf(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return v.String()
	}
	text, _ := reflect.TypeAssert[*cluster.Text](v.Addr())
	return text.String()
}

// str codes a string: nearly always the one before, else one of the table, else
// a new one.
func (w *walker) str(m *model, c *cell, s string) string {
	if len(s) > maxString {
		s = s[:maxString]
	}
	was := w.lookup(c.text)
	same := w.flag(&m.same[c.form], s == was)
	c.form = 0
	if same {
		c.form = 1
		return was
	}
	place, known := w.places[s]
	if w.flag(&m.known, known) {
		n := w.raw(uint64(max(place-1, 0)), bits.Len(uint(len(w.strings))))
		c.text = int32(min(n, maxTable)) + 1
		return w.lookup(c.text)
	}
	s = w.spell(s)
	c.text = w.enter(s)
	return s
}

// lookup returns the string at a place; place 0 is the empty string.
func (w *walker) lookup(place int32) string {
	if place < 1 || int(place) > len(w.strings) {
		return ""
	}
	return w.strings[place-1]
}

// enter puts a string into the table and returns its place, 0 when the table is full.
func (w *walker) enter(s string) int32 {
	if len(w.strings) >= maxTable || w.tableSum+len(s) > maxTableSum {
		return 0
	}
	w.strings = append(w.strings, s)
	w.tableSum += len(s)
	place := int32(len(w.strings))
	if !w.decoding {
		w.places[s] = place
	}
	return place
}

// spell codes a string's length and bytes.
func (w *walker) spell(s string) string {
	const lengthBits = 17
	n := len(s)
	if n > w.text {
		n = 0 // an observation of this size is an attack: it loses its texts
	}
	n = int(w.raw(uint64(n), lengthBits))
	if n > maxString || n > w.text {
		w.err = errTooMuch
		return ""
	}
	w.text -= n
	if !w.decoding {
		for i := range n {
			w.tree(w.letters[:], 8, uint32(s[i]))
		}
		return s[:n]
	}
	var b []byte
	for range n {
		if w.overrun() {
			w.err = errOverrun
			return ""
		}
		b = append(b, byte(w.tree(w.letters[:], 8, 0)))
	}
	return string(b)
}
