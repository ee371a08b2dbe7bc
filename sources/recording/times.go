package recording

import (
	"math"
	"reflect"
	"time"
)

const timeFormBits = 3

// The forms of times and durations: multiples of a unit, so that a clock of
// microseconds costs no digits of nanoseconds; no time; and an instant that no
// 64 bits of nanoseconds hold. Their numbers stand in files.
const (
	formNone = 5
	formWide = 6
)

func unit(form int) int64 {
	return [1 << timeFormBits]int64{1e9, 1e7, 1e6, 1e3, 1, 1, 1, 1e5}[form]
}

// byUnit are the forms with a unit, the coarsest first.
var byUnit = [...]int{0, 1, 2, 7, 3, 4}

// timeForm returns the form of ns nanoseconds: the last one if that is exact,
// else the coarsest that is. So a clock keeps the resolution it once showed.
func timeForm(last uint8, ns uint64) int {
	if f := int(last); f != formNone && f != formWide && int64(ns)%unit(f) == 0 {
		return f
	}
	for _, f := range byUnit {
		if int64(ns)%unit(f) == 0 {
			return f
		}
	}
	return byUnit[len(byUnit)-1]
}

// nanos codes ns, a multiple of the form's unit.
func (w *walker) nanos(m *model, c *cell, form int, ns uint64) uint64 {
	form = m.form(w, c, timeFormBits, form)
	return w.units(m, c, form, ns)
}

func (w *walker) units(m *model, c *cell, form int, ns uint64) uint64 {
	u := unit(form)
	guess, byMean := c.predict()
	base := int64(guess) / u
	off := m.residual(&w.coder, &c.slot, byMean, uint64(int64(ns)/u)-uint64(base))
	ns = (uint64(base) + off) * uint64(u)
	c.learn(ns)
	return ns
}

func (w *walker) timeField(p *plan, c *cell, v reflect.Value) {
	var t time.Time
	if !w.decoding {
		t, _ = reflect.TypeAssert[time.Time](v)
	}
	if c.seen == 0 && c.prev == 0 {
		c.prev = w.received
	}
	t = w.instant(&w.models[p.id], c, t)
	if w.decoding && v.IsValid() {
		if to, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
			*to = t
		}
	}
}

// instant codes a time. It comes back in UTC.
func (w *walker) instant(m *model, c *cell, t time.Time) time.Time {
	form, ns := formNone, uint64(0)
	switch {
	case w.decoding || t.IsZero():
	case !inNanos(t):
		form = formWide
	default:
		ns = uint64(t.UnixNano())
		form = timeForm(c.form, ns)
	}
	switch form = m.form(w, c, timeFormBits, form); form {
	case formNone:
		return time.Time{}
	case formWide:
		sec, nsec := w.raw(uint64(t.Unix()), 64), w.raw(uint64(t.Nanosecond()), 30)
		return time.Unix(int64(sec), int64(nsec)).UTC()
	}
	return time.Unix(0, int64(w.units(m, c, form, ns))).UTC()
}

// inNanos tells whether t fits 64 bits of nanoseconds since 1970.
func inNanos(t time.Time) bool {
	const limit = math.MaxInt64/1_000_000_000 - 1
	return t.Unix() < limit && t.Unix() > -limit
}
