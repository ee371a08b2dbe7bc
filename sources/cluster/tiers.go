package cluster

import (
	"math"
	"slices"
	"sort"
	"time"
	"unsafe"
)

// resolution is that of a point's time, in ms. Together with an origin it lets a
// point be 8 bytes: a thousand replicas have millions of them.
const resolution = 10

// shape is how long a series keeps what.
type shape struct {
	origin int64 // Unix ms of the time 0 of points and steps, a multiple of a day, but for steps of the clock
	raw    time.Duration
	tiers  [2]tierShape
}

type tierShape struct {
	width time.Duration
	span  time.Duration
}

// fineSpan is for how long steps of 10 s are kept, unless told else.
const fineSpan = time.Hour

// fullShape keeps every point for raw, 10 s steps for an hour unless told else,
// and 2 min steps for the whole retention: a chart of six hours has no narrower columns, and a
// thousand replicas for a day stay below 70 MB.
func fullShape(o HistoryOptions) shape {
	return shape{raw: o.Raw, tiers: [...]tierShape{
		{10 * time.Second, min(max(o.Fine, o.Raw), o.Retention)},
		{2 * time.Minute, o.Retention},
	}}
}

// bytes returns what a full series takes at one point a second.
func (s *shape) bytes() int64 {
	n := s.rawLen() * int(unsafe.Sizeof(point{}))
	for _, t := range s.tiers {
		n += t.len() * int(unsafe.Sizeof(step{}))
	}
	return int64(n)
}

func (s *shape) rawLen() int { return max(60, int(s.raw/time.Second)) }
func (t tierShape) len() int { return max(1, int(t.span/t.width)) }

// coarsen halves what is kept; false when it can't be halved any more. The newest
// minutes stay exact as long as possible, since they decide.
func (s *shape) coarsen() bool {
	last := &s.tiers[1]
	switch {
	case last.width < 8*time.Minute:
		last.width *= 2
	case s.tiers[0].span > 10*time.Minute:
		s.tiers[0].span /= 2
	case s.raw > time.Minute:
		s.raw /= 2
	default:
		return false
	}
	return true
}

// pack returns a time in Unix ms as points hold it; 497 days from the origin.
func (s *shape) pack(ms int64) uint32 {
	return uint32(min(max(0, (ms-s.origin)/resolution), math.MaxUint32))
}

// unpack is the reverse of pack.
func (s *shape) unpack(t uint32) int64 { return s.origin + int64(t)*resolution }

// point is one value at a packed time; NaN marks a hole.
type point struct {
	t uint32
	v float32
}

// step is a bucket of a tier that begins at packed time t.
type step struct {
	t              uint32
	min, max, last float32
}

// series is one quantity of one node over time.
type series struct {
	raw   ring[point]
	tiers [2]ring[step]
}

func (r *series) clone() *series {
	c := *r
	c.raw.items = slices.Clone(r.raw.items)
	for i := range c.tiers {
		c.tiers[i].items = slices.Clone(r.tiers[i].items)
	}
	return &c
}

// fineAsOf returns when the steps of the finer tier began at an instant, if there
// were those of fineSpan.
func (r *series) fineAsOf(s *shape, at int64) int64 {
	t := &r.tiers[0]
	newest := sort.Search(t.len(), func(i int) bool { return s.unpack(t.at(i).t) > at }) - 1
	first := newest + 1 - int(fineSpan/s.tiers[0].width)
	if first <= 0 {
		return math.MinInt64
	}
	return s.unpack(t.at(first).t)
}

// hole tells whether the newest point marks a hole.
func (r *series) hole() bool {
	n := r.raw.len()
	return n > 0 && isNaN(r.raw.at(n-1).v)
}

func (r *series) add(s *shape, t int64, v float32) {
	r.raw.push(point{s.pack(t), v}, s.rawLen())
	if isNaN(v) {
		return
	}
	for i := range r.tiers {
		tier, w := &r.tiers[i], s.tiers[i].width.Milliseconds()
		from := s.pack(t - mod(t, w))
		if n := tier.len(); n > 0 && tier.at(n-1).t >= from {
			b := tier.at(n - 1)
			b.min, b.max, b.last = min(b.min, v), max(b.max, v), v
			continue
		}
		tier.push(step{from, v, v, v}, s.tiers[i].len())
	}
}

// reshape fits the series to a coarser shape.
func (r *series) reshape(s *shape) {
	r.raw.resize(s.rawLen())
	for i := range r.tiers {
		r.tiers[i] = merge(&r.tiers[i], s, s.tiers[i])
	}
}

// merge returns the steps of a tier in wider steps.
func merge(old *ring[step], s *shape, t tierShape) ring[step] {
	var out ring[step]
	w := t.width.Milliseconds()
	for i := range old.len() {
		b := *old.at(i)
		at := s.unpack(b.t)
		b.t = s.pack(at - mod(at, w))
		if n := out.len(); n > 0 && out.at(n-1).t == b.t {
			o := out.at(n - 1)
			o.min, o.max, o.last = min(o.min, b.min), max(o.max, b.max), b.last
			continue
		}
		out.push(b, t.len())
	}
	return out
}

func isNaN(v float32) bool { return math.IsNaN(float64(v)) }
