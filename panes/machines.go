package panes

import (
	"strconv"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// machineLine is a row of the table of machines.
type machineLine struct {
	n     *cluster.Node
	parts [runbook.NumMachineParts]runbook.MachinePart
}

// Machines draws the hardware and the kernel of the primary and of all replicas,
// one host a line, and marks what is not as the primary's. It scrolls with the
// cursor.
func Machines(f *Frame, w, h int) string {
	p := f.page(w, h)
	if f.Snap == nil || p.full() {
		return p.String()
	}
	cs := machineColumns(f.Snap, w)
	heads(p, cs, gutter, 1)
	legend := 0
	if h >= 6 {
		legend = 2
	}
	for _, n := range hostsShown(f, h-1-legend) {
		l := machineLine{n, runbook.Machine(&n.Host, &f.Snap.Primary.Host)}
		p.machineRow(f, cs, &l)
	}
	if legend > 0 {
		p.end()
		p.line(p.s.Label, "   < less than the primary has   "+string(p.g.Differs)+" other than the primary's   ? not known")
	}
	return p.String()
}

// machineColumns shares the room: what is left goes to what is cut first.
func machineColumns(s *cluster.Snapshot, w int) []column[*machineLine] {
	id := idWidth(s, w)
	widths := [runbook.NumMachineParts]int{7, 10, 17, 12, 14}
	most := [runbook.NumMachineParts]int{7, 10, 44, 24, 26}
	room := w - gutter - id
	for _, width := range widths {
		room -= 1 + width
	}
	for _, i := range []int{runbook.MachineKernel, runbook.MachineDisk, runbook.MachineLink} {
		more := max(0, min(most[i]-widths[i], room))
		widths[i] += more
		room -= more
	}
	cs := []column[*machineLine]{
		{"host", id, false, 0, func(p *page, l *machineLine, w int) { p.left(p.s.Name, l.n.Name.String(), w) }},
	}
	for i, head := range [runbook.NumMachineParts]string{"  cores", "  memory", "  WAL disk", "  link", "  kernel"} {
		cs = append(cs, column[*machineLine]{head, widths[i], false, 0, func(p *page, l *machineLine, w int) {
			p.machinePart(&l.parts[i], w)
		}})
	}
	return cs
}

// machinePart draws a part after its mark.
func (p *page) machinePart(m *runbook.MachinePart, w int) {
	style, mark, text := p.s.Text, ' ', m.Text.String()
	switch {
	case m.Text.IsZero():
		style, text = p.s.Unknown, unknown
	case m.Worse:
		style, mark = p.s.Warn, '<'
	case m.Differs:
		style, mark = p.s.Warn, p.g.Differs
	}
	p.left(style, string(mark)+" "+text, w)
}

// machineRow draws what is known of a host, however old: it hardly changes.
func (p *page) machineRow(f *Frame, cs []column[*machineLine], l *machineLine) {
	if l.n.ID == f.Selected {
		p.under(p.s.Cursor)
		p.space(1)
		p.repeat(p.s.Text, p.g.Cursor, 1)
	}
	p.to(gutter)
	if l.n.Host.Facts != nil {
		cellsOf(p, cs, l, 1)
		p.end()
		return
	}
	cellsOf(p, cs[:1], l, 1)
	p.space(3)
	if l.n.Host.Configured {
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
		p.put(p.s.Unknown, hostSilence(f, &l.n.Host))
	} else {
		p.put(p.s.Label, "no SSH target")
	}
	p.end()
}

// compared counts the replicas whose machines are not as the primary's, for the
// title.
func compared(f *Frame) string {
	if f.Snap == nil {
		return ""
	}
	differ, known := 0, 0
	for i := range f.Snap.Replicas {
		h := &f.Snap.Replicas[i].Host
		if h.Facts == nil || f.Snap.Primary.Host.Facts == nil {
			continue
		}
		known++
		for _, m := range runbook.Machine(h, &f.Snap.Primary.Host) {
			if m.Differs {
				differ++
				break
			}
		}
	}
	return " (" + strconv.Itoa(differ) + " of " + strconv.Itoa(known) + " differ from the primary's)"
}
