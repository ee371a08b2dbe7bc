package panes

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/progress"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Sync draws the selected replica's Merkle (anti-entropy) sync.
func Sync(f *Frame, w, h int) string {
	p := f.page(w, h)
	r := f.replica()
	if r == nil {
		if !p.full() {
			p.line(p.s.Label, "no replica selected")
		}
		return p.String()
	}
	p.syncHead(f, r)
	if r.Sync.Progress.Known() || r.Sync.State != cluster.SyncIdle {
		if r.Sync.State == cluster.SyncIdle { // a full bar would draw the eye to nothing
			p.repeat(p.s.Faint, p.g.Dotted, p.w)
		} else {
			p.progress(r.Sync.Progress, p.w)
		}
		p.end()
	}
	p.syncRates(&r.Sync)
	if !r.Sync.Why.IsZero() {
		p.paragraph(p.s.Unknown, r.Sync.Why.String(), 0, p.h-p.lines)
	}
	return p.String()
}

// syncHead is the state, the percentage and the time left or spent.
func (p *page) syncHead(f *Frame, r *cluster.Replica) {
	s := &r.Sync
	style, text := p.s.Text, s.State.String()
	switch s.State {
	case cluster.SyncStalled:
		style, text = p.s.BadgeWarn, "STALLED "+string(p.g.Warn)
	case cluster.SyncUnknown:
		style, text = p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown)
	case cluster.SyncIdle, cluster.SyncRunning:
	default:
	}
	left := []piece{say(style, text, 0)}
	if s.Progress.Known() || s.State == cluster.SyncRunning || s.State == cluster.SyncStalled {
		left = append(left, say(p.s.Text, Percent(s.Progress), 0))
		if s.Assumed {
			left = append(left, say(p.s.Unknown, "if a ratio", 1))
		}
	}
	if d, ok := timeLeft(s); ok {
		left = append(left, say(p.s.Text, Age(d)+" left", 1))
	}
	right := diffPieces(p, f.Snap, r)
	if !s.Since.IsZero() {
		right = append(right, say(p.s.Label, "for "+Age(f.Snap.At.Sub(s.Since)), 3))
	}
	p.bar(left, right)
}

// logDiffFresh is for how long a diff that a line of a log tells is worth more
// than what the counts tell now.
const logDiffFresh = 2 * time.Minute

// diffPieces are the size of the diff between primary and replica: as a metric
// tells it, else the logs of late, else the gap that the counts tell.
func diffPieces(p *page, s *cluster.Snapshot, r *cluster.Replica) []piece {
	if r.Sync.Diff.Known() {
		return []piece{say(p.s.Text, "diff "+Count(r.Sync.Diff), 2)}
	}
	if size, at, ok := runbook.LogDiff(s, r); ok && s.At.Sub(at) <= logDiffFresh {
		return []piece{say(p.s.Text, "diff "+Count(cluster.Known(size))+" by log", 2)}
	}
	if n, ok := r.Assertions.Behind.Value(); ok && n >= 1 {
		return []piece{say(p.s.Text, "diff "+Count(r.Assertions.Behind)+" by counts", 2)}
	}
	return nil
}

// timeLeft is how long the rest takes at the present rate.
func timeLeft(s *cluster.Sync) (time.Duration, bool) {
	v, known := s.Progress.Value()
	rate, moving := s.PerSecond.Value()
	if s.State != cluster.SyncRunning || !known || !moving || rate <= 0 {
		return 0, false
	}
	left := max(0, (1-v)/rate)
	if left > (1000 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(left * float64(time.Second)), true
}

// syncRates is how fast it moves, its errors and how long the last ones took.
func (p *page) syncRates(s *cluster.Sync) {
	errs, text := p.s.Text, "errors "+Rate(s.ErrorsPerSecond)
	if v, ok := s.ErrorsPerSecond.Value(); ok {
		text += " " + runbook.ErrorsOver(s)
		if v > 0 {
			errs = p.s.Crit
		}
	}
	left := []piece{say(errs, text, 1)}
	if rate, ok := s.PerSecond.Scale(100).Value(); ok && s.State == cluster.SyncRunning {
		left = append([]piece{say(p.s.Text, fixed(rate, 2)+" %/s", 0)}, left...)
	}
	if s.LastDuration.Known() {
		left = append(left, say(p.s.Label, "last took "+Lag(s.LastDuration), 2))
	}
	p.bar(left, nil)
}

// progress draws a bar of w cells for a ratio of 0 to 1. An unknown one is all
// gaps, which no ratio looks like.
func (p *page) progress(ratio cluster.Figure, w int) {
	w = min(w, p.free())
	v, ok := ratio.Value()
	if !ok {
		p.repeat(p.s.Gap, p.g.Gap, w)
		return
	}
	m := progress.New(progress.WithWidth(w), progress.WithoutPercentage(),
		progress.WithColors(nil), progress.WithFillCharacters(p.g.BarFull, p.g.BarEmpty))
	m.EmptyColor = nil
	full := strings.Count(m.ViewAs(v), string(p.g.BarFull))
	p.repeat(p.s.Bar, p.g.BarFull, full)
	p.repeat(p.s.Faint, p.g.BarEmpty, w-full)
}
