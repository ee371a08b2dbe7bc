package cluster

import (
	"math"
	"strconv"
)

// Figure is a number that may be unknown. The zero Figure is unknown, so that
// what was never measured can't pass for 0.
type Figure struct {
	v  float64
	ok bool
}

// Known returns v as a figure; NaN and the infinities are unknown.
func Known(v float64) Figure {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Figure{}
	}
	return Figure{v, true}
}

// Value returns the number and whether it is known.
func (f Figure) Value() (float64, bool) { return f.v, f.ok }

// Known tells whether there is a number.
func (f Figure) Known() bool { return f.ok }

// Scale returns f times k, unknown where f is.
func (f Figure) Scale(k float64) Figure {
	if !f.ok {
		return f
	}
	return Known(f.v * k)
}

// MarshalJSON writes the number, or null where it is unknown.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.ok {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, f.v, 'f', -1, 64), nil
}

// MaxOf returns the greatest of the known figures; unknown if none is known.
func MaxOf(fs ...Figure) Figure {
	var m Figure
	for _, f := range fs {
		if f.ok && (!m.ok || f.v > m.v) {
			m = f
		}
	}
	return m
}
