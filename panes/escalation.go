package panes

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// reasonText returns what a reason of escalation means.
func reasonText(s *cluster.Snapshot, word string) string {
	return runbook.ReasonWords(word, Span(cluster.LimitsOf(s).Escalate))
}

// Escalates tells whether a condition of escalation holds, and so whether Banner
// has anything to draw.
func Escalates(f *Frame) bool { return f.Snap != nil && len(f.Snap.Escalations) > 0 }

// Banner draws on one line that a condition of escalation holds, since when, and
// whom to call.
func Banner(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() || !Escalates(f) {
		return p.String()
	}
	e := &f.Snap.Escalations[0]
	left := []piece{
		say(Style{}, " ESCALATE "+string(p.g.Crit), 1),
		say(Style{}, reasonText(f.Snap, e.Reason.String())+": "+names(e.Replicas, 2)+since(e), 0),
	}
	if n := len(f.Snap.Escalations) - 1; n > 0 {
		left = append(left, say(Style{}, "and "+strconv.Itoa(n)+" more", 3))
	}
	p.under(p.s.BadgeCrit)
	p.bar(left, p.callPieces(f, w-span(left, everyRank, w)))
	return p.String()
}

// callPieces say whom to call: all of the path where it fits, else the first.
func (p *page) callPieces(f *Frame, room int) []piece {
	if len(f.Escalation) > 0 {
		all := "call " + strings.Join(plain(f.Escalation), ", then ") + " "
		for _, text := range []string{all, "call " + f.Escalation[0].String() + " "} {
			if cells(printable(text)) <= room {
				return []piece{say(Style{}, text, 2)}
			}
		}
	}
	return []piece{say(Style{}, "E: whom to call ", 2)}
}

// heldOf are the conditions of escalation that hold of a replica, each with since
// when, and since when the first of them does.
func heldOf(s *cluster.Snapshot, r *cluster.Replica) (held []string, first time.Time) {
	for i := range s.Escalations {
		if e := &s.Escalations[i]; slices.Contains(e.Replicas, r.ID) {
			held = append(held, reasonText(s, e.Reason.String())+since(e))
			if first.IsZero() || e.Since.Before(first) && !e.Since.IsZero() {
				first = e.Since
			}
		}
	}
	return held, first
}

func since(e *cluster.Escalation) string {
	if e.Since.IsZero() {
		return ""
	}
	return " since " + clock(e.Since)
}

// names lists ids, the first n of them.
func names(ids []cluster.NodeID, n int) string {
	var parts []string
	for _, id := range ids[:min(n, len(ids))] {
		parts = append(parts, id.Text().String())
	}
	text := strings.Join(parts, ", ")
	if more := len(ids) - n; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// Escalation draws the runbook's four conditions with their states, and the path
// of escalation.
func Escalation(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	p.line(p.s.Title, "escalate at once if one of these holds")
	for _, word := range runbook.Reasons {
		p.condition(f, word)
	}
	if f.Snap != nil {
		for i := range f.Snap.Escalations {
			if word := f.Snap.Escalations[i].Reason.String(); !slices.Contains(runbook.Reasons[:], word) {
				p.condition(f, word)
			}
		}
	}
	p.end()
	p.line(p.s.Title, "whom to call, in this order")
	for i, t := range f.Escalation {
		p.paragraph(p.s.Text, strconv.Itoa(i+1)+"  "+t.String(), 2, 2)
	}
	if len(f.Escalation) == 0 {
		p.line(p.s.Label, "  no path is configured")
	}
	p.escalationLinks(f)
	return p.String()
}

// escalationLinks draws what the runbook points at. The rebuild is said once, of
// all replicas whose state calls for it.
func (p *page) escalationLinks(f *Frame) {
	if f.Snap == nil {
		return
	}
	links := runbook.Links(f.Snap, nil)
	var rebuild runbook.Link
	var whom []cluster.NodeID
	for i := range f.Snap.Replicas {
		r := &f.Snap.Replicas[i]
		if l := runbook.Links(f.Snap, r); len(l) > 0 && l[0].Name == runbook.LinkRebuild {
			rebuild, whom, links = l[0], append(whom, r.ID), l[1:]
		}
	}
	if len(links)+len(whom) == 0 {
		return
	}
	p.end()
	p.line(p.s.Title, "what the runbook points at")
	if len(whom) > 1 {
		rebuild.Facts = cluster.Text{}
	}
	if len(whom) > 0 {
		p.paragraph(p.s.Text, names(whom, 4)+" "+rebuild.Words(), 2, 3)
	}
	for _, l := range links {
		p.paragraph(p.s.Text, l.Words(), 2, 3)
	}
}

// condition draws one condition: that it holds, since when and of whom. That it
// is not seen is all that can be said of the others.
func (p *page) condition(f *Frame, word string) {
	const state = 9
	p.space(2)
	var e *cluster.Escalation
	for i := 0; f.Snap != nil && i < len(f.Snap.Escalations); i++ {
		if f.Snap.Escalations[i].Reason.String() == word {
			e = &f.Snap.Escalations[i]
		}
	}
	if e == nil {
		p.left(p.s.Label, "not seen", state)
		p.put(p.s.Text, reasonText(f.Snap, word))
		p.end()
		return
	}
	p.put(p.s.BadgeCrit, "HOLDS "+string(p.g.Crit))
	p.to(2 + state)
	p.put(p.s.Crit, reasonText(f.Snap, word)+since(e))
	if list := names(e.Replicas, 5); list != "" {
		p.put(p.s.Text, ": "+list)
	}
	p.end()
}
