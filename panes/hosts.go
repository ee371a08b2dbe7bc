package panes

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// hostLine is a row of the table of hosts.
type hostLine struct {
	n    *cluster.Node
	disk *cluster.DiskUsage // the WAL's, else the busiest; nil if there is none
	past []cluster.Bucket
}

// Hosts draws the hosts of the primary and of all replicas side by side, in the
// order of the replicas' table: which one is sick shows by comparison. It
// scrolls with the cursor.
func Hosts(f *Frame, w, h int) string {
	p := f.page(w, h)
	if f.Snap == nil || p.full() {
		return p.String()
	}
	cs, taken := fit(hostColumns(f.Snap, w), w-gutter, 1)
	buckets, width := hostSpark(f, cs, w-gutter-taken)
	heads(p, cs, gutter, 1)
	shown := hostsShown(f, h-1)
	unsure := withoutWAL(f, shown)
	const note = 2 // lines
	if unsure != nil && h >= 6 {
		shown = hostsShown(f, h-1-note)
	}
	for _, n := range shown {
		l := hostLine{n: n}
		if len(n.Host.Disks) > 0 {
			l.disk = &n.Host.Disks[0]
		}
		l.past = f.buckets(n.ID, cluster.QuantityDiskUtil, buckets, width)
		p.hostRow(f, cs, &l)
	}
	if unsure != nil {
		p.paragraph(p.s.Label, string(p.g.Unknown)+" the busiest disk: the WAL's is not known ("+
			unsure.Name.String()+": "+unsure.Host.NoWAL().String()+")", gutter, note)
	}
	return p.String()
}

// withoutWAL returns the node selected, or else the first, that has figures of disks
// and none known to be the WAL's; nil where there is none.
func withoutWAL(f *Frame, nodes []*cluster.Node) *cluster.Node {
	var first *cluster.Node
	for _, n := range nodes {
		switch {
		case !hostFigures(&n.Host) || n.Host.NoWAL().IsZero():
		case n.ID == f.Selected:
			return n
		case first == nil:
			first = n
		}
	}
	return first
}

// hostFigures tells whether a host has figures of now.
func hostFigures(h *cluster.Host) bool { return h.Configured && h.Reachable && h.Interval > 0 }

// hostFigure makes a column of the host's own figures.
func hostFigure(head string, width, rank int, v func(*cluster.Host) cluster.Figure) column[*hostLine] {
	return column[*hostLine]{head, width, true, rank, func(p *page, l *hostLine, w int) {
		p.right(p.s.Text, Number(v(&l.n.Host)), w)
	}}
}

// walFigure makes a column of the figures of the disk that is shown of a host.
func walFigure(head string, width, rank int, v func(*cluster.DiskUsage) cluster.Figure) column[*hostLine] {
	return column[*hostLine]{head, width, true, rank, func(p *page, l *hostLine, w int) {
		if l.disk == nil || l.disk.Stalled {
			p.right(p.s.Unknown, unknown, w)
			return
		}
		p.right(p.s.Text, Number(v(l.disk)), w)
	}}
}

// hostColumns are the figures by which a sick host differs from the others.
func hostColumns(s *cluster.Snapshot, w int) []column[*hostLine] {
	return []column[*hostLine]{
		{"host", idWidth(s, w), false, 0, func(p *page, l *hostLine, w int) { p.left(p.s.Name, l.n.Name.String(), w) }},
		hostFigure("us", 5, 3, func(h *cluster.Host) cluster.Figure { return h.CPU.User }),
		hostFigure("sy", 5, 5, func(h *cluster.Host) cluster.Figure { return h.CPU.System }),
		hostFigure("wa", 5, 1, func(h *cluster.Host) cluster.Figure { return h.CPU.IOWait }),
		hostFigure("busiest", 7, 4, func(h *cluster.Host) cluster.Figure { return h.CPU.Busiest }),
		hostFigure("psi io", 6, 3, func(h *cluster.Host) cluster.Figure { return h.Pressure.IOSome }),
		{"disk", 10, false, 4, drawHostDisk},
		walFigure("w/s", 5, 5, func(d *cluster.DiskUsage) cluster.Figure { return d.WritesPerSecond }),
		walFigure("w_await", 7, 1, func(d *cluster.DiskUsage) cluster.Figure { return d.WriteAwait }),
		walFigure("aqu-sz", 6, 2, func(d *cluster.DiskUsage) cluster.Figure { return d.QueueSize }),
		{"%util", 5, true, 0, drawHostUtil},
		{sparkHead, minSpark, false, 2, func(p *page, l *hostLine, _ int) {
			p.spark(l.past, 100, func(float64) Style { return p.s.Spark })
		}},
		{"rss", 10, true, 6, drawRSS},
		{"net sent", 10, true, 6, drawSent},
	}
}

