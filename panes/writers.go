package panes

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Writers draws which processes of the selected node's host write and read most, as
// iotop would. It is measured while this pane is looked at.
func Writers(f *Frame, w, h int) string {
	p := f.page(w, h)
	n := f.node()
	switch {
	case p.full():
	case n == nil:
		p.line(p.s.Label, "no replica selected")
	case n.Host.Writers.At.IsZero():
		p.line(p.s.Label, "not measured")
	default:
		p.writers(f, &n.Host.Writers)
	}
	return p.String()
}

func (p *page) writers(f *Frame, v *cluster.Writers) {
	switch {
	case v.Total == 0 && !v.Why.IsZero():
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
		p.line(p.s.Unknown, "who writes is not measured")
		p.paragraph(p.s.Unknown, v.Why.String(), 0, 3)
	case v.Interval == 0 && v.Ended:
		p.line(p.s.Label, "nothing was measured")
	case v.Interval == 0:
		p.line(p.s.Label, "measuring: it takes two looks at all processes")
	case v.Ended:
		p.line(p.s.Label, "over "+Span(v.Interval.Round(time.Second))+" until "+clock(v.At)+", "+strconv.Itoa(v.Total)+" processes")
	default:
		p.line(p.s.Label, "over the last "+Span(v.Interval.Round(time.Second))+", "+strconv.Itoa(v.Total)+" processes, "+Age(f.Snap.At.Sub(v.At))+" ago; it ends when this is closed")
	}
	if v.Interval > 0 {
		p.writerTable(v)
	}
	if v.Total > 0 && !v.Why.IsZero() {
		p.paragraph(p.s.Unknown, v.Why.String(), 0, 2)
	}
	if !v.Hint.IsZero() {
		p.paragraph(p.s.Text, "hint: "+v.Hint.String(), 0, 2)
	}
}

// writerTable leaves room below it for what may not be read.
func (p *page) writerTable(v *cluster.Writers) {
	room := p.h - p.lines - 1
	if !v.Why.IsZero() {
		room -= 3
	}
	rate := func(what func(*cluster.Writer) uint64) func(*page, *cluster.Writer, int) {
		return func(p *page, x *cluster.Writer, w int) {
			p.right(p.s.Text, ByteRate(cluster.Known(float64(what(x))/v.Interval.Seconds())), w)
		}
	}
	cs, _ := fit([]column[*cluster.Writer]{
		{"process", 24, false, 0, func(p *page, x *cluster.Writer, w int) { p.left(p.s.Name, x.Command.String(), w) }},
		{"pid", 8, true, 1, func(p *page, x *cluster.Writer, w int) { p.right(p.s.Text, strconv.Itoa(x.PID), w) }},
		{"writes", 12, true, 0, rate(func(x *cluster.Writer) uint64 { return x.Written })},
		{"reads", 12, true, 0, rate(func(x *cluster.Writer) uint64 { return x.Read })},
		{"cancelled", 12, true, 2, rate(func(x *cluster.Writer) uint64 { return x.Cancelled })},
	}, p.w, 1)
	heads(p, cs, 0, 1)
	if len(v.Writers) == 0 && room > 0 {
		p.line(p.s.Label, "no process that may be read wrote or read anything")
	}
	for i := range v.Writers[:max(0, min(len(v.Writers), room))] {
		cellsOf(p, cs, &v.Writers[i], 1)
		p.end()
	}
}
