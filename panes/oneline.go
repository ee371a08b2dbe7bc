package panes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// OneLine draws what still helps where the overview has no room: the worst
// replica on the first line, at any width from one cell on; the next worse ones
// below it, of those that pass the filter, and in the last of four lines or more the
// answer to the last key, what goes on or is lost, the filter, or how to see all.
func OneLine(f *Frame, w, h int) string {
	p := f.page(w, h)
	if p.full() {
		return p.String()
	}
	p.worstLine(f)
	rest := worstFirst(f.Snap)
	if len(rest) > 0 && cluster.SeverityOf(&rest[0].Lag, cluster.LimitsOf(f.Snap)) != cluster.SeverityOK {
		rest = rest[1:] // the first line is about it
	}
	if !f.Filter.IsZero() {
		rest = slices.DeleteFunc(rest, func(r *cluster.Replica) bool { return !slices.Contains(f.Rows, r.ID) })
	}
	for _, r := range rest[:min(len(rest), p.h)] {
		if p.lines >= p.h-1 && p.h >= 4 {
			break
		}
		p.replicaLine(f, r)
	}
	if p.h >= 4 {
		for p.lines < p.h-1 {
			p.end()
		}
		p.tinyStatus(f)
	}
	return p.String()
}

// tinyStatus is what there is to say besides, in a line.
func (p *page) tinyStatus(f *Frame) {
	switch trouble := Trouble(f); {
	case !f.Message.IsZero():
		p.line(p.s.Message, f.Message.String())
	case !f.Doing.IsZero():
		p.line(p.s.Message, f.Doing.String())
	case trouble != "":
		p.line(p.s.Warn, trouble)
	case f.Snap != nil && limitText(f.Snap) != "":
		p.line(p.s.Warn, limitText(f.Snap))
	case !f.Filter.IsZero():
		p.line(p.s.Label, "filter: "+f.Filter.String()+shownOf(f))
	default:
		p.line(p.s.Label, "enlarge to 60x15 for all")
	}
}

// worstFirst returns the replicas, worst first.
func worstFirst(s *cluster.Snapshot) []*cluster.Replica {
	if s == nil {
		return nil
	}
	rs := make([]*cluster.Replica, len(s.Replicas))
	for i := range s.Replicas {
		rs[i] = &s.Replicas[i]
	}
	t := cluster.LimitsOf(s)
	slices.SortFunc(rs, func(a, b *cluster.Replica) int { return cluster.CompareReplicas(a, b, t) })
	return rs
}

// worstLine draws the longest wording that fits. One of the past says so: there the
// mode goes before all words but the figure.
func (p *page) worstLine(f *Frame) {
	k, wordings := p.wordings(f)
	for _, t := range wordings {
		if mode := f.Mode.String(); f.Mode != Live && !strings.Contains(t, mode) {
			t = mode + " " + t
		}
		if t = printable(t); cells(t) <= p.w {
			p.line(k.text, t)
			return
		}
	}
	glyph := string(k.glyphOr('o'))
	if mode := f.Mode.String(); f.Mode != Live && len(mode) <= p.w { // the past without a figure rather than one of now
		if len(mode)+2 <= p.w {
			mode += " " + glyph
		}
		p.line(k.badge, mode)
		return
	}
	p.line(k.badge, glyph)
}

// wordings are ever shorter ways to say the worst.
func (p *page) wordings(f *Frame) (look, []string) {
	mute := look{"", p.g.Unknown, p.s.Unknown, p.s.Unknown}
	if f.Snap == nil || len(f.Snap.Replicas) == 0 {
		return mute, []string{"no reading of any replica yet", "no reading yet", "no data"}
	}
	r := cluster.WorstReplica(f.Snap)
	k := p.s.lookOf(&r.Lag, cluster.LimitsOf(f.Snap))
	name, lag, glyph := r.Name.String(), Lag(r.Lag.Seconds), string(k.glyphOr('o'))
	age := ""
	if r.Lag.State != cluster.LagLive {
		age = ", " + lagOld(&r.Lag)
	}
	if a := &f.Snap.Primary.Metrics; a.Configured && !a.Reachable {
		age += ", primary silent"
	}
	state, mode := k.label()+" ", "  "+modeText(f)
	if n := strconv.Itoa(len(f.Snap.Replicas)); cluster.SeverityOf(&r.Lag, cluster.LimitsOf(f.Snap)) == cluster.SeverityOK {
		well := state + wellText(f.Snap, cluster.LimitsOf(f.Snap))
		return k, []string{well + age + "  " + clock(f.Snap.At) + mode, well + age + mode, well + age, state + n + " of " + n + age, state + n, glyph}
	}
	fc := f.forecast(r)
	why := direction(&fc)
	if v := &r.Verdict; v.Confidence != cluster.ConfidenceUnknown && v.Cause != cluster.CauseUnknown && v.Cause != cluster.CauseNone {
		why += ", " + causeWords(v)
	}
	return k, []string{
		state + name + " " + lag + " behind" + age + why + ", worst of " + strconv.Itoa(len(f.Snap.Replicas)) + "  " + clock(f.Snap.At) + mode,
		state + name + " " + lag + " behind" + age + ", worst of " + strconv.Itoa(len(f.Snap.Replicas)) + "  " + clock(f.Snap.At) + mode,
		state + name + " " + lag + " behind" + age + mode,
		state + name + " " + lag + age + mode,
		state + name + " " + lag + age,
		glyph + " " + name + " " + lag,
		glyph + " " + lag,
		glyph + strings.ReplaceAll(lag, " ", ""),
	}
}

// replicaLine draws one of the other replicas.
func (p *page) replicaLine(f *Frame, r *cluster.Replica) {
	k := p.s.lookOf(&r.Lag, cluster.LimitsOf(f.Snap))
	lag := Lag(r.Lag.Seconds)
	if r.Lag.State != cluster.LagLive {
		lag += ", " + lagOld(&r.Lag)
	}
	if p.w < 24 {
		p.put(k.badge, string(k.glyphOr('o')))
	} else {
		p.left(k.badge, k.label(), 9)
	}
	p.space(1)
	p.put(p.s.Name, r.Name.String())
	p.space(1)
	p.put(k.text, lag)
	p.end()
}

// glyphOr is the state's glyph, or r where it is a blank.
func (k look) glyphOr(r rune) rune {
	if k.glyph == ' ' {
		return r
	}
	return k.glyph
}
