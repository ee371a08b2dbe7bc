package cluster

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMarkOfAPoint: a mark is within its unit of the point that it is of, claims
// no less error, and what a keyframe holds of it is the same mark again.
func TestMarkOfAPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := CountPoint{
			Taken: time.Unix(0, rapid.Int64Range(0, 4e18).Draw(t, "taken")).UTC(),
			Half:  time.Duration(rapid.Int64Range(0, 1e11).Draw(t, "half")),
			Value: rapid.Float64().Draw(t, "value"),
		}
		m := markOf(p)
		if q := m.point(); q.Taken.Sub(p.Taken).Abs() > markUnit/2 || q.Half < p.Half || q.Half >= p.Half+markUnit || q.Value != p.Value {
			t.Errorf("%v became %v", p, q)
		}
		if again := markOf(m.point()); again != m {
			t.Errorf("%v, then %v", m, again)
		}
	})
}
