package panes

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Why draws what the program thinks the cause of the selected replica's lag is:
// cause and confidence, evidence for and against, what could not be measured, and
// the runbook's step that follows. The fewer lines there are, the more of the
// evidence stands on one; cause and next step are in any two.
func Why(f *Frame, w, h int) string {
	p := f.page(w, h)
	r := f.replica()
	switch {
	case p.full():
	case r == nil:
		p.line(p.s.Label, "no replica selected")
	case !judged(&r.Verdict):
		p.put(p.s.BadgeUnknown, "UNKNOWN "+string(p.g.Unknown))
		p.space(2)
		p.line(p.s.Unknown, "not judged yet")
	default:
		p.verdict(f, r)
	}
	return p.String()
}

// judged tells whether there is a verdict at all.
func judged(v *cluster.Verdict) bool {
	return v.Cause != cluster.CauseUnknown || !v.Since.IsZero() || !v.Next.IsZero() || len(v.For)+len(v.Missing) > 0
}

// causeWords are the cause and how sure it is, e.g. "DISK, likely".
func causeWords(v *cluster.Verdict) string {
	switch v.Cause {
	case cluster.CauseUnknown:
		return "CAUSE UNKNOWN"
	case cluster.CauseNone:
		return "NOTHING TO EXPLAIN"
	default:
		return strings.ToUpper(v.Cause.String()) + ", " + v.Confidence.String()
	}
}

// causeStyle is the look of the cause: a block only for what is likely.
func (p *page) causeStyle(v *cluster.Verdict) Style {
	switch {
	case v.Cause == cluster.CauseNone:
		return p.s.Good
	case v.Cause == cluster.CauseUnknown || v.Confidence == cluster.ConfidenceUnknown:
		return p.s.BadgeUnknown
	case v.Confidence == cluster.ConfidenceLikely:
		return p.s.BadgeWarn
	}
	return p.s.Title
}

// evidence is one block of the verdict: a label and its findings.
type evidence struct {
	label string
	style Style
	texts []string
	rank  int // order in which lines are given, when there are few
	lines int // that it gets
}

const evidenceLabel = 9

func (p *page) verdict(f *Frame, r *cluster.Replica) {
	v := &r.Verdict
	grounds, normal := parted(plain(v.For))
	see, urgent := linkWords(f.Snap, r)
	words, style, next := causeWords(v), p.causeStyle(v), append(nextKeys(f, v), nextStep(v)...)
	began := v.Since
	if holds, since := heldOf(f.Snap, r); len(holds) > 0 && (v.Cause == cluster.CauseNone || v.Cause == cluster.CauseUnknown) {
		if v.Cause == cluster.CauseNone {
			words, style, began = "NOT LAGGING, BUT TO BE ESCALATED", p.s.BadgeWarn, since
		}
		grounds = append(grounds, holds...)
		if key := keysFor["escalate"].words; !strings.Contains(strings.Join(next, " "), key) {
			next = append(next, key)
		}
	}
	blocks := []evidence{
		{"for", p.s.Text, grounds, 1, 0},
		{"normal", p.s.Text, normal, 3, 0},
		{"against", p.s.Text, plain(v.Against), 2, 0},
		{"missing", p.s.Unknown, plain(v.Missing), 5, 0},
		{"next", p.s.Title, next, 0, 0},
		{"see", p.s.Text, see, 4, 0},
	}
	if !urgent { // a dashboard can wait for room
		blocks[3].rank, blocks[5].rank = 4, 5
	}
	p.share(blocks, p.h-1)
	p.put(style, " "+words+" ")
	if blocks[0].lines == 0 {
		p.space(2)
		p.line(p.s.Text, strings.Join(grounds, "; "))
	} else {
		p.verdictRight(f, r, began)
	}
	for i := range blocks {
		p.block(&blocks[i])
	}
}

