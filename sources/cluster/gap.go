package cluster

import (
	"fmt"
	"math"
	"time"
)

// skewFloor is the scrape skew that never hides a figure, in seconds of the
// primary's rate: a tenth of the smallest lag that anyone would act on.
const skewFloor = 0.1

// countGap returns how many assertions the replica's count is behind the
// primary's at one instant, the one that the replica's count describes, and a
// bound of the error that the skew between the two scrapes leaves.
func countGap(primary, replica *counter) (gap, skew float64, ok bool) {
	r, ok := replica.last()
	if !ok {
		return 0, 0, false
	}
	p, bound, ok := primary.at(r.Taken)
	if !ok {
		return 0, 0, false
	}
	newest, _ := primary.last()
	rate, _ := primary.growth().Value() // unknown only when both were taken together
	skew = math.Abs(rate)*(newest.Half+r.Half).Seconds() + bound
	return p - r.Value, skew, true
}

// lateAnswer is the error of two instants, together, from which on it is asked whether
// those before them are known better.
const lateAnswer = 100 * time.Millisecond

// clearestGap is countGap of the newest counts, or where one of them came late of the
// one before it, as long as that is fresh: a second ago, and known well.
func clearestGap(primary, replica *counter, at time.Time, limit time.Duration) (gap, skew float64, ok bool) {
	gap, skew, ok = countGap(primary, replica)
	newest, _ := primary.last()
	own, _ := replica.last()
	if !ok || newest.Half+own.Half < lateAnswer || skew <= vagueRate*math.Abs(gap) {
		return gap, skew, ok
	}
	for _, c := range [...][2]*counter{{primary.before(), replica}, {primary, replica.before()}, {primary.before(), replica.before()}} {
		p, known := c[0].last()
		r, counted := c[1].last()
		if !known || !counted || at.Sub(p.Taken) > limit || at.Sub(r.Taken) > limit {
			continue
		}
		if g, s, ok := countGap(c[0], c[1]); ok && s < skew {
			gap, skew = g, s
		}
	}
	return gap, skew, true
}

// gapGrowth returns by how much the gap grew over what the replica's count
// remembers, and a bound of the error of either end.
func gapGrowth(primary, replica *counter) (grew, skew float64, ok bool) {
	now, skew, ok := countGap(primary, replica)
	if !ok || len(replica.points) < 2 {
		return 0, 0, false
	}
	first := counter{base: replica.base, points: replica.points[:1]}
	then, before, ok := countGap(primary, &first)
	return now - then, max(skew, before), ok
}

// behind returns the assertions behind as they are shown: never negative, and
// unknown with a reason where the skew exceeds the figure.
func behind(primary, replica *counter, at time.Time, limit time.Duration) (Figure, string) {
	p, pok := primary.last()
	r, rok := replica.last()
	switch {
	case !pok || at.Sub(p.Taken) > limit:
		return Figure{}, "no fresh count of the primary"
	case !rok || at.Sub(r.Taken) > limit:
		return Figure{}, "no fresh count of the replica"
	}
	if primary.anew || replica.anew {
		// A restart, after which the two count from different instants, or a
		// rebuild, after which they do not.
		return Figure{}, "a count began anew: it may not be of all that is indexed"
	}
	gap, skew, ok := clearestGap(primary, replica, at, limit)
	rate, _ := primary.growth().Value()
	blur := max(skew, skewFloor*math.Abs(rate))
	switch {
	case !ok:
		return Figure{}, "the two counts are of different instants, and no rate is known yet"
	case gap < -blur:
		return Figure{}, "the replica's count is above the primary's"
	case skew > max(gap, skewFloor*math.Abs(rate)):
		return Figure{}, fmt.Sprintf("the two scrapes are too far apart: it may be off by %.0f assertions", skew)
	}
	return Known(math.Round(max(0, gap))), ""
}
