package logs

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// bucket lets through so many lines at once, and so many a second later on.
type bucket struct {
	burst, perSecond float64
	used             float64
	at               time.Duration // on the monotonic clock
}

func (b *bucket) take(now time.Duration) bool {
	b.used = max(0, b.used-b.perSecond*(now-b.at).Seconds())
	b.at = now
	if b.used+1 > b.burst {
		return false
	}
	b.used++
	return true
}

// limits keep the recording small: a line takes some 60 bytes of it. What matters
// gets six times what does not, and both may come all at once for a while.
type limits struct{ matters, other bucket }

func newLimits() limits {
	return limits{matters: bucket{burst: 200, perSecond: 0.2}, other: bucket{burst: 60, perSecond: 2.0 / 60}}
}

// pass returns the lines that go through, of many the newest, and how many do not.
func (l *limits) pass(lines []cluster.LogLine, now time.Duration) (kept []cluster.LogLine, left uint64) {
	for i := len(lines) - 1; i >= 0; i-- {
		b := &l.other
		if lines[i].Level >= cluster.LevelWarn || lines[i].Topics() != 0 {
			b = &l.matters
		}
		if b.take(now) {
			kept = append(kept, lines[i])
		} else {
			left++
		}
	}
	slices.Reverse(kept)
	return kept, left
}
