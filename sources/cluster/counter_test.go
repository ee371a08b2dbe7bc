package cluster

import (
	"math"
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

// TestRateBesideALateAnswer: what came late, as the first answer over a new connection
// or one of a server that hung, is taken at some instant of a long while. The rate is
// of the others, and of no two that leave it open.
func TestRateBesideALateAnswer(t *testing.T) {
	const perSecond = 1000
	prompt, late := 2*time.Millisecond, 500*time.Millisecond
	for name, halves := range map[string][]time.Duration{
		"the first":      {late, prompt, prompt, prompt, prompt, prompt},
		"one of them":    {prompt, prompt, late, prompt, prompt, prompt},
		"the last":       {prompt, prompt, prompt, prompt, prompt, late},
		"two of them":    {late, prompt, prompt, prompt, prompt, late},
		"two at the end": {prompt, prompt, prompt, prompt, late, late},
		"none":           {prompt, prompt, prompt, prompt, prompt, prompt},
	} {
		var c counter
		for i, half := range halves { // counted as the answer ends
			at := time.Unix(int64(i), 0)
			c.add(CountPoint{Taken: at, Half: half, Value: perSecond * (float64(i) + half.Seconds())}, memory{window: time.Minute})
			if v, ok := c.rate().Value(); ok && math.Abs(v-perSecond) > 0.02*perSecond {
				t.Errorf("%s: %.0f/s after %d", name, v, i+1)
			} else if !ok && i >= 3 {
				t.Errorf("%s: none after %d", name, i+1)
			}
		}
	}
	var c counter
	for i := range 30 { // each late: unknown until the error is small beside the time between
		c.add(CountPoint{Taken: time.Unix(int64(i), 0), Half: late, Value: perSecond * float64(i)}, memory{window: 10 * time.Second})
		if v, ok := c.rate().Value(); ok != (i >= 4) || ok && v != perSecond {
			t.Errorf("all late, %d: %v %v", i+1, v, ok)
		}
	}
}

// TestBehindBesideALateAnswer: what a replica is behind is told by the counts before
// one that came late.
func TestBehindBesideALateAnswer(t *testing.T) {
	for name, late := range map[string][2]time.Duration{
		"the primary's": {1200 * time.Millisecond, time.Millisecond},
		"the replica's": {time.Millisecond, 1200 * time.Millisecond},
		"both":          {1200 * time.Millisecond, 1200 * time.Millisecond},
	} {
		var p, r counter
		for i := range 10 {
			at, halves := time.Unix(int64(i), 0), [2]time.Duration{time.Millisecond, time.Millisecond}
			if i == 9 {
				halves = late
			}
			for k, c := range []*counter{&p, &r} { // counted as the answer ends
				c.add(CountPoint{Taken: at, Half: halves[k], Value: 1000*(float64(i)+halves[k].Seconds()) + 5000 - 2000*float64(k)}, memory{window: time.Minute})
			}
		}
		if v, ok := func() (float64, bool) {
			f, _ := behind(&p, &r, time.Unix(9, 0), 3*time.Second)
			return f.Value()
		}(); !ok || math.Abs(v-2000) > 20 {
			t.Errorf("%s: %.0f behind, %v", name, v, ok)
		}
	}
}
