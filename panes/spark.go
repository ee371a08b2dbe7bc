package panes

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// steps are the widths that a bucket may have, in seconds. They divide minutes
// or hours, so that buckets begin at instants that a person would name.
var steps = [...]int{1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 40, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400}

// grid returns how many buckets of which width show window in at most n columns.
func grid(window time.Duration, n int) (count int, width time.Duration) {
	if n <= 0 {
		return 0, time.Second
	}
	for _, s := range steps {
		width = time.Duration(s) * time.Second
		if c := int((window + width - 1) / width); c <= n {
			return max(c, 1), width
		}
	}
	return n, max(width, (window/time.Duration(n)).Truncate(24*time.Hour)+24*time.Hour)
}

// filled is grid with as many buckets as there are columns: a chart uses all of
// its width, and so may reach back further than the window.
func filled(window time.Duration, n int) (count int, width time.Duration) {
	_, width = grid(window, n)
	return max(n, 0), width
}

// ceilings are the tops that a scale of seconds may have. A scale from a short
// fixed list does not creep with the data, and can be printed.
var ceilings = [...]float64{
	1, 2, 5, 10, 20, 30, 40, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800,
	86400, 2 * 86400, 5 * 86400, 10 * 86400, 30 * 86400, 100 * 86400, 365 * 86400,
}

// ceiling returns the least top that v fits under.
func ceiling(v float64) float64 {
	for _, c := range ceilings {
		if v <= c {
			return c
		}
	}
	return ceilings[len(ceilings)-1]
}

// peak returns the greatest value of the buckets; ok is false if all are gaps.
func peak(bs []cluster.Bucket) (top float64, ok bool) {
	for i := range bs {
		if v, has := bucketMax(&bs[i]); has && (!ok || v > top) {
			top, ok = v, true
		}
	}
	return top, ok
}

// bucketMax returns the greatest value in a bucket: the worst must be seen. What
// is not a number is a gap, wherever it came from.
func bucketMax(b *cluster.Bucket) (float64, bool) {
	if b.N <= 0 {
		return 0, false
	}
	return cluster.Known(b.Max).Value()
}

// level returns which of n levels shows v on a scale up to top, 0 to n-1.
func level(v, top float64, n int) int {
	if v <= 0 || top <= 0 {
		return 0
	}
	return max(0, min(int(v/top*float64(n)), n-1))
}

// spark draws one cell per bucket: a block as high as its greatest value, a dot
// for a gap. style chooses by value.
func (p *page) spark(bs []cluster.Bucket, top float64, style func(v float64) Style) {
	if over := len(bs) - p.free(); over > 0 {
		bs = bs[over:] // the newest are at the right
	}
	if p.full() || len(bs) == 0 {
		return
	}
	var now Style
	for i := range bs {
		v, ok := bucketMax(&bs[i])
		s, r := p.s.Gap, p.g.Gap
		if ok {
			s, r = style(v), p.g.Spark[level(v, top, len(p.g.Spark))]
		}
		if i == 0 || s != now {
			p.change(now, s)
			now = s
		}
		p.buf = appendRune(p.buf, r)
		p.n++
	}
	p.change(now, Style{})
}

// change ends one style and begins another.
func (p *page) change(from, to Style) {
	if from.On != "" {
		p.buf = append(p.buf, from.Off...)
		p.buf = append(p.buf, p.base.On...)
	}
	p.buf = append(p.buf, to.On...)
}

// buckets reads a series of the frame up to its instant; nil without a history.
func (f *Frame) buckets(id cluster.NodeID, q cluster.Quantity, n int, width time.Duration) []cluster.Bucket {
	if f.Snap == nil || f.Snap.Series == nil || n <= 0 {
		return nil
	}
	return f.Snap.Series.Buckets(id, q, f.Snap.At, width, n)
}
