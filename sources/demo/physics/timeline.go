package physics

import (
	"sort"
	"time"
)

// maxPoints bounds the memory of a timeline. Past it the older half is kept at
// half its resolution, so a replica that applies nothing for days costs no more
// than one that does, and its lag errs by a part in thousands.
const maxPoints = 8192

// timeline remembers how many assertions had been produced by when, by points
// with straight lines between them.
type timeline struct {
	at  []time.Duration
	cum []uint64
}

// add notes a count. While nothing is produced, one point moves along.
func (t *timeline) add(at time.Duration, cum uint64) {
	if n := len(t.at); n >= 2 && t.cum[n-1] == cum && t.cum[n-2] == cum {
		t.at[n-1] = at
		return
	}
	if len(t.at) == maxPoints {
		t.thin()
	}
	t.at = append(t.at, at)
	t.cum = append(t.cum, cum)
}

// thin drops every second point of the older half, in place.
func (t *timeline) thin() {
	n := 0
	for i := range t.at {
		if i > 0 && i < len(t.at)/2 && i%2 == 1 {
			continue
		}
		t.at[n], t.cum[n] = t.at[i], t.cum[i]
		n++
	}
	t.at, t.cum = t.at[:n], t.cum[:n]
}

// forget drops what lies before the point that assertion n needs.
func (t *timeline) forget(n uint64) {
	i := sort.Search(len(t.cum), func(i int) bool { return t.cum[i] > n }) - 2
	if i <= len(t.at)/2 {
		return // moving little is not worth it
	}
	t.at = t.at[:copy(t.at, t.at[i:])]
	t.cum = t.cum[:copy(t.cum, t.cum[i:])]
}

// producedBy returns how many assertions had been produced by at. It looks from
// the newest point backwards, since it is asked for the recent past.
func (t *timeline) producedBy(at time.Duration) uint64 {
	i := len(t.at) - 1
	if at >= t.at[i] {
		return t.cum[i]
	}
	for i > 0 && t.at[i-1] > at {
		i--
	}
	if i == 0 {
		return t.cum[0]
	}
	f := float64(at-t.at[i-1]) / float64(t.at[i]-t.at[i-1])
	return t.cum[i-1] + uint64(f*float64(t.cum[i]-t.cum[i-1]))
}

// timeOf returns when assertion n (counted from 1) was produced.
func (t *timeline) timeOf(n uint64) time.Duration {
	i := sort.Search(len(t.cum), func(i int) bool { return t.cum[i] >= n })
	if i == 0 {
		return t.at[0]
	}
	if i == len(t.cum) {
		return t.at[i-1]
	}
	f := float64(n-t.cum[i-1]) / float64(t.cum[i]-t.cum[i-1])
	return t.at[i-1] + time.Duration(f*float64(t.at[i]-t.at[i-1]))
}
