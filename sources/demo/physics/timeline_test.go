package physics

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// timeOf and producedBy are each other's inverse, thinned or not.
func TestTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l timeline
		l.add(0, 0)
		steps := rapid.IntRange(1, 3*maxPoints).Draw(t, "steps")
		rate := rapid.Uint64Range(1, 100).Draw(t, "rate")
		for i := 1; i <= steps; i++ {
			l.add(time.Duration(i)*Step, uint64(i)*rate)
		}
		if len(l.at) > maxPoints {
			t.Fatalf("%d points", len(l.at))
		}
		n := rapid.Uint64Range(1, uint64(steps)*rate).Draw(t, "n")
		at := l.timeOf(n)
		want := time.Duration(float64(n) / float64(rate) * float64(Step))
		if d := at - want; d < -time.Microsecond || d > time.Microsecond {
			t.Fatalf("assertion %d: produced at %v, want %v", n, at, want)
		}
		if got := l.producedBy(at); got+1 < n || got > n {
			t.Fatalf("%d produced by %v, when %d was", got, at, n)
		}
		l.forget(n)
		if again := l.timeOf(n); again != at {
			t.Fatalf("forgetting what is applied moved assertion %d from %v to %v", n, at, again)
		}
	})
}
