package recording

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestRangeCoderRoundTrips(t *testing.T) {
	type step struct {
		bits  int // 0: one adaptive bit
		value uint64
	}
	steps := rapid.Custom(func(t *rapid.T) step {
		n := rapid.IntRange(0, 64).Draw(t, "bits")
		v := rapid.Uint64().Draw(t, "value")
		if n < 64 {
			v &= 1<<max(n, 1) - 1
		}
		return step{n, v}
	})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(steps).Draw(t, "steps")
		skew := rapid.Bool().Draw(t, "skew") // long runs of one bit, which carries go through
		var probs [3]prob
		pass := func(c *coder) {
			for i, s := range list {
				var got uint64
				switch {
				case s.bits > 0:
					got = c.raw(s.value, s.bits)
				case skew:
					s.value = 0
					got = uint64(c.bit(&probs[0], 0))
				default:
					got = uint64(c.bit(&probs[i%3], uint32(s.value)))
				}
				if got != s.value {
					t.Fatalf("step %d: %x, want %x", i, got, s.value)
				}
			}
		}
		var c coder
		c.encode(nil)
		pass(&c)
		data := c.finish()
		probs = [3]prob{}
		c.decode(data)
		pass(&c)
		if c.overrun() {
			t.Fatal("read beyond the end")
		}
	})
}

func TestStillFieldsCostNextToNothing(t *testing.T) {
	var n number
	var s slot
	var c coder
	c.encode(nil)
	for range 10_000 {
		n.code(&c, &s, 42)
	}
	if got := len(c.finish()); got > 40 {
		t.Errorf("%d bytes for 10,000 equal readings", got)
	}
}

func TestFloatForms(t *testing.T) {
	for _, c := range []struct {
		f      float64
		prefer int
		form   int
	}{
		{12.5, 0, 1},
		{12.5, 3, 3}, // a gauge keeps its resolution
		{0, 3, 3},
		{1e15, 3, 0},
		{-0.001, 0, 3},
		{math.Copysign(0, -1), 0, rawForm},
		{math.NaN(), 2, rawForm},
		{math.Inf(-1), 0, rawForm},
		{math.Nextafter(0.3, 1), 1, rawForm},
		{1e300, 0, rawForm},
	} {
		form, v := floatForm(c.f, c.prefer)
		if form != c.form || math.Float64bits(floatOf(form, v)) != math.Float64bits(c.f) {
			t.Errorf("%v: form %d, back %v", c.f, form, floatOf(form, v))
		}
	}
}
