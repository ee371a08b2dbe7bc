package panes

import (
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Draw draws a pane of a frame.
type Draw func(f *Frame, w, h int) string

// Pane returns what draws a pane of the overview; NoPane draws nothing.
func Pane(n Name) Draw {
	switch n {
	case PaneReplicas:
		return Replicas
	case PaneChart:
		return LagChart
	case PaneHost:
		return Host
	case PaneSync:
		return Sync
	case PaneEvents:
		return Events
	case PaneHosts:
		return Hosts
	case PaneAlerts:
		return Alerts
	case PaneWhy:
		return Why
	case PaneChecklist:
		return Checklist
	case PaneMachines:
		return Machines
	case PanePath:
		return Path
	case PaneTrace:
		return Trace
	case PaneWriters:
		return Writers
	case PaneLog:
		return Log
	case NoPane, NumPanes:
		fallthrough
	default:
		return func(f *Frame, w, h int) string { return f.page(w, h).String() }
	}
}

// Title returns the title of a pane of the overview, without styles.
func Title(f *Frame, n Name) string {
	switch n {
	case PaneReplicas:
		return "replicas" + counted(f)
	case PaneChart:
		return "lag" + of(f)
	case PaneHost:
		return "host" + of(f) + hostFacts(f)
	case PaneSync:
		return "merkle sync" + of(f)
	case PaneEvents:
		return "events"
	case PaneHosts:
		return "all hosts"
	case PaneAlerts:
		return "alerts" + of(f)
	case PaneWhy:
		return "why" + lags(f)
	case PaneChecklist:
		return "checklist" + lags(f) + checked(f)
	case PaneMachines:
		return "machines" + compared(f)
	case PanePath:
		return "network path" + lags(f) + pathWord(f)
	case PaneTrace:
		return "hop by hop" + lags(f) + traced(f)
	case PaneWriters:
		return "who writes" + on(f)
	case PaneLog:
		return logTitle(f)
	case NoPane, NumPanes:
		fallthrough
	default:
		return ""
	}
}

// Section draws a pane of the overview below a rule that bears its title. The
// focused one is marked by a glyph as well as by its style.
func Section(f *Frame, n Name, w, h int) string {
	if w <= 0 || h <= 0 {
		return f.page(w, h).String()
	}
	p := f.page(w, 1)
	style, mark := p.s.Title, p.g.Horizontal
	if f.Focus == n && n != NoPane {
		style, mark = p.s.Focus, p.g.Cursor
	}
	p.repeat(p.s.Faint, p.g.Horizontal, 1)
	p.repeat(p.s.Faint, mark, 1)
	title := clip(printable(Title(f, n)), p.free()-3, p.g.Ellipsis)
	if title != "" {
		p.space(1)
		p.raw(style, title)
		p.space(1)
	}
	p.repeat(p.s.Faint, p.g.Horizontal, p.free())
	p.end()
	if h == 1 {
		return p.String()
	}
	return p.String() + "\n" + Pane(n)(f, w, h-1)
}

func of(f *Frame) string {
	if n := f.node(); n != nil {
		return " of " + n.Name.String()
	}
	return ""
}

func on(f *Frame) string {
	if n := f.node(); n != nil {
		return " on " + n.Name.String()
	}
	return ""
}

// lags names the replica in question, not the node that the host pane shows.
func lags(f *Frame) string {
	if r := f.replica(); r != nil {
		return ": " + r.Name.String()
	}
	return ""
}

func counted(f *Frame) string {
	switch {
	case f.Snap == nil || len(f.Snap.Replicas) == 0:
		return ""
	case len(f.Rows) == len(f.Snap.Replicas):
		return " " + Count(cluster.Known(float64(len(f.Rows))))
	}
	return " " + strconv.Itoa(len(f.Rows)) + " of " + Count(cluster.Known(float64(len(f.Snap.Replicas))))
}

// hostFacts is what hardly changes about a host.
func hostFacts(f *Frame) string {
	n := f.node()
	if n == nil || n.Host.Facts == nil {
		return ""
	}
	h := n.Host.Facts
	var parts []string
	if s := h.Hostname.String(); s != "" && s != n.Name.String() {
		parts = append(parts, s)
	}
	if s := h.Kernel.String(); s != "" {
		parts = append(parts, h.OS.String()+" "+s)
	}
	if h.Cores > 0 {
		parts = append(parts, strconv.Itoa(h.Cores)+" cores")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
