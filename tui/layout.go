package tui

import "github.com/stemedb/stemetop/panes"

// rect is a rectangle of cells, from the top left of the screen. An empty one
// is not drawn.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

// kind is what the screen is used for.
type kind uint8

const (
	overview kind = iota
	zoomed        // one pane alone
	detail        // all panes of the selected replica, without the table
	large         // the selected replica in block letters, for a shared screen
)

// layout is where everything is: a value, equal for equal arguments. The
// rectangles that are not empty cover the screen and do not overlap. Those of
// panes include the line of their title and, right of another pane, the column
// of the rule between them.
//
// The overview at 120 by 40; below 110 columns the alerts have no place. From
// 160 columns the checklist stands right of the verdict, sync and events right of
// the chart instead of below it, and below them, where there is room, all hosts:
//
//	┌─ header ─────────────────────────────────────┐
//	├─ 2 replicas ───────────────────┬─ 8 alerts ──┤
//	├─ 9 why ───────────────────────────────────────┤
//	├─ 4 host ──────────────────┬─ 3 lag ──────────┤
//	│                           ├─ 5 merkle sync ──┤
//	│                           ├─ 6 events ───────┤
//	├─ status ─────────────────────────────────────┤
//	└─ keys, or what is typed ─────────────────────┘
type layout struct {
	header rect
	banner rect                 // while a condition of escalation holds
	status rect                 // answers and filter; below 30 lines the footer gives way to them
	footer rect                 // keys, or what is typed
	pane   [panes.NumPanes]rect // by name
	alone  rect                 // of the large view
	line   rect                 // of the one line that a tiny screen has room for
}

// Below this size nothing but one line is of use.
const (
	leastWidth  = 60
	leastHeight = 15
)

// arrange places what k needs on a screen of w by h cells. focus is the pane that
// is zoomed, rows how many replicas there are, banner whether there is one.
func arrange(w, h int, k kind, focus panes.Name, rows int, banner bool) layout {
	whole := rect{0, 0, w, h}
	if w < leastWidth || h < leastHeight {
		if k == large {
			return layout{alone: whole}
		}
		return layout{line: whole}
	}
	var l layout
	whole, l.footer = whole.bottom(1)
	if k == large {
		l.alone = whole
		return l
	}
	l.header, whole = whole.top(1 + min(h/20, 1))
	if banner {
		l.banner, whole = whole.top(1)
	}
	whole, l.status = whole.bottom(min(h/30, 1))
	why, most := min(max(whole.h/5, 3), mostWhy), whole.h*9/20
	switch k {
	case large: // above
	case zoomed:
		l.pane[focus] = whole
	case detail:
		l.pane[panes.PaneWhy], whole = whole.top(why)
		l.pane[panes.PaneChart], whole = whole.top(whole.h * 2 / 5)
		l.lower(whole, false, rows)
		if e := l.pane[panes.PaneEvents]; e.h >= alertLines+3 {
			l.pane[panes.PaneAlerts], l.pane[panes.PaneEvents] = e.top(alertLines)
		}
	case overview:
		// Two lines more than rows: title and heads.
		table := max(rows, 2) + 2
		if table+3 <= most { // of what it doesn't need the verdict gets a line
			why = min(why+1, mostWhy)
		}
		if w < leastAlerts {
			l.pane[panes.PaneReplicas], whole = whole.top(min(table, most))
		} else {
			var top rect
			top, whole = whole.top(min(max(table, alertLines), most))
			l.pane[panes.PaneReplicas], l.pane[panes.PaneAlerts] = top.left(w - min(max(w*3/10, 39), 60))
		}
		if w >= 160 && whole.h >= 2*wholeChecklist+leastChart {
			why = wholeChecklist
		}
		l.pane[panes.PaneWhy], whole = whole.top(why)
		if why := l.pane[panes.PaneWhy]; w >= 160 {
			l.pane[panes.PaneWhy], l.pane[panes.PaneChecklist] = why.left(w * 11 / 20)
		}
		l.lower(whole, true, rows)
	}
	return l
}

// Beside the table the alerts have a place from this width on, and never fewer
// lines than this.
const (
	leastAlerts = 110
	alertLines  = 7
)

// mostWhy is the height that no verdict's evidence needs more of, wholeChecklist
// the one in which the checklist beside it shows all its steps.
const (
	mostWhy        = 12
	wholeChecklist = 15
)

// Lines of the chart and of the hosts below it, with their titles. A chart that
// is higher shows nothing more.
const (
	leastChart = 14
	mostChart  = 24
	leastHosts = 6
)

// lower places the panes of the selected replica, and with them in the overview
// the chart and what compares it with the other rows.
func (l *layout) lower(r rect, with bool, rows int) {
	var right rect
	l.pane[panes.PaneHost], right = r.left(min(max(r.w*11/20, 44), 100))
	if with && r.w >= 160 {
		if right.h >= leastChart+leastHosts {
			// Three lines more than rows: title, heads and the primary.
			right, l.pane[panes.PaneHosts] = right.top(min(max(right.h-rows-3, leastChart), mostChart))
		}
		l.pane[panes.PaneChart], right = right.left(right.w * 3 / 5)
		with = false
	}
	sync, events := 4, min(right.h*3/10, 12)
	switch { // where the chart is still to be read
	case with && right.h < 10:
		sync, events = 0, 0
	case with && right.h < 14:
		events = 0
	case !with:
		sync, events = min(sync, right.h/2), right.h-min(sync, right.h/2)
	}
	if with {
		l.pane[panes.PaneChart], right = right.top(right.h - sync - events)
	}
	l.pane[panes.PaneSync], l.pane[panes.PaneEvents] = right.top(right.h - events)
}

func (r rect) top(h int) (top, rest rect) {
	h = min(h, r.h)
	return rect{r.x, r.y, r.w, h}, rect{r.x, r.y + h, r.w, r.h - h}
}

func (r rect) bottom(h int) (rest, bottom rect) { return r.top(max(r.h-h, 0)) }

func (r rect) left(w int) (left, rest rect) {
	w = min(w, r.w)
	return rect{r.x, r.y, w, r.h}, rect{r.x + w, r.y, r.w - w, r.h}
}

// body returns the part of a pane's rectangle that is the pane's own.
func (r rect) body() rect {
	rule := 0
	if r.x > 0 {
		rule = 1
	}
	return rect{r.x + rule, r.y + 1, r.w - rule, r.h - 1}
}
