package cluster

import (
	"math"
	"sort"
	"time"
)

// notRead is the time of what is held.
const notRead = math.MinInt64

// bucketer sorts points and steps into the buckets of a chart. Times are Unix
// milliseconds.
type bucketer struct {
	out          []Bucket
	first, width int64
	end          int64 // nothing after it counts
	hold         int64 // how long a point stands for what follows it
	fine         int64 // what is before is told by the coarser tier
}

// put adds to bucket i what was read at t, or is held where t is notRead.
func (b *bucketer) put(i int64, lo, hi, last float32, t int64) {
	if i < 0 || i >= int64(len(b.out)) {
		return
	}
	x := &b.out[i]
	if t != notRead {
		x.Taken = time.UnixMilli(t).UTC()
	}
	if x.N == 0 {
		x.Min, x.Max = float64(lo), float64(hi)
	}
	x.Min, x.Max, x.Last = min(x.Min, float64(lo)), max(x.Max, float64(hi)), float64(last)
	x.N++
}

func (b *bucketer) index(t int64) int64 {
	d := t - b.first
	if d < 0 {
		return -1
	}
	return d / b.width
}

// fill draws a series into the buckets: steps where the raw points do not reach
// back, points where they do. Buckets narrower than the interval between points
// hold the value before them, as long as it is fresh and no hole was marked.
func (r *series) fill(b *bucketer, s *shape) {
	n := r.raw.len()
	if n == 0 {
		return
	}
	// A tier counts only where the finer one has dropped its past: its first step
	// is of the same points otherwise, and would smear their extremes backwards.
	rawStart := s.unpack(r.raw.at(0).t)
	if t := &r.tiers[0]; n == s.rawLen() && t.len() > 0 {
		if from := max(b.fine, s.unpack(t.at(0).t)); from == b.fine || t.len() == s.tiers[0].len() {
			r.steps(b, 1, s, math.MinInt64, min(rawStart, from))
		}
		r.steps(b, 0, s, b.fine, rawStart)
	}
	from := s.pack(b.first - b.hold)
	for i := sort.Search(n, func(i int) bool { return r.raw.at(i).t >= from }); i < n; i++ {
		p := r.raw.at(i)
		t := s.unpack(p.t)
		if t > b.end {
			return
		}
		if isNaN(p.v) {
			continue
		}
		b.put(b.index(t), p.v, p.v, p.v, t)
		until := min(b.end+1, t+b.hold)
		if i+1 < n {
			until = min(until, s.unpack(r.raw.at(i+1).t))
		}
		b.carry(p.v, t, until)
	}
}

// carry holds the value of a point at t in the empty buckets after its own.
func (b *bucketer) carry(v float32, t, until int64) {
	last := min(b.index(until-1), int64(len(b.out))-1)
	for i := max(0, b.index(t)+1); i <= last; i++ {
		if b.out[i].N == 0 {
			b.put(i, v, v, v, notRead)
		}
	}
}

// steps draws those of a tier that begin in a stretch of time, limit excluded.
func (r *series) steps(b *bucketer, tier int, s *shape, start, limit int64) {
	t, w := &r.tiers[tier], s.tiers[tier].width.Milliseconds()
	for i := range t.len() {
		x := t.at(i)
		from := s.unpack(x.t)
		if from < start {
			continue
		}
		if from >= limit || from > b.end {
			return
		}
		last := b.index(min(from+w, limit, b.end+1) - 1)
		for j := max(0, b.index(from)); j <= last; j++ {
			taken := int64(notRead)
			if j == b.index(from) {
				taken = from
			}
			b.put(j, x.min, x.max, x.last, taken)
		}
	}
}
