package panes

import (
	"strconv"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"

	"github.com/stemedb/stemetop/sources/cluster"
)

// This file is the only one that knows ntcharts. What its charts do with input
// that is not tame is kept out here: NaN and the infinities make them loop or
// panic, and so do sizes of 0; a line chart draws straight through a gap. So
// columns are drawn one by one, a gap has none, and every value is checked.
// Rendering its cells by lipgloss costs milliseconds a frame, so the cells are
// read back and written with the ready sequences of Styles.

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
