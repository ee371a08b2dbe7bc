package panes

import (
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Alerts draws the alert rules as they stand: all of the selected replica, then the
// circuit breakers that are tripped and stand nowhere else on the overview, then
// those of a Prometheus server below a heading of their own, then what is not
// inactive of others, the worst first, then the selected one's breaker. Scroll skips
// lines from the top.
func Alerts(f *Frame, w, h int) string {
	if f.Snap == nil || h <= 0 || w <= 0 {
		return f.page(w, h).String()
	}
	p := f.page(w, h+max(0, min(f.Scroll[PaneAlerts], maxScroll)))
	entries := alertEntries(f, p.h)
	roomy := len(entries)*2 <= h // for notes on a line of their own
	for i := range entries {
		if p.full() {
			break
		}
		p.alertEntry(f, &entries[i], roomy)
	}
	return p.tail(h)
}

// stateWidth holds "FIRING x 4m 12s" and "fires in 1:12".
const stateWidth = 15

// alertEntry is one entry of the pane: an alert of ours or of theirs, a breaker, a
// heading or words alone.
type alertEntry struct {
	alert   *cluster.AlertChange
	theirs  *cluster.PrometheusAlert
	of      *cluster.Replica // nil for the selected one, which the title names
	breaker *cluster.TrippedBreaker
	heading string
	words   string
}

func alertEntries(f *Frame, limit int) []alertEntry {
	var es []alertEntry
	switch r := f.replica(); {
	case r == nil:
	case len(r.Alerts) == 0:
		es = append(es, alertEntry{words: "no alert judged yet"})
	default:
		for i := range r.Alerts {
			es = append(es, alertEntry{alert: &r.Alerts[i]})
		}
	}
	es = append(es, strayBreakers(f)...)
	rest := otherAlerts(f, limit)
	if theirs := theirEntries(f, limit); len(theirs) > 0 {
		es = append(es, theirs...)
		if len(rest) > 0 {
			es = append(es, alertEntry{heading: "ours, of others"})
		}
	}
	es = append(es, rest...)
	if r := f.replica(); r != nil {
		es = appendBreakers(es, r)
	}
	return es
}

// otherAlerts are the first limit of those of the replicas that are not selected,
// the worst first. They are picked by one pass for each rank: to sort those of a
// thousand replicas takes longer than to draw the screen.
func otherAlerts(f *Frame, limit int) []alertEntry {
	var es []alertEntry
	for _, state := range [...]cluster.AlertState{cluster.AlertFiring, cluster.AlertNoData, cluster.AlertPending} {
		for _, critical := range [...]bool{true, false} {
			for i := 0; i < len(f.Snap.Replicas) && len(es) < limit; i++ {
				es = appendAlerts(es, f, &f.Snap.Replicas[i], state, critical)
			}
		}
	}
	return es
}

func appendAlerts(es []alertEntry, f *Frame, r *cluster.Replica, state cluster.AlertState, critical bool) []alertEntry {
	if r.ID == f.Selected {
		return es
	}
	for i := range r.Alerts {
		if a := &r.Alerts[i]; a.State == state && a.Critical == critical {
			es = append(es, alertEntry{alert: a, of: r})
		}
	}
	return es
}

// strayBreakers are the tripped breakers of nobody knows whom, then those of the
// replicas that are not selected.
func strayBreakers(f *Frame) []alertEntry {
	var es []alertEntry
	for i := range f.Snap.Unmatched {
		es = append(es, alertEntry{breaker: &f.Snap.Unmatched[i]})
	}
	for i := range f.Snap.Replicas {
		if r := &f.Snap.Replicas[i]; r.ID != f.Selected {
			es = appendBreakers(es, r)
		}
	}
	return es
}

// appendBreakers adds all that is tripped of a replica.
func appendBreakers(es []alertEntry, r *cluster.Replica) []alertEntry {
	for _, b := range r.Breaker.Tripped() {
		es = append(es, alertEntry{of: r, breaker: &b})
	}
	return es
}

func (p *page) alertEntry(f *Frame, e *alertEntry, roomy bool) {
	var style Style
	var state, text string
	switch {
	case e.alert != nil:
		style, state = p.alertState(e.alert, f.Snap.At)
		text = p.alertName(e)
		if note := alertNote(e.alert); note != "" && (roomy && e.of == nil || e.alert.State == cluster.AlertNoData || cells(printable(text))+len(note) < p.w-stateWidth) {
			text += note
		}
	case e.theirs != nil:
		style, state = p.theirState(e.theirs, f.Snap)
		text = p.theirName(e)
	case e.heading != "":
		p.line(p.s.Label, e.heading)
		return
	case e.breaker != nil:
		style, state = p.s.BadgeCrit, "TRIPPED "+string(p.g.Crit)
		whose := ", not matched to a replica"
		if e.of != nil {
			whose = " of " + e.of.Name.String()
		}
		text = "breaker " + breakerText(e.breaker, whose, f.Snap.At)
	default:
		style, state, text = p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown), e.words
	}
	if cut := strings.LastIndexByte(state, ' '); cut > 0 && cells(state) > stateWidth { // "15m 52s": the minutes do
		state = state[:cut]
	}
	for i, t := range wrap(printable(text), max(p.w-stateWidth-1, 1), 3, p.g.Ellipsis) {
		if i == 0 {
			p.put(style, state)
		}
		p.to(stateWidth + 1)
		p.line(p.s.Text, t)
	}
}