// verdictRight ends the first line: since when the verdict holds, and where the
// lag is going.
func (p *page) verdictRight(f *Frame, r *cluster.Replica, began time.Time) {
	var left, right []piece
	if !began.IsZero() {
		left = append(left, say(p.s.Label, "since "+clock(began), 2))
	}
	if cluster.SeverityOf(&r.Lag, cluster.LimitsOf(f.Snap)) != cluster.SeverityUnknown {
		fc := f.forecast(r)
		right = append(right, say(p.s.Text, "lag: "+fc.Outlook(), 1))
	}
	p.space(2)
	p.bar(left, right)
}

// keysFor are the keys for the contract's words of advice, and whether they act.
var keysFor = map[string]struct {
	words string
	acts  bool
}{
	"throttle": {"t throttle", true}, "sync": {"s sync", true}, "reset": {"b reset the breaker", true}, "ramp": {"r ramp", true},
	"network": {"P path  M trace", false}, "escalate": {"E escalate", false},
}

// nextKeys are the keys to press for what is advised, in that order. Those of
// actions are named only where they do something now.
func nextKeys(f *Frame, v *cluster.Verdict) []string {
	var keys []string
	for _, a := range v.Advice {
		if k, ok := keysFor[a.String()]; ok && (f.MayAct || !k.acts) {
			keys = append(keys, k.words)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return []string{strings.Join(keys, "   ")}
}

// nextStep is the runbook's step, in its words.
func nextStep(v *cluster.Verdict) []string {
	if !v.Next.IsZero() {
		return []string{v.Next.String()}
	}
	return plain(v.Advice)
}

// parted takes what was measured as normal out of the grounds: it excludes rivals,
// and is read on its own.
func parted(texts []string) (grounds, normal []string) {
	for _, t := range texts {
		if rest, ok := strings.CutPrefix(t, "normal: "); ok {
			normal = append(normal, rest)
		} else {
			grounds = append(grounds, t)
		}
	}
	return grounds, normal
}

// share gives the lines that there are to the blocks: one each by rank, then as
// many as each has findings.
func (p *page) share(blocks []evidence, room int) {
	byRank := make([]*evidence, len(blocks))
	for i := range blocks {
		byRank[blocks[i].rank] = &blocks[i]
	}
	for _, b := range byRank {
		if len(b.texts) > 0 && room > 0 {
			b.lines = 1
			room--
		}
	}
	for _, b := range byRank {
		if b.lines > 0 {
			more := p.wanted(b, b.lines+room) - b.lines
			b.lines += more
			room -= more
		}
	}
}

// wanted is how many of so many lines a block takes.
func (p *page) wanted(b *evidence, lines int) int { return len(p.wrapped(b, lines)) }

// wrapped returns a block in at most so many lines: each finding begins a line
// where there are enough, else all are one paragraph.
func (p *page) wrapped(b *evidence, lines int) []string {
	var out []string
	for _, t := range b.texts {
		out = append(out, wrap(printable(t), max(p.w-evidenceLabel, 1), 3, p.g.Ellipsis)...)
	}
	if len(out) <= lines {
		return out
	}
	return wrap(printable(strings.Join(b.texts, "; ")), max(p.w-evidenceLabel, 1), lines, p.g.Ellipsis)
}

func (p *page) block(b *evidence) {
	for i, t := range p.wrapped(b, b.lines) {
		if i == 0 {
			p.left(p.s.Label, b.label, evidenceLabel)
		}
		p.to(evidenceLabel)
		p.line(b.style, t)
	}
}

// linkWords are the documents and pages that the state of a replica calls for, and
// whether any of them says what to do.
func linkWords(s *cluster.Snapshot, r *cluster.Replica) (words []string, urgent bool) {
	for _, l := range runbook.Links(s, r) {
		words = append(words, l.Words())
		urgent = urgent || !l.Facts.IsZero()
	}
	return words, urgent
}

func plain(ts []cluster.Text) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.String()
	}
	return out
}
