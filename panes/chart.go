package panes

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// LagChart draws the lag of the selected replica over the window, with the
// session's thresholds as dotted lines, and how the last forecasts fared.
func LagChart(f *Frame, w, h int) string {
	p := f.page(w, h)
	r := f.replica()
	switch {
	case p.full():
	case r == nil:
		p.line(p.s.Label, "no replica selected")
	case h < 4 || w < 16:
		p.lagSummary(f, r)
		p.plot(f, r.ID, plotSize{rows: min(h-1, 1)})
	default:
		p.lagSummary(f, r)
		if h >= oneScore && h < allScores {
			p.scores(f, r, 1)
		}
		below := 0
		if h >= allScores {
			below = runbook.MostScored
		}
		p.plot(f, r.ID, plotSize{rows: h - p.lines - 1 - below, axis: true})
		p.scores(f, r, below)
	}
	return p.String()
}

// lagSummary says in words what the chart shows: a picture alone is lost in a
// video call.
func (p *page) lagSummary(f *Frame, r *cluster.Replica) {
	k := p.s.lookOf(&r.Lag, cluster.LimitsOf(f.Snap))
	left := []piece{say(k.badge, k.label(), 0)}
	if r.Lag.State != cluster.LagLive {
		p.bar(append(left, say(p.s.Unknown, unsureFigure(&r.Lag), 0)), nil)
		return
	}
	fc := f.forecast(r)
	left = append(left, say(k.text, Lag(r.Lag.Seconds), 0), say(k.text, fc.Outlook(), 1))
	n, width := filled(f.window(), p.w-axisWidth)
	if top, ok := peak(f.buckets(r.ID, cluster.QuantityLag, n, width)); ok {
		left = append(left, say(p.s.Label, "peak of the last "+Span(time.Duration(n)*width)+": "+Lag(cluster.Known(top)), 2))
	}
	p.bar(left, nil)
}

// unsureFigure is the last value with its age and why there is no newer one.
func unsureFigure(l *cluster.Lag) string {
	var text []string
	if l.Seconds.Known() {
		text = append(text, Lag(l.Seconds)+", "+lagOld(l))
	}
	if !l.Why.IsZero() {
		text = append(text, l.Why.String())
	}
	return strings.Join(text, ": ")
}

const (
	labelWidth = 6              // of the y axis, e.g. "60 s" or "5,10 s"
	axisWidth  = labelWidth + 2 // with a blank and the axis
)

// plotSize is how a plot uses its place.
type plotSize struct {
	rows int  // lines of the plot
	axis bool // labels left and below, which take one more line
}

// plot draws the lag of a replica over the window.
func (p *page) plot(f *Frame, id cluster.NodeID, z plotSize) {
	indent := 0
	if z.axis {
		indent = axisWidth
	}
	n, width := filled(f.window(), p.w-indent)
	bs := f.buckets(id, cluster.QuantityLag, n, width)
	limits := cluster.LimitsOf(f.Snap)
	top, seen := peak(bs)
	top = ceiling(max(top, limits.Critical.Seconds()))
	if z.rows <= 0 || n <= 0 || p.full() {
		return
	}
	c := newPlotCanvas(n, z.rows)
	labels := c.thresholds(limits, top)
	blank := c.columns(bs, top)
	c.actions(f, n, width)
	if labels[0] == "" {
		labels[0] = Span(time.Duration(top * float64(time.Second)))
	}
	style := func(v float64) Style { return p.s.styleAt(v, limits) }
	for y := range z.rows {
		if z.axis {
			p.yLabel(labels[y])
		}
		p.plotRow(c, y, bs, style, noData(y == wordsAt(labels, z.rows), seen, blank))
		p.end()
	}
	if z.axis {
		p.xAxis(f, n, width)
	}
}

// yLabel draws the label of a row: its threshold, or the top of the scale.
func (p *page) yLabel(label string) {
	p.right(p.s.Label, label, labelWidth)
	p.space(1)
	p.repeat(p.s.Faint, p.g.Vertical, 1)
}

// xAxis names the instants below the plot: its start, and where there is room
// the middle, and its end.
func (p *page) xAxis(f *Frame, n int, width time.Duration) {
	if f.Snap == nil {
		p.end()
		return
	}
	last := f.Snap.At.Truncate(width)
	first := last.Add(-time.Duration(n-1) * width)
	p.right(p.s.Label, "0", labelWidth)
	p.to(axisWidth)
	if start := clock(first); n >= len(start) {
		p.put(p.s.Label, start)
	}
	if n >= 40 { // with a blank between it and the end
		p.to(axisWidth + n/2)
		p.put(p.s.Label, clock(first.Add(time.Duration(n/2)*width)))
	}
	end := clock(f.Snap.At)
	if n >= 20 {
		p.to(axisWidth + n - len(end))
		p.put(p.s.Label, end)
	}
	p.end()
}
