package panes

import (
	"strconv"

	"github.com/stemedb/stemetop/actions/runbook"
)

// Checklist draws the runbook's investigation of the selected replica, step by
// step: its state, the step in the runbook's words, what was seen and when. Scroll
// skips lines from the top.
func Checklist(f *Frame, w, h int) string {
	if w <= 0 || h <= 0 {
		return f.page(w, h).String()
	}
	p := f.page(w, h+max(0, min(f.Scroll[PaneChecklist], maxScroll)))
	r := f.replica()
	if r == nil {
		p.line(p.s.Label, "no replica selected")
		return p.tail(h)
	}
	items := runbook.Checklist(f.Snap, r.ID)
	for i := range items {
		p.item(&items[i], len(items) < h)
	}
	return p.tail(h)
}

const (
	itemState = 16 // "cannot be known"
	itemStep  = 40 // the longest of them, cut
	itemTime  = 10
)

// item draws a step on one line, or with all that was seen where there is room.
func (p *page) item(v *runbook.Item, room bool) {
	style, word := p.itemLook(v.State)
	p.put(style, word)
	p.to(itemState)
	step := min(itemStep, max(p.w-itemState, 0)*2/5)
	p.left(p.s.Name, v.Step.String(), step)
	p.space(2)
	width, limit := p.free(), 1
	if p.w >= 110 {
		width -= itemTime
	}
	if room {
		limit = 2
	}
	indent := p.n
	for i, t := range wrap(printable(v.Evidence.String()), max(width, 1), limit, p.g.Ellipsis) {
		if i > 0 {
			p.end()
			p.to(indent)
		}
		p.put(p.s.Text, t)
		if i == 0 && p.w >= 110 {
			p.to(p.w - itemTime)
			p.right(p.s.Label, itemWhen(v), itemTime)
		}
	}
	p.end()
}

func (p *page) itemLook(s runbook.ItemState) (Style, string) {
	switch s {
	case runbook.ItemFine:
		return p.s.Good, s.String()
	case runbook.ItemFinding:
		return p.s.BadgeWarn, "FINDING " + string(p.g.Warn)
	case runbook.ItemNotLooked:
		return p.s.Label, s.String()
	case runbook.ItemCannotKnow:
		fallthrough
	default:
		return p.s.Unknown, s.String()
	}
}

// itemWhen is when a step was looked at; nothing for what was never.
func itemWhen(v *runbook.Item) string {
	if v.At.IsZero() {
		return ""
	}
	return clock(v.At)
}

// checked counts the steps that found something, and those that can't be looked
// at, for the title.
func checked(f *Frame) string {
	r := f.replica()
	if r == nil {
		return ""
	}
	var n [runbook.ItemCannotKnow + 1]int
	for _, v := range runbook.Checklist(f.Snap, r.ID) {
		n[v.State]++
	}
	text := strconv.Itoa(n[runbook.ItemFinding]) + " findings"
	if n[runbook.ItemFinding] == 1 {
		text = "1 finding"
	}
	if unknown := n[runbook.ItemCannotKnow]; unknown > 0 {
		text += ", " + strconv.Itoa(unknown) + " not to be known"
	}
	return " (" + text + ")"
}
