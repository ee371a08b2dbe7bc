package panes

import (
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// This file is the only one that knows ntcharts. What its charts do with input
// that is not tame is kept out here: NaN and the infinities make them loop or
// panic, and so do sizes of 0; a line chart draws straight through a gap. So
// columns are drawn one by one, a gap has none, and every value is checked.
// Rendering its cells by lipgloss costs milliseconds a frame, so the cells are
// read back and written with the ready sequences of Styles.

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
	k := p.s.lookOf(&r.Lag, Limits(f.Snap))
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
	limits := Limits(f.Snap)
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

// plotCanvas is a chart of some columns and rows, drawn column by column: a cell
// of ntcharts has half a kilobyte of style, so it has one column of them.
type plotCanvas struct {
	column canvas.Model
	marks  [][]rune // by row and column; 0 is blank
}

// Marks of the canvas that Styles gives its own glyphs.
const (
	gapMark    = '·'
	dottedMark = '┄'
	actionMark = '▲'
)

func newPlotCanvas(n, rows int) *plotCanvas {
	n, rows = max(n, 1), max(rows, 1)
	c := &plotCanvas{column: canvas.New(1, rows), marks: make([][]rune, rows)}
	all := make([]rune, n*rows)
	for y := range c.marks {
		c.marks[y] = all[y*n : (y+1)*n]
	}
	return c
}

// draw draws a column of so many rows over what stands there.
func (c *plotCanvas) draw(x int, rows float64) {
	graph.DrawColumnBottomToTop(&c.column, canvas.Point{Y: len(c.marks) - 1}, rows, lipgloss.Style{})
	for y := range c.marks {
		p := canvas.Point{Y: y}
		if r := c.column.Cell(p).Rune; r != 0 {
			c.marks[y][x] = r
		}
		c.column.SetCell(p, canvas.Cell{})
	}
}

// thresholds draws the lines that lie within the scale and returns their labels
// by row. A row that holds several names all of them, or the greatest alone.
func (c *plotCanvas) thresholds(t cluster.Thresholds, top float64) map[int]string {
	labels, all := map[int]string{}, map[int]string{}
	for _, d := range []time.Duration{t.Escalate, t.Critical, t.Warning} {
		at := d.Seconds()
		if at <= 0 || at > top {
			continue
		}
		row := len(c.marks) - 1 - level(at, top, len(c.marks))
		if others, shared := all[row]; shared {
			all[row] = fixed(at, 0) + "," + others
		} else {
			labels[row], all[row] = Span(d), Span(d)
		}
		for x := range c.marks[row] {
			c.marks[row][x] = dottedMark
		}
	}
	for row, label := range all {
		if len(label) <= labelWidth {
			labels[row] = label
		}
	}
	return labels
}

// wordsAt returns the row nearest the middle that no threshold lies in.
func wordsAt(labels map[int]string, rows int) int {
	for y := rows / 2; y > 0; y-- {
		if labels[y] == "" {
			return y
		}
	}
	return rows / 2
}

// noData is what stands in the row of words of a plot where nothing was measured:
// over all of it, or left of the first measurement, where there is room.
func noData(words, seen bool, blank int) string {
	const never, notYet = " nothing measured in this window ", " no data yet "
	switch {
	case !words:
	case !seen:
		return never
	case blank > len(notYet)+1:
		return notYet
	}
	return ""
}

// columns draws one column per bucket; a gap leaves a dot at the foot. It
// returns how many columns are left of the first measurement.
func (c *plotCanvas) columns(bs []cluster.Bucket, top float64) (blank int) {
	rows := float64(len(c.marks))
	blank = len(bs)
	for x := range bs {
		v, ok := bucketMax(&bs[x])
		if !ok {
			c.marks[len(c.marks)-1][x] = gapMark
			continue
		}
		blank = min(blank, x)
		// What was measured is seen, if only as the lowest block.
		c.draw(x, max(1.0/8, min(v/top*rows, rows)))
	}
	return blank
}

// actions marks, at the top, the columns in which something was done to the
// cluster, with a few words where they fit: below it the lag tells what came of
// it.
func (c *plotCanvas) actions(f *Frame, n int, width time.Duration) {
	if f.Snap == nil || len(c.marks) < 3 {
		return
	}
	last := f.Snap.At.Truncate(width)
	row, free := c.marks[0], 0
	for i := range f.Snap.Actions {
		a := &f.Snap.Actions[i]
		x := n - 1 - int(last.Sub(a.At.Truncate(width))/width)
		if !a.Step.Touched() || x < 0 || x >= n {
			continue
		}
		row[x] = actionMark
		words := []rune(" " + a.Step.Kind.String())
		if a.Step.Limit > 0 {
			words = append(words, []rune(" "+strconv.FormatInt(a.Step.Limit, 10)+"/s")...)
		}
		switch {
		case x+1+len(words) <= n:
			copy(row[x+1:], words)
		case x-len(words) >= free:
			copy(row[x-len(words):], append(words[1:], ' '))
		}
		free = x + 1 + len(words)
	}
}

// yLabel draws the label of a row: its threshold, or the top of the scale.
func (p *page) yLabel(label string) {
	p.right(p.s.Label, label, labelWidth)
	p.space(1)
	p.repeat(p.s.Faint, p.g.Vertical, 1)
}

// plotRow writes one row of the canvas, coloured by each column's own value,
// after text over its first columns.
func (p *page) plotRow(c *plotCanvas, y int, bs []cluster.Bucket, style func(float64) Style, text string) {
	p.put(p.s.Label, text)
	var now Style
	for x := len(text); x < len(c.marks[y]) && p.free() > 0; x++ {
		s, r := p.plotCell(c.marks[y][x], x, bs, style)
		if s != now {
			p.change(now, s)
			now = s
		}
		p.buf = appendRune(p.buf, r)
		p.n++
	}
	p.change(now, Style{})
}

// plotCell returns how a cell of the canvas is written.
func (p *page) plotCell(r rune, x int, bs []cluster.Bucket, style func(float64) Style) (Style, rune) {
	switch {
	case r == gapMark:
		return p.s.Gap, p.g.Gap
	case r == dottedMark:
		return p.s.Faint, p.g.Dotted
	case r == actionMark:
		return p.s.Title, p.g.Action
	case r > ' ' && r < 0x7f:
		return p.s.Label, r
	case runes.IsLowerBlockElement(r) && x < len(bs):
		return style(bs[x].Max), p.g.Spark[r-runes.LowerBlockOne]
	}
	return Style{}, ' '
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