// hostSpark gives the room that is left to the sparkline, and names it.
func hostSpark(f *Frame, cs []column[*hostLine], room int) (buckets int, width time.Duration) {
	for i := range cs {
		if c := &cs[i]; c.head == sparkHead {
			c.width = min(minSpark+max(0, room), maxSpark)
			buckets, width = filled(f.window(), c.width)
			c.head = "past %util"
			if long := "%util of the last " + Span(time.Duration(buckets)*width); len(long) <= c.width {
				c.head = long
			}
		}
	}
	return buckets, width
}

// hostsShown returns the nodes in the lines that there are, around the cursor.
func hostsShown(f *Frame, lines int) []*cluster.Node {
	at := slices.Index(f.Rows, f.Selected) + 1 // the primary comes first
	top := max(0, min(at-lines/2, len(f.Rows)+1-lines))
	ids := append([]cluster.NodeID{f.Snap.Primary.ID}, f.Rows...)
	ids = ids[top:min(len(ids), top+max(0, lines))]
	nodes := make([]*cluster.Node, 0, len(ids))
	for i, id := range ids {
		switch r := f.Snap.Replica(id); {
		case top+i == 0:
			nodes = append(nodes, &f.Snap.Primary.Node)
		case r != nil:
			nodes = append(nodes, &r.Node)
		}
	}
	return nodes
}

// hostRow draws a host's figures, or in their place why there are none.
func (p *page) hostRow(f *Frame, cs []column[*hostLine], l *hostLine) {
	h := &l.n.Host
	if l.n.ID == f.Selected {
		p.under(p.s.Cursor)
		p.space(1)
		p.repeat(p.s.Text, p.g.Cursor, 1)
	}
	p.to(gutter)
	if hostFigures(h) {
		cellsOf(p, cs, l, 1)
		p.end()
		return
	}
	cellsOf(p, cs[:1], l, 1)
	p.space(2)
	switch {
	case !h.Configured:
		p.put(p.s.Label, "no SSH target")
	case h.Reachable:
		p.put(p.s.Label, "no rates yet: "+h.RatesWhy.String())
	default:
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
		p.put(p.s.Unknown, hostSilence(f, h))
	}
	p.end()
}

// hostSilence says for how long a host's figures have not been had, and why.
func hostSilence(f *Frame, h *cluster.Host) string {
	text := "no reading yet"
	if age, ever := h.Age(f.Snap.At); ever {
		text = "silent for " + Age(age)
	}
	if h.Err != nil {
		text += ": " + h.Err.What.String()
	}
	return text
}

// drawHostDisk names the disk that is shown, and marks it as the WAL's or as one of
// which that is not known.
func drawHostDisk(p *page, l *hostLine, w int) {
	if l.disk == nil {
		p.put(p.s.Unknown, unknown)
		return
	}
	drawDevice(p, l.disk, w)
	if !l.disk.WAL {
		p.repeat(p.s.Unknown, p.g.Unknown, 1)
	}
}

func drawHostUtil(p *page, l *hostLine, w int) {
	switch {
	case l.disk == nil:
		p.right(p.s.Unknown, unknown, w)
	case l.disk.Stalled:
		p.right(p.s.BadgeCrit, "HUNG"+string(p.g.Crit), w)
	default:
		drawUtil(p, l.disk, w)
	}
}

// drawRSS draws the memory of the processes that are watched.
func drawRSS(p *page, l *hostLine, w int) {
	var sum uint64
	for i := range l.n.Host.Processes {
		sum += l.n.Host.Processes[i].RSSBytes
	}
	switch {
	case !l.n.Host.ProcessesKnown:
		p.right(p.s.Unknown, unknown, w)
	case len(l.n.Host.Processes) == 0:
		p.right(p.s.BadgeCrit, "no process", w)
	default:
		p.right(p.s.Text, Bytes(sum), w)
	}
}

// drawSent draws what the host sends by all interfaces but the loopback.
func drawSent(p *page, l *hostLine, w int) {
	var sum cluster.Figure
	for i := range l.n.Host.Nets {
		n := &l.n.Host.Nets[i]
		if n.Loopback() {
			continue
		}
		v, ok := n.TxBytesPerSecond.Value()
		if have, already := sum.Value(); ok && already {
			v += have
		}
		if ok {
			sum = cluster.Known(v)
		}
	}
	p.right(p.s.Text, ByteRate(sum), w)
}
