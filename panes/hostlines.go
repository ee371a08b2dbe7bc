package panes

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// pressureLine is PSI: the share of time in which work stood still for want of a
// resource, and the load.
func (p *page) pressureLine(h *cluster.Host) {
	p.left(p.s.Name, "psi", 5)
	x := &h.Pressure
	left := []piece{
		p.figure("cpu", x.CPUSome, 2), p.figure("io", x.IOSome, 0),
		p.figure("io full", x.IOFull, 1), p.figure("mem", x.MemorySome, 3),
	}
	if h.Load.Has {
		load := fixed(h.Load.One, 2) + " " + fixed(h.Load.Five, 2) + " " + fixed(h.Load.Fifteen, 2)
		left = append(left, piece{p.s.Text, load, 4, "load"})
	}
	p.bar(left, nil)
}

// memoryLine is what is left of memory, and what waits to be written back.
func (p *page) memoryLine(h *cluster.Host) {
	p.left(p.s.Name, "mem", 5)
	m := &h.Memory
	if !m.Has {
		p.line(p.s.Unknown, unknown)
		return
	}
	left := []piece{
		say(p.s.Text, Bytes(m.Available*1024)+" of "+Bytes(m.Total*1024)+" free", 0),
		say(p.s.Label, "dirty "+Bytes(m.Dirty*1024), 2),
		say(p.s.Label, "writeback "+Bytes(m.Writeback*1024), 3),
	}
	if m.SwapTotal > 0 {
		used := m.SwapTotal - min(m.SwapFree, m.SwapTotal)
		left = append(left, say(p.s.Label, "swap used "+Bytes(used*1024), 4))
	}
	p.bar(left, nil)
}

// netLines draw the interfaces, one a line. The last line says how many have none:
// at its right, else beside the name.
func (p *page) netLines(ns []cluster.NetUsage, lines int) {
	shown := max(0, min(len(ns), lines))
	for i := range ns[:shown] {
		n := &ns[i]
		if p.w >= 48 {
			p.left(p.s.Name, "net", 5)
		}
		trouble := 1
		var right []piece
		if hidden := len(ns) - shown; hidden > 0 && i == shown-1 {
			count := " +" + strconv.Itoa(hidden)
			if p.free() >= netName+1+netTraffic+pieceGap+len(more(hidden)) {
				right, trouble, count = []piece{say(p.s.Label, more(hidden), 1)}, 2, ""
			}
			p.left(p.s.Name, n.Name.String(), netName-len(count))
			p.left(p.s.Label, count, len(count))
		} else {
			p.left(p.s.Name, n.Name.String(), netName)
		}
		p.space(1)
		p.bar([]piece{
			p.traffic("rx", n.RxBytesPerSecond), p.traffic("tx", n.TxBytesPerSecond),
			p.netTrouble("err", n.ErrorsPerSecond, trouble), p.netTrouble("drop", n.DropsPerSecond, trouble+1),
		}, right)
	}
}

const (
	netName    = 8                     // cells of an interface's name
	netTraffic = 2*(2+1+10) + pieceGap // of both its rates
)

// traffic makes a rate of bytes, ten cells wide.
func (p *page) traffic(name string, v cluster.Figure) piece {
	return piece{p.s.Text, padded(ByteRate(v), 10), 0, name}
}

// netTrouble makes a rate that should be zero.
func (p *page) netTrouble(name string, v cluster.Figure, rank int) piece {
	s := p.s.Label
	if x, ok := v.Value(); ok && x > 0 {
		s = p.s.Warn
	}
	return piece{s, padded(Rate(v), 6), rank, name}
}

// processColumns are top's columns.
func processColumns(now float64) []column[*cluster.ProcessUsage] {
	return []column[*cluster.ProcessUsage]{
		{"process", 16, false, 0, func(p *page, x *cluster.ProcessUsage, w int) {
			p.left(p.s.Name, x.Command.String(), w)
		}},
		{"pid", 7, true, 2, func(p *page, x *cluster.ProcessUsage, w int) {
			p.right(p.s.Text, strconv.Itoa(x.PID), w)
		}},
		{"s", 1, false, 4, func(p *page, x *cluster.ProcessUsage, w int) {
			p.left(p.s.Text, stateLetter(x.State), w)
		}},
		{"%cpu", 6, true, 0, func(p *page, x *cluster.ProcessUsage, w int) {
			p.right(p.s.Text, Number(x.CPU), w)
		}},
		{"rss", 10, true, 1, func(p *page, x *cluster.ProcessUsage, w int) {
			p.right(p.s.Text, Bytes(x.RSSBytes), w)
		}},
		{"thr", 5, true, 3, func(p *page, x *cluster.ProcessUsage, w int) {
			p.right(p.s.Text, strconv.Itoa(x.Threads), w)
		}},
		{"up", 7, true, 3, func(p *page, x *cluster.ProcessUsage, w int) {
			p.right(p.s.Text, upFor(x, now), w)
		}},
	}
}

// stateLetter is the state as ps has it; anything else than a letter is unknown.
func stateLetter(b byte) string {
	if (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') {
		return string(rune(b))
	}
	return unknown
}

// upFor is how long a process has run: a young one has crashed and come back.
func upFor(x *cluster.ProcessUsage, now float64) string {
	at, ok := x.Started.Value()
	if !ok || now <= 0 {
		return unknown
	}
	if s := max(0, now-at); s >= 100 {
		return long(s)
	}
	return fixed(max(0, now-at), 0) + " s"
}

// processesFresh is how old the processes may be without saying so: they are
// asked less often than the counters.
const processesFresh = 20 * time.Second

// processTable draws the processes in so many lines, head included.
func (p *page) processTable(f *Frame, h *cluster.Host, lines int) {
	if lines <= 0 {
		return
	}
	cs, _ := fit(processColumns(h.Uptime.Seconds()), p.w, 1)
	if age := f.Snap.At.Sub(h.ProcessesAt); h.ProcessesKnown && age > processesFresh {
		cs[0].head = Age(age) + " old"
	}
	heads(p, cs, 0, 1)
	switch {
	case lines < 2:
	case !h.ProcessesKnown:
		p.line(p.s.Unknown, "processes not known")
	case len(h.Processes) == 0:
		p.line(p.s.BadgeCrit, " no such process runs "+string(p.g.Crit)+" ")
	}
	for i := range h.Processes[:min(len(h.Processes), lines-1)] {
		cellsOf(p, cs, &h.Processes[i], 1)
		p.end()
	}
}
