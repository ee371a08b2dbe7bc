package panes

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// trend is a figure of a host over the window.
type trend struct {
	name string
	of   cluster.Quantity
	top  float64 // of the scale, which grows with the data where it doesn't fit
	unit func(top float64) string
}

// trends are drawn from the top as far as there is room. The lag of a replica
// with a sick device follows that device: which came first is to be seen.
var trends = [...]trend{
	{"disk %util", cluster.QuantityDiskUtil, 100, percents},
	{"disk await", cluster.QuantityDiskAwait, 20, func(v float64) string { return Number(cluster.Known(v)) + " ms" }},
	{"cpu iowait", cluster.QuantityIOWait, 100, percents},
	{"cpu busy", cluster.QuantityCPU, 100, percents},
	{"net sent", cluster.QuantityNetTx, 1e5, func(v float64) string { return ByteRate(cluster.Known(v)) }},
	{"applies", cluster.QuantityRate, 100, func(v float64) string { return Rate(cluster.Known(v)) }},
}

func percents(v float64) string { return fixed(v, 0) + " %" }

const (
	trendName  = 11 // cells left of a trend, with the axis
	trendScale = 11 // right of it: the top of its scale
	trendHigh  = 6  // rows of one at most
)

// trends draws a host's past in so many lines: in a row each where there are
// few, as charts where there are many. The lines that are left over stay free.
func (p *page) trends(f *Frame, n *cluster.Node, lines int) {
	width := p.w - trendName - trendScale
	if lines < 2 || width < 16 {
		return
	}
	count, span := filled(f.window(), width)
	if lines > len(trends)+1 {
		p.end()
		lines--
	}
	p.to(trendName)
	p.left(p.s.Label, "last "+Span(time.Duration(count)*span), width+1)
	p.line(p.s.Label, "0 to")
	lines--
	shown := min(len(trends), lines)
	rows := min(lines/shown, trendHigh)
	for i := range trends[:shown] {
		p.trend(&trends[i], f.buckets(n.ID, trends[i].of, count, span), rows)
	}
}

// trend draws one in rows lines, the last of three or more free.
func (p *page) trend(t *trend, bs []cluster.Bucket, rows int) {
	top, seen := peak(bs)
	top = round125(max(top, t.top))
	if rows > 2 {
		rows--
		defer p.end()
	}
	for y := range rows {
		if y == rows-1 {
			p.put(p.s.Label, t.name)
		}
		p.to(trendName)
		switch {
		case seen:
			p.trendRow(bs, top/float64(rows), float64(rows-1-y))
		case y == rows-1:
			p.put(p.s.Unknown, unknown)
		}
		if y == 0 && seen {
			p.put(p.s.Label, " "+t.unit(top))
		}
		p.end()
	}
}

// trendRow draws one row of columns: the part of each value between floor and
// floor+1, both counted in rows of unit. Styled cells of a canvas would cost ten
// times as much as these runes.
func (p *page) trendRow(bs []cluster.Bucket, unit, floor float64) {
	p.buf = append(p.buf, p.s.Spark.On...)
	for i := range bs[:min(len(bs), p.free())] {
		v, ok := bucketMax(&bs[i])
		eighths := int(math.Ceil((v/unit - floor) * 8))
		r := ' '
		switch {
		case !ok && floor == 0:
			r = p.g.Gap
		case ok && (eighths > 0 || floor == 0): // what was measured is seen
			r = p.g.Spark[min(max(eighths, 1), 8)-1]
		}
		p.buf = appendRune(p.buf, r)
		p.n++
	}
	p.buf = append(p.buf, p.s.Spark.Off...)
}

// round125 returns the least of 1, 2, 5, 10, 20, 50, ... that v fits under: a
// scale that moves in steps does not creep.
func round125(v float64) float64 {
	for top := 1.0; top < 1e18; top *= 10 {
		for _, step := range [...]float64{1, 2, 5} {
			if v <= top*step {
				return top * step
			}
		}
	}
	return 1e18
}
