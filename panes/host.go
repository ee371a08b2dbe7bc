package panes

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Host draws what the selected node's host does: processors, disks with the WAL's
// or the busiest first, pressure, memory, network, processes. Scroll skips lines from the top.
func Host(f *Frame, w, h int) string {
	above := max(0, min(f.Scroll[PaneHost], maxScroll))
	p := f.page(w, h+above)
	if h <= 0 || w <= 0 {
		return f.page(w, h).String()
	}
	n := f.node()
	switch {
	case p.full():
	case n == nil:
		p.line(p.s.Label, "no replica selected")
	case !n.Host.Configured:
		p.linkOf(f)
		p.line(p.s.Label, "no SSH target is configured for "+n.Name.String())
		hint := "hint: give one with --ssh " + n.Name.String() + "=[user@]host[:port] or in the config"
		if !n.ID.Typeable() {
			hint = "hint: give one in the config, the id there in quotes"
		}
		p.paragraph(p.s.Label, hint, 0, 3)
		p.serviceAlone(f, &n.Host.Service)
	default:
		p.hostTrouble(f, &n.Host)
		p.hostFigures(f, n)
	}
	return p.tail(h)
}

// roomy is how many lines there must be for what is good to know.
const roomy = 14

// maxScroll bounds what is drawn above the first visible line of a host.
const maxScroll = 1000

// hostTrouble says why there is no fresh reading and what to do, above the last
// figures there are.
func (p *page) hostTrouble(f *Frame, h *cluster.Host) {
	if h.Err == nil && h.Reachable {
		return
	}
	age, ever := h.Age(f.Snap.At)
	text := "no reading yet"
	if ever {
		text = "last reading is " + Age(age) + " old"
	}
	if h.Reachable {
		text = "reading in part"
	} else {
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
	}
	if h.Err == nil {
		p.line(p.s.Unknown, text)
		return
	}
	p.line(p.s.Unknown, text+" ("+string(h.Err.Kind)+")")
	p.paragraph(p.s.Unknown, h.Err.What.String(), 0, 3)
	if !h.Err.Hint.IsZero() {
		p.paragraph(p.s.Text, "hint: "+h.Err.Hint.String(), 0, 3)
	}
}

// hostFigures draws the blocks of figures one below the other. Where they do not
// all fit, each leaves out its last lines in favour of what comes next.
func (p *page) hostFigures(f *Frame, n *cluster.Node) {
	h := &n.Host
	if h.Newest.IsZero() && h.Interval == 0 {
		p.serviceAlone(f, &h.Service)
		p.linkOf(f)
		return
	}
	if h.Interval == 0 {
		why := h.RatesWhy.String()
		if why == "" {
			why = "rates need two readings"
		}
		p.line(p.s.Label, "no rates yet: "+why)
	}
	room := p.h - p.lines
	link := linkHeight(f)
	if room < 5+link {
		p.cpuLine(h)
		p.diskTable(h, room-1-link)
		p.linkOf(f)
		return
	}
	room -= link
	unit := serviceTrouble(&h.Service) || room >= roomy && !h.Service.At.IsZero()
	rpc := room >= roomy && rpcKnown(f.replica())
	for _, line := range []bool{unit, rpc} {
		if line {
			room--
		}
	}
	disks, nets, processes := shares(room, diskLines(h), len(h.Nets), len(h.Processes))
	p.cpuLine(h)
	p.cpuBar(f, n)
	p.diskTable(h, disks)
	p.linkOf(f)
	p.pressureLine(h)
	p.memoryLine(h)
	p.netLines(h.Nets, nets)
	if rpc {
		p.rpcLine(f, f.replica())
	}
	p.processTable(f, h, processes)
	if unit {
		p.serviceLine(f, &h.Service)
	}
	p.missingLines(h)
	if f.Scroll[PaneHost] <= 0 {
		p.trends(f, n, p.h-p.lines)
	}
}

// shares divides room lines among disks, interfaces and processes, heads
// included, after the four lines that are always there: the WAL's device first,
// one of each next, then whatever there is more of, the processes last. The lines of
// disks are with their head.
func shares(room, disks, nets, processes int) (d, n, ps int) {
	room -= 4
	take := func(have *int, want int) {
		got := max(0, min(want-*have, room))
		*have += got
		room -= got
	}
	take(&d, 2)
	take(&n, min(nets, 1))
	if room >= 2 {
		take(&ps, 2)
	}
	take(&d, min(disks, 4))
	take(&ps, min(1+max(processes, 1), 3))
	take(&n, min(nets, 2))
	take(&d, disks)
	take(&n, nets)
	take(&ps, 1+max(processes, 1))
	return d, n, ps
}

// figure makes a named figure of a line, five cells wide, so that a figure
// dropped or grown moves no other.
func (p *page) figure(name string, v cluster.Figure, rank int) piece {
	return piece{p.s.Text, padded(Number(v), 5), rank, name}
}

// cpuLine is the line of iostat, in top's words, and the busiest processor: one
// that is saturated hides in the average of many.
func (p *page) cpuLine(h *cluster.Host) {
	c := &h.CPU
	p.left(p.s.Name, "cpu", 5)
	p.bar([]piece{
		p.figure("us", c.User, 0), p.figure("sy", c.System, 1), p.figure("ni", c.Nice, 4),
		p.figure("wa", c.IOWait, 0), p.figure("st", c.Steal, 3), p.figure("id", c.Idle, 2),
	}, nil)
}

// cpuBar is how busy all processors are now, as a bar, and over the window.
func (p *page) cpuBar(f *Frame, n *cluster.Node) {
	busy := busyOf(&n.Host.CPU)
	p.space(5)
	p.progress(busy.Scale(0.01), max(8, min(24, (p.w-5)/5)))
	p.right(p.s.Text, Percent(busy.Scale(0.01)), 6)
	p.put(p.s.Label, " busy")
	if c := &n.Host.CPU; c.Busiest.Known() && p.free() >= 15 {
		p.put(p.s.Label, ", cpu"+strconv.Itoa(c.BusiestCPU))
		p.right(p.s.Text, Percent(c.Busiest.Scale(0.01)), 6)
	}
	p.space(2)
	if room := p.free(); room >= 10 {
		count, width := grid(f.window(), min(room, maxSpark))
		p.spark(f.buckets(n.ID, cluster.QuantityCPU, count, width), 100, func(float64) Style { return p.s.Spark })
		if span := " " + Span(time.Duration(count)*width); len(span) <= p.free() {
			p.put(p.s.Label, span)
		}
	}
	p.end()
}

// busyOf is 100 less idle and iowait, as the history keeps it.
func busyOf(c *cluster.CPUUsage) cluster.Figure {
	idle, ok1 := c.Idle.Value()
	wait, ok2 := c.IOWait.Value()
	if !ok1 || !ok2 {
		return cluster.Figure{}
	}
	return cluster.Known(max(0, 100-idle-wait))
}

// missingLines name the sections that the host could not give.
func (p *page) missingLines(h *cluster.Host) {
	for i := range h.Missing {
		m := &h.Missing[i]
		p.line(p.s.Unknown, "no "+m.Section.String()+": "+m.Why.String())
	}
}
