package panes

import (
	"net"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Trace draws the path from the primary's host to the selected replica, hop by hop,
// as far as it is measured by now. It is measured while this pane is looked at.
func Trace(f *Frame, w, h int) string {
	p := f.page(w, h)
	r := f.replica()
	switch {
	case p.full():
	case r == nil:
		p.line(p.s.Label, "no replica selected")
	case r.Network.Trace.At.IsZero():
		p.line(p.s.Label, "not measured")
	default:
		p.trace(f, r)
	}
	return p.String()
}

func (p *page) trace(f *Frame, r *cluster.Replica) {
	t := &r.Network.Trace
	p.traceState(f, t)
	if len(t.Hops) == 0 {
		return
	}
	cs, _ := fit(hopColumns(r), p.w, 1)
	heads(p, cs, 0, 1)
	for i := range t.Hops {
		cellsOf(p, cs, &t.Hops[i], 1)
		p.end()
	}
	p.end()
	p.paragraph(p.s.Label, "loss at a hop and at none behind it is that router's own limit on answers, not loss on the path", 0, 2)
}

// traceState says what measures, since when, or why nothing does.
func (p *page) traceState(f *Frame, t *cluster.Trace) {
	from := " on " + f.Snap.Primary.Name.String()
	switch {
	case !t.Why.IsZero():
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
		p.line(p.s.Unknown, "the path is not measured")
		p.paragraph(p.s.Unknown, t.Why.String(), 0, 3)
		if !t.Hint.IsZero() {
			p.paragraph(p.s.Text, "hint: "+t.Hint.String(), 0, 2)
		}
	case len(t.Hops) == 0 && t.Ended:
		p.line(p.s.Label, "nothing was measured"+from)
	case len(t.Hops) == 0:
		p.line(p.s.Label, "measuring"+from+", for "+Age(t.For))
	case t.Ended:
		p.line(p.s.Label, "by "+t.By.String()+from+", measured for "+Age(t.For)+" until "+clock(t.At))
	default:
		p.line(p.s.Label, "by "+t.By.String()+from+", measured for "+Age(t.For)+"; it ends when this is closed")
	}
}

// hopColumns are mtr's.
func hopColumns(r *cluster.Replica) []column[*cluster.Hop] {
	trip := func(v func(*cluster.Hop) time.Duration) func(*page, *cluster.Hop, int) {
		return func(p *page, x *cluster.Hop, w int) {
			if x.Back == 0 {
				p.right(p.s.Unknown, "-", w)
				return
			}
			p.right(p.s.Text, hopTrip(v(x)), w)
		}
	}
	return []column[*cluster.Hop]{
		{"hop", 3, true, 0, func(p *page, x *cluster.Hop, w int) { p.right(p.s.Label, strconv.Itoa(x.TTL), w) }},
		{"address", 30, false, 0, func(p *page, x *cluster.Hop, w int) { p.hopAddress(r, x, w) }},
		{"loss", 6, true, 0, func(p *page, x *cluster.Hop, w int) { p.hopLoss(x, w) }},
		{"sent", 5, true, 2, func(p *page, x *cluster.Hop, w int) { p.right(p.s.Text, strconv.Itoa(x.Sent), w) }},
		{"last ms", 8, true, 1, trip(func(x *cluster.Hop) time.Duration { return x.Last })},
		{"mean ms", 8, true, 0, trip(func(x *cluster.Hop) time.Duration { return x.Mean })},
		{"best ms", 8, true, 3, trip(func(x *cluster.Hop) time.Duration { return x.Best })},
		{"worst ms", 8, true, 2, trip(func(x *cluster.Hop) time.Duration { return x.Worst })},
		{"", 20, false, 4, func(p *page, x *cluster.Hop, w int) { p.left(p.s.Warn, x.Note.String(), w) }},
	}
}

// hopTrip has two decimals: hops of one data centre differ there.
func hopTrip(d time.Duration) string {
	if ms := float64(d) / float64(time.Millisecond); ms < 1000 {
		return fixed(ms, 2)
	}
	return fixed(float64(d)/float64(time.Millisecond), 0)
}

func (p *page) hopAddress(r *cluster.Replica, x *cluster.Hop, w int) {
	if x.Address.IsZero() {
		p.left(p.s.Unknown, "no answer", w)
		return
	}
	text := x.Address.String()
	if host, _, _ := net.SplitHostPort(r.Spec.RPC.String()); host == text {
		text += " (" + r.Name.String() + ")"
	}
	if x.Others > 0 {
		text += " and " + strconv.Itoa(x.Others) + " more"
	}
	p.left(p.s.Name, text, w)
}

func (p *page) hopLoss(x *cluster.Hop, w int) {
	lost := max(0, x.Sent-x.Back)
	switch {
	case x.Sent == 0:
		p.right(p.s.Unknown, unknown, w)
	case lost == 0:
		p.right(p.s.Text, "0 %", w)
	default:
		p.right(p.s.Warn, whole(cluster.Known(float64(lost)/float64(x.Sent)*100))+" %", w)
	}
}

// traced says from where.
func traced(f *Frame) string {
	if f.replica() == nil {
		return ""
	}
	return " from " + f.Snap.Primary.Name.String()
}
