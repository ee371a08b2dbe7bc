package recording

import "reflect"

const floatFormBits = 5 // 0 to rawForm

// model is what is learnt of one field, over all sources that have it.
type model struct {
	number

	forms []prob  // of a float, time or duration, by the form before
	same  [2]prob // of a string: that it is the one before, by whether that was so
	known prob    // of a string: that it stands in the table
}

func (m *model) reset() {
	kept, forms := m.moved, m.forms
	if kept != nil {
		*kept = moved{}
	}
	clear(forms)
	*m = model{number: number{moved: kept}, forms: forms}
}

// form codes how a value is written, which is nearly always as the last time.
func (m *model) form(w *walker, c *cell, width int, f int) int {
	if m.forms == nil {
		m.forms = make([]prob, 1<<(2*width))
	}
	probs := m.forms[int(c.form)<<width:][:1<<width]
	f = int(w.tree(probs, width, uint32(f)))
	c.form = uint8(f)
	return f
}

func (w *walker) integerField(p *plan, c *cell, v reflect.Value) {
	if p.wire == WireDuration {
		var d uint64
		if !w.decoding {
			d = uint64(v.Int())
		}
		d = w.nanos(&w.models[p.id], c, timeForm(c.form, d), d)
		setInteger(w, v, d)
		return
	}
	var n uint64
	if !w.decoding {
		n = integerOf(v)
	}
	n = w.models[p.id].code(&w.coder, &c.slot, n+c.offset) - c.offset
	setInteger(w, v, n)
}

func integerOf(v reflect.Value) uint64 {
	switch {
	case v.CanUint():
		return v.Uint()
	case v.CanInt():
		return uint64(v.Int())
	case v.Bool():
		return 1
	}
	return 0
}

func setInteger(w *walker, v reflect.Value, n uint64) {
	switch {
	case !w.decoding || !v.IsValid():
	case v.CanUint():
		v.SetUint(n)
	case v.CanInt():
		v.SetInt(int64(n))
	default:
		v.SetBool(n != 0)
	}
}

func (w *walker) floatField(p *plan, c *cell, v reflect.Value) {
	var form int
	var n uint64
	before := int(c.form)
	if !w.decoding {
		form, n = floatForm(v.Float(), before)
	}
	m := &w.models[p.id]
	if form = m.form(w, c, floatFormBits, form); form != before {
		form = min(form, rawForm) // a damaged file may claim more
		c.form = uint8(form)
		c.prev, c.mean = rescale(c.prev, before, form), 0
	}
	n = m.code(&w.coder, &c.slot, n)
	if w.decoding && v.IsValid() {
		v.SetFloat(floatOf(form, n))
	}
}
