package cluster

import (
	"math"
	"strconv"
)

// Figure is a number that may be unknown. The zero Figure is unknown, so that
// what was never measured can't pass for 0.
type Figure struct {
	bits uint64 // of the number, and one more: none is 0
}

// Known returns v as a figure; NaN and the infinities are unknown.
func Known(v float64) Figure {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Figure{}
	}
	return Figure{math.Float64bits(v) + 1}
}

// Value returns the number and whether it is known.
func (f Figure) Value() (float64, bool) {
	if f.bits == 0 {
		return 0, false
	}
	return math.Float64frombits(f.bits - 1), true
}

// Known tells whether there is a number.
func (f Figure) Known() bool { return f.bits != 0 }

// Scale returns f times k, unknown where f is.
func (f Figure) Scale(k float64) Figure {
	if !f.Known() {
		return f
	}
	return Known(f.number() * k)
}

// MarshalJSON writes the number, or null where it is unknown.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, f.number(), 'f', -1, 64), nil
}

// MaxOf returns the greatest of the known figures; unknown if none is known.
func MaxOf(fs ...Figure) Figure {
	var m Figure
	for _, f := range fs {
		if f.Known() && (!m.Known() || f.number() > m.number()) {
			m = f
		}
	}
	return m
}

// number is the number; 0 where it is unknown.
func (f Figure) number() float64 {
	v, _ := f.Value()
	return v
}
