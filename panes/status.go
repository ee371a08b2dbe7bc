package panes

import (
	"strconv"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Status draws the answer to the last key, or what of an action goes on or has
// just come to its end, the filter in force and what the recorder does, on one
// line.
func Status(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	left := []piece{say(p.s.Message, f.Message.String(), 0)}
	if f.Message.IsZero() {
		left = p.actionPieces(f)
	}
	var right []piece
	if !f.Filter.IsZero() {
		right = append(right, say(p.s.Text, "filter: "+f.Filter.String()+shownOf(f), 1))
	}
	if text := Trouble(f); text != "" {
		room := w - 2 // cut rather than left out
		if len(left) > 0 {
			room = w/2 - 2
		}
		right = append(right, say(p.s.Warn, ansi.Truncate(text, max(0, room), string(p.g.Ellipsis)), 0))
	}
	if !f.Unsaved {
		right = append(right, say(p.s.Label, f.Recording.String(), 3))
	}
	p.bar(left, right)
	return p.String()
}

// Trouble says what is lost of what should be kept: why nothing is recorded, or what
// of a recording can't be read, else which reader had a hole of late. Empty where
// all is kept.
func Trouble(f *Frame) string {
	switch {
	case f.Unsaved:
		return f.Recording.String()
	case f.Snap != nil && len(f.Snap.Gaps) > 0:
		g := f.Snap.Gaps[len(f.Snap.Gaps)-1]
		return g.Reader.String() + " lost " + strconv.FormatUint(g.Lost, 10) + " readings"
	}
	return ""
}

// shownOf says how many replicas of all are in the table.
func shownOf(f *Frame) string {
	if f.Snap == nil {
		return ""
	}
	return " (" + strconv.Itoa(len(f.Rows)) + " of " + strconv.Itoa(len(f.Snap.Replicas)) + ")"
}

// actionLingers is how long the end of an action stays on the status line.
const actionLingers = time.Minute

// actionPieces say what of an action goes on, else what came of the last one.
func (p *page) actionPieces(f *Frame) []piece {
	if !f.Doing.IsZero() {
		return []piece{say(p.s.Message, f.Doing.String(), 0)}
	}
	if f.Snap == nil {
		return nil
	}
	for i := len(f.Snap.Actions) - 1; i >= 0; i-- {
		a := &f.Snap.Actions[i]
		if f.Snap.At.Sub(a.At) > actionLingers {
			break
		}
		if a.Step.Stage != cluster.ActionNearMiss {
			return []piece{say(p.s.StepStyle(a.Step.Verdict.String()), clock(a.At)+" "+a.Step.Summary.String(), 0)}
		}
	}
	return nil
}

// StepStyle returns how a step of an action with a verdict looks, by the journal's
// word for it: what did not go as it should is seen.
func (s *Styles) StepStyle(verdict string) Style {
	switch verdict {
	case "accepted", "effective", "applied":
		return s.Good
	case "no_effect", "regressed", "rejected", "not_sent":
		return s.Crit
	case "ambiguous", "unknown", "inconclusive", "not_applied":
		return s.Warn
	}
	return s.Text
}