// alertName is the rule, of another replica after that one's name.
func (p *page) alertName(e *alertEntry) string { return p.ruleOf(e.of, e.alert.Rule.String()) }

// ruleOf puts a replica's name before a rule's, if there is a replica to name.
// Rules begin alike and end differently, so where there is no room their begin is
// cut.
func (p *page) ruleOf(r *cluster.Replica, rule string) string {
	if r == nil {
		return rule
	}
	name := r.Name.String() + " "
	if over := cells(printable(name+rule)) - (p.w - stateWidth - 1); over > 0 && isASCII(rule) && len(rule)-over > 8 {
		rule = string(p.g.Ellipsis) + rule[over+1:]
	}
	return name + rule
}

// alertState is the word for the state of an alert with how long it has lasted,
// or when it ends.
func (p *page) alertState(a *cluster.AlertChange, at time.Time) (Style, string) {
	since := ""
	if !a.Since.IsZero() {
		since = " " + Age(at.Sub(a.Since))
	}
	switch a.State {
	case cluster.AlertFiring:
		if a.Critical {
			return p.s.BadgeCrit, "FIRING " + string(p.g.Crit) + since
		}
		return p.s.BadgeWarn, "FIRING " + string(p.g.Warn) + since
	case cluster.AlertNoData:
		return p.s.BadgeUnknown, "NODATA " + string(p.g.Unknown) + since
	case cluster.AlertPending:
		return p.s.Warn, pendingText(a, at)
	case cluster.AlertInactive:
		return p.s.Label, "inactive"
	default:
		return p.s.BadgeUnknown, unknown
	}
}

// pendingText says when a pending alert fires.
func pendingText(a *cluster.AlertChange, at time.Time) string {
	left := a.FiresAt.Sub(at).Round(time.Second)
	switch {
	case a.FiresAt.IsZero():
		return "pending"
	case left <= 0:
		return "fires now"
	case left < time.Hour:
		s := int64(left / time.Second)
		return "fires in " + strconv.FormatInt(s/60, 10) + ":" + two(s%60)
	}
	return "fires in " + Age(left)
}

// alertNote is what there is to say besides the state.
func alertNote(a *cluster.AlertChange) string {
	switch a.State {
	case cluster.AlertPending:
		return " if it stays"
	case cluster.AlertNoData:
		if a.Since.IsZero() {
			return " (never seen)"
		}
		if a.Was != cluster.AlertInactive && a.Was != cluster.AlertNoData {
			return " (was " + a.Was.String() + ", source lost)"
		}
		return " (source lost)"
	case cluster.AlertInactive, cluster.AlertFiring:
		fallthrough
	default:
		return ""
	}
}

// breakerText is what the server tells of a tripped breaker, after whose it is.
func breakerText(b *cluster.TrippedBreaker, whose string, at time.Time) string {
	text := b.Agent.Text().String() + whose
	if s := b.State.String(); s != "" {
		text += ", " + s
	}
	if !b.Since.IsZero() {
		text += " for " + Age(at.Sub(b.Since))
	}
	if b.FailuresKnown {
		text += ", " + Count(cluster.Known(b.Failures)) + " failures"
	}
	if s := b.Reason.String(); s != "" {
		text += ": " + s
	}
	return text
}
