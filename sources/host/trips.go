package host

import (
	"slices"
	"time"
)

// trips are the newest round trips of ticks.
type trips struct {
	took [15]time.Duration
	n    int
}

func (t *trips) add(d time.Duration) {
	t.took[t.n%len(t.took)] = d
	t.n++
}

// limit is how long to wait for an answer: four times the median, since a far
// host is not a slow one, and at least the floor.
func (t *trips) limit(floor time.Duration) time.Duration {
	known := slices.Sorted(slices.Values(t.took[:min(t.n, len(t.took))]))
	if len(known) == 0 {
		return floor
	}
	return max(floor, 4*known[len(known)/2])
}
