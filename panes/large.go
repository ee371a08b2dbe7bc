package panes

import (
	"github.com/stemedb/stemetop/sources/cluster"
)

// leastLarge is the width from which the first line always has room for the mode.
const leastLarge = 60

// Large draws the selected replica alone, to be read through a video call by
// people who do not know the program: state in a word, lag in block digits,
// its past, what the words mean.
func Large(f *Frame, w, h int) string {
	p := f.page(w, h)
	r := f.replica()
	if r == nil {
		if !p.full() {
			p.line(p.s.Label, "no replica selected")
		}
		return p.String()
	}
	limits := cluster.LimitsOf(f.Snap)
	k := p.s.lookOf(&r.Lag, limits)
	p.bar([]piece{say(p.s.Title, " "+clusterName(f), 2), say(p.s.Name, r.Name.String(), 0), say(k.badge, " "+k.label()+" ", 0)},
		p.headerRight(f, true))
	sentence := " " + largeSentence(f, r, limits)
	if f.Mode != Live && w < leastLarge { // the header may have no room for it
		sentence = f.Mode.String() + sentence
	}
	if h < 8 {
		p.line(k.text, sentence)
		return p.String()
	}
	p.end()
	p.largeDigits(k, Lag(r.Lag.Seconds))
	p.end()
	p.line(k.text, sentence)
	p.bar([]piece{
		say(p.s.Text, " "+Count(r.Assertions.Behind)+" assertions behind", 0),
		say(p.s.Text, "applies "+Rate(r.Assertions.PerSecond), 1),
		say(p.s.Text, "merkle sync "+syncWords(&r.Sync), 2),
	}, nil)
	p.largeVerdict(f, r)
	if rows := p.h - p.lines - 4; rows >= 2 {
		p.end()
		p.plot(f, r.ID, plotSize{rows: rows, axis: true})
	}
	for !p.full() && p.lines < p.h-1 {
		p.end()
	}
	p.line(p.s.Label, " lag: age of the oldest unapplied assertion; warns over "+Span(limits.Warning)+
		", critical over "+Span(limits.Critical))
	return p.String()
}

// largeVerdict says when the lag arrives where it goes, and why it is there.
func (p *page) largeVerdict(f *Frame, r *cluster.Replica) {
	var left []piece
	if v := &r.Verdict; judged(v) && v.Cause != cluster.CauseNone {
		left = append(left, say(p.causeStyle(v), " "+causeWords(v)+" ", 0))
		if grounds, _ := parted(plain(v.For)); len(grounds) > 0 {
			left = append(left, say(p.s.Text, grounds[0], 0))
		}
	}
	if fc := f.forecast(r); arrival(&fc) != "" {
		left = append(left, say(p.s.Text, " "+arrival(&fc), 1))
	}
	if len(left) > 0 {
		p.bar(left, nil)
	}
}

// largeDigits draws the lag as large as it fits in half of the height, else as
// a line of text.
func (p *page) largeDigits(k look, text string) {
	const indent = 3
	scale := bigScale(text, p.w-indent-1, max(dotsHigh, p.h/2))
	if scale == 0 || p.h-p.lines < dotsHigh*scale+3 {
		p.line(k.text, " "+text)
		return
	}
	p.big(k.text, text, scale, indent)
}

// largeSentence says the state in a sentence.
func largeSentence(f *Frame, r *cluster.Replica, t cluster.Thresholds) string {
	switch cluster.SeverityOf(&r.Lag, t) {
	case cluster.SeverityUnknown:
		return unsureText(r, f.Snap.At)
	case cluster.SeverityOK, cluster.SeverityWarning, cluster.SeverityCritical:
		fallthrough
	default:
		fc := f.forecast(r)
		return r.Name.String() + " is " + Lag(r.Lag.Seconds) + " behind " + primaryWords(f.Snap.Primary.Name) + direction(&fc) +
			", read " + lagAge(&r.Lag) + " ago"
	}
}

// primaryWords names the primary, once where that is its name.
func primaryWords(name cluster.Text) string {
	if name.String() == "primary" {
		return "the primary"
	}
	return "the primary " + name.String()
}

func syncWords(s *cluster.Sync) string {
	if s.State == cluster.SyncRunning || s.State == cluster.SyncStalled {
		return s.State.String() + " " + Percent(s.Progress)
	}
	return s.State.String()
}
