package panes

import "strconv"

// Status draws the answer to the last key, the filter in force and what the
// recorder does, on one line.
func Status(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	left := []piece{say(p.s.Message, f.Message.String(), 0)}
	var right []piece
	if !f.Filter.IsZero() {
		right = append(right, say(p.s.Text, "filter: "+f.Filter.String()+shownOf(f), 1))
	}
	if f.Snap != nil && len(f.Snap.Gaps) > 0 {
		g := f.Snap.Gaps[len(f.Snap.Gaps)-1]
		right = append(right, say(p.s.Warn, g.Reader.String()+" lost "+strconv.FormatUint(g.Lost, 10)+" readings", 2))
	}
	right = append(right, say(p.s.Label, f.Recording.String(), 3))
	p.bar(left, right)
	return p.String()
}

// shownOf says how many replicas of all are in the table.
func shownOf(f *Frame) string {
	if f.Snap == nil {
		return ""
	}
	return " (" + strconv.Itoa(len(f.Rows)) + " of " + strconv.Itoa(len(f.Snap.Replicas)) + ")"
}
