package panes

import (
	"slices"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Events draws what happened to the session itself, newest first: sources that
// fail now with what to do, actions, notes, steps of the clock, losses of a
// reader. Scroll counts events.
func Events(f *Frame, w, h int) string {
	p := f.page(w, h)
	if f.Snap == nil || p.full() {
		return p.String()
	}
	es := events(p, f.Snap)
	if len(es) == 0 {
		p.line(p.s.Label, "none: all sources answer, no notes")
	}
	skip := max(0, min(f.Scroll[PaneEvents], len(es)-h))
	for _, e := range es[min(skip, len(es)):] {
		for i, t := range wrap(printable(e.text), max(w-whenWidth, 1), 3, p.g.Ellipsis) {
			if i > 0 {
				e.when = ""
			}
			p.left(p.s.Label, e.when, whenWidth)
			p.line(e.style, t)
		}
	}
	return p.String()
}

const whenWidth = 10

// event is one line of the pane.
type event struct {
	at    time.Time
	when  string
	style Style
	text  string
}

func events(p *page, s *cluster.Snapshot) []event {
	var es []event
	for _, g := range s.Gaps {
		es = append(es, event{when: "", style: p.s.Warn, text: g.Reader.String() + " lost " + strconv.FormatUint(g.Lost, 10) + " readings: its queue was full"})
	}
	for _, n := range s.Notes {
		es = append(es, event{n.At, clock(n.At), p.s.Text, noteText(n.Note)})
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		es = append(es, event{a.At, clock(a.At), p.s.StepStyle(a.Step.Verdict.String()), actionText(&a.Step)})
	}
	if s.LastStep.By != 0 {
		es = append(es, event{s.StepAt, clock(s.StepAt), p.s.Warn, "the monitor's clock was set by " + Lag(cluster.Known(s.LastStep.By.Seconds()))})
	}
	slices.SortStableFunc(es, func(a, b event) int { return b.at.Compare(a.at) })
	return append(failing(p, s), es...)
}

func noteText(n cluster.Note) string {
	if n.Author.IsZero() {
		return n.Text.String()
	}
	return n.Author.String() + ": " + n.Text.String()
}

// actionText is a step of an action in words, with who did it.
func actionText(a *cluster.ActionStep) string {
	text := a.Summary.String()
	if a.Stage == cluster.ActionNearMiss {
		text = "not done, " + a.What.String() + ": " + text
	}
	if a.Who.IsZero() {
		return text
	}
	return a.Who.String() + ": " + text
}

// maxFailing bounds the failures listed: a fleet that is down is one event.
const maxFailing = 100

// failing lists the sources that do not answer or answer in part.
func failing(p *page, s *cluster.Snapshot) []event {
	es := failingOf(p, &s.Primary.Node, nil)
	if a := &s.Primary.Admin; a.Configured && a.Err != nil {
		es = append(es, event{when: "now", style: p.s.Unknown, text: s.Primary.Name.String() + " admin: " + failureText(a.Err)})
	}
	if a := &s.Prometheus; a.Configured && a.Err != nil {
		es = append(es, event{when: "now", style: p.s.Unknown, text: "prometheus: " + failureText(a.Err)})
	}
	for i := 0; i < len(s.Replicas) && len(es) < maxFailing; i++ {
		es = failingOf(p, &s.Replicas[i].Node, es)
	}
	return es
}

func failingOf(p *page, n *cluster.Node, es []event) []event {
	for _, a := range []struct {
		what string
		of   *cluster.Access
	}{{" metrics: ", &n.Metrics}, {" host: ", &n.Host.Access}} {
		if a.of.Configured && a.of.Err != nil {
			es = append(es, event{when: "now", style: p.s.Unknown, text: n.Name.String() + a.what + failureText(a.of.Err)})
		}
	}
	// A log that fails with its host, or waits for it, is no event of its own.
	if a := &n.Log.Access; a.Configured && a.Err != nil && n.Host.Err == nil && a.Err.Kind != cluster.FailConnecting {
		es = append(es, event{when: "now", style: p.s.Unknown, text: n.Name.String() + " log: " + failureText(a.Err)})
	}
	return es
}
