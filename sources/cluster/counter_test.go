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
		var c, again counter
		c.put(p)
		q := c.point(0)
		if q.Taken.Sub(p.Taken).Abs() > markUnit/2 || q.Half < p.Half || q.Half >= p.Half+markUnit || q.Value != p.Value {
			t.Errorf("%v became %v", p, q)
		}
		if again.put(q); again.point(0) != q {
			t.Errorf("%v, then %v", q, again.point(0))
		}
	})
}

// TestCounterGoesOnForYears: what a counter says is the same however long it was
// watched, and a point too far from the others takes their place.
func TestCounterGoesOnForYears(t *testing.T) {
	var c counter
	at := time.Unix(0, 0).UTC()
	m := memory{window: time.Minute}
	for i := range 400 { // of 19 s and a day in turn, for 200 days
		c.add(CountPoint{Taken: at, Value: float64(i)}, m)
		if n := len(c.points); i > keepPoints && n != keepPoints {
			t.Fatalf("%d points after %d", n, i)
		}
		if i > 2 {
			wantFigure(t, "rate", c.rate(), 2/(24*time.Hour+19*time.Second).Seconds())
		}
		if p, _ := c.last(); !p.Taken.Equal(at) || p.Value != float64(i) {
			t.Fatalf("%+v at %v", p, at)
		}
		at = at.Add([]time.Duration{19 * time.Second, 24 * time.Hour}[i%2])
	}
	c.add(CountPoint{Taken: at.Add(1000 * time.Hour), Value: 500}, m)
	if p, ok := c.last(); len(c.points) != 1 || !ok || !p.Taken.Equal(at.Add(1000*time.Hour)) || c.rate().Known() {
		t.Errorf("%+v of %+v", p, c)
	}
}
