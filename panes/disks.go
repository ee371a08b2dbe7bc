package panes

import (
	"strconv"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxDevice is the most that a device's name and mark take, e.g. dm-crypt names.
const maxDevice = 18

// diskFigure makes a column of iostat's.
func diskFigure(head string, width, rank int, v func(*cluster.DiskUsage) cluster.Figure) column[*cluster.DiskUsage] {
	return column[*cluster.DiskUsage]{head, width, true, rank, func(p *page, d *cluster.DiskUsage, w int) {
		p.right(p.s.Text, Number(v(d)), w)
	}}
}

// diskColumns are the columns of iostat -x by their names. Waits, queue and
// utilisation tell a sick device, so they go last.
func diskColumns() []column[*cluster.DiskUsage] {
	return []column[*cluster.DiskUsage]{
		{"disk", 10, false, 0, drawDevice},
		diskFigure("r/s", 5, 3, func(d *cluster.DiskUsage) cluster.Figure { return d.ReadsPerSecond }),
		diskFigure("w/s", 5, 2, func(d *cluster.DiskUsage) cluster.Figure { return d.WritesPerSecond }),
		diskFigure("rkB/s", 5, 5, func(d *cluster.DiskUsage) cluster.Figure { return d.ReadKBPerSecond }),
		diskFigure("wkB/s", 5, 4, func(d *cluster.DiskUsage) cluster.Figure { return d.WriteKBPerSecond }),
		diskFigure("f/s", 5, 6, func(d *cluster.DiskUsage) cluster.Figure { return d.FlushesPerSecond }),
		diskFigure("d/s", 5, 8, func(d *cluster.DiskUsage) cluster.Figure { return d.DiscardsPerSecond }),
		diskFigure("r_await", 7, 3, func(d *cluster.DiskUsage) cluster.Figure { return d.ReadAwait }),
		diskFigure("w_await", 7, 1, func(d *cluster.DiskUsage) cluster.Figure { return d.WriteAwait }),
		diskFigure("f_await", 7, 6, func(d *cluster.DiskUsage) cluster.Figure { return d.FlushAwait }),
		diskFigure("rareq-sz", 8, 7, func(d *cluster.DiskUsage) cluster.Figure { return d.ReadSize }),
		diskFigure("wareq-sz", 8, 7, func(d *cluster.DiskUsage) cluster.Figure { return d.WriteSize }),
		diskFigure("aqu-sz", 6, 1, func(d *cluster.DiskUsage) cluster.Figure { return d.QueueSize }),
		{"%util", 5, true, 0, drawUtil},
	}
}

func drawDevice(p *page, d *cluster.DiskUsage, w int) {
	p.left(p.s.Name, d.Name.String(), w-2)
	p.space(1)
	if d.WAL {
		p.repeat(p.s.Name, p.g.WAL, 1)
	}
}

func drawUtil(p *page, d *cluster.DiskUsage, w int) {
	s := p.s.Text
	if v, ok := d.Util.Value(); ok && v >= 90 {
		s = p.s.Warn
	}
	p.right(s, Number(d.Util), w)
}

// diskLines is how many lines the table of disks has at most, head included: one
// says, where it is so, that the WAL's disk is not known.
func diskLines(h *cluster.Host) int {
	n := 1 + max(1, len(h.Disks))
	if !h.NoWAL().IsZero() {
		n++
	}
	return n
}

// diskTable draws iostat's table in so many lines, head included. A hung device
// has no figures until it answers: that it hangs stands in their place. The last
// line says what the figures above it don't: how many devices have no line, and
// that none is known to be the WAL's, with the reason; where there is a line for one
// device only, the head does.
func (p *page) diskTable(h *cluster.Host, lines int) {
	if lines <= 0 {
		return
	}
	ds, why := h.Disks, h.NoWAL()
	rows := max(0, min(len(ds), lines-1))
	foot := lines > 2 && (!why.IsZero() || rows < len(ds))
	if foot {
		rows = min(rows, lines-2)
	}
	cs, taken := fit(diskColumns(), p.w, 1)
	cs[0].width += max(0, min(p.w-taken, maxDevice-cs[0].width))
	if len(ds) > 0 {
		cs[0].head = p.diskHead(why.IsZero(), foot, len(ds)-rows, cs[0].width)
	}
	heads(p, cs, 0, 1)
	if len(ds) == 0 && lines > 1 {
		p.line(p.s.Unknown, "no block device known")
	}
	for i := range ds[:rows] {
		switch d := &ds[i]; {
		case d.Stalled:
			p.deviceWord(d, cs[0].width, p.s.BadgeCrit, " STALLED "+string(p.g.Crit)+" ",
				strconv.FormatUint(uint64(d.InFlight), 10)+" in flight, none completed")
		case !d.Why.IsZero():
			p.deviceWord(d, cs[0].width, p.s.Unknown, unknown, d.Why.String())
		default:
			cellsOf(p, cs, d, 1)
			p.end()
		}
	}
	if foot {
		p.diskFoot(why, len(ds)-rows)
	}
}

// diskHead is the head of the column of names, of w cells. It tells the mark of the
// WAL's, and without a foot what that would.
func (p *page) diskHead(known, foot bool, hidden, w int) string {
	wal := string(p.g.WAL) + "=wal"
	if !known {
		wal = "wal=" + unknown
	}
	switch {
	case !known && foot:
		return "disk"
	case hidden > 0 && !foot:
		wal += " +" + strconv.Itoa(hidden)
	}
	if long := "disk " + wal; len(long) <= w {
		return long
	}
	return wal
}

// diskFoot says why the first device is not the WAL's, and how many have no line.
func (p *page) diskFoot(why cluster.Text, hidden int) {
	var left, right []piece
	if !why.IsZero() {
		left = []piece{say(p.s.Unknown, "wal's disk not known: "+why.String(), 0)}
	}
	if hidden > 0 {
		right = []piece{say(p.s.Label, more(hidden), 1)}
	}
	if left == nil {
		left, right = right, nil
	}
	p.bar(left, right)
}

// more says how many of a list have no line.
func more(n int) string { return "+" + strconv.Itoa(n) + " more" }

// deviceWord draws a device that has a state instead of figures.
func (p *page) deviceWord(d *cluster.DiskUsage, w int, s Style, word, text string) {
	drawDevice(p, d, w)
	p.to(w + 1)
	p.put(s, word)
	p.space(2)
	p.put(p.s.Text, text)
	if d.Stalled && d.Util.Known() {
		p.put(p.s.Text, ", "+Number(d.Util)+" %util")
	}
	p.end()
}
