package panes

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	sparkHead = "\x00spark" // replaced by what the scale turns out to be
	noteHead  = "note"
	maxSpark  = 60
	wideSpark = 20 // what the note must leave
	minSpark  = 10
	minNote   = 20
)

// tableColumns returns the columns for w cells with the cells between them, how
// many buckets their sparkline has and how wide each is in time.
func tableColumns(f *Frame, w int) (cs []column[*tableLine], sep, buckets int, width time.Duration) {
	all := []column[*tableLine]{
		{"state", 9, false, 0, drawState},
		{"replica", idWidth(f.Snap, w), false, 0, drawID},
		{"lag", 7, true, 0, drawLag},
		{sparkHead, minSpark, false, 2, drawSpark},
		{"trend", 9, true, 1, drawTrend},
		{"behind", 6, true, 3, drawBehind},
		{"applies", 8, true, 4, drawApplies},
		{"sync", 7, true, 5, drawSync},
		{noteHead, minNote, false, 6, drawNote},
	}
	sep = 2
	cs, taken := fit(all, w, sep)
	if len(cs) < len(all)-1 { // rather close together than incomplete
		sep = 1
		cs, taken = fit(all, w, sep)
	}
	if last := len(cs) - 1; cs[last].head == noteHead && w-taken < wideSpark-minSpark {
		cs, taken = cs[:last], taken-minNote-sep // the past says more than a short note
	}
	buckets, width = spread(f, cs, w-taken)
	return cs, sep, buckets, width
}

// spread gives the room that is left to the sparkline, and what that can't use
// to the note. The columns keep their places when the window grows.
func spread(f *Frame, cs []column[*tableLine], room int) (buckets int, width time.Duration) {
	for i := range cs {
		if cs[i].head == sparkHead {
			buckets, _ = grid(f.asked(), min(minSpark+max(room, 0), maxSpark))
			// Few wide buckets would leave the column half empty: it reaches back further.
			buckets, width = filled(f.window(), max(buckets, minSpark))
			room -= buckets - minSpark
			cs[i].width = buckets
		}
	}
	if last := &cs[len(cs)-1]; last.head == noteHead {
		last.width += max(room, 0)
	}
	return buckets, width
}

// idWidth is as wide as the widest id of the cluster, whether it is in view or
// not, within a share of w.
func idWidth(s *cluster.Snapshot, w int) int {
	n := 7
	if s == nil {
		return n
	}
	for i := range s.Replicas {
		n = max(n, cells(s.Replicas[i].Name.String()))
	}
	return min(n, 20, max(7, w/5))
}

// sparkTitle says what the sparkline shows, as far as there is room: what it
// spans and the top of its scale.
func sparkTitle(n int, width time.Duration, top float64, room int) string {
	span := Span(time.Duration(n) * width)
	scale := Span(time.Duration(top * float64(time.Second)))
	for _, t := range []string{"last " + span + ", 0 to " + scale, span + ", 0-" + scale} {
		if len(t) <= room {
			return t
		}
	}
	return "0-" + scale
}

func drawState(p *page, l *tableLine, _ int) { p.put(l.look.badge, l.look.label()) }

func drawID(p *page, l *tableLine, w int) { p.left(p.s.Name, l.r.Name.String(), w) }

func drawLag(p *page, l *tableLine, w int) { p.right(l.look.text, Lag(l.r.Lag.Seconds), w) }

// drawSpark draws the past; where nothing was ever measured, the reason stands
// in its place.
func drawSpark(p *page, l *tableLine, w int) {
	if why := l.r.Lag.Why.String(); !l.seen && why != "" {
		p.left(p.s.Unknown, why, w)
		return
	}
	limits, s := l.t.limits, p.s
	p.spark(l.past, l.t.sparkTop, func(v float64) Style { return s.styleAt(v, limits) })
}

func drawBehind(p *page, l *tableLine, w int) {
	p.right(p.s.Text, Count(l.r.Assertions.Behind), w)
}

func drawApplies(p *page, l *tableLine, w int) {
	p.right(p.s.Text, Rate(l.r.Assertions.PerSecond), w)
}

// drawSync draws the state of the sync, and that it fails.
func drawSync(p *page, l *tableLine, w int) {
	s := &l.r.Sync
	errs, ok := s.ErrorsPerSecond.Value()
	fails := ok && errs > 0
	switch {
	case s.State == cluster.SyncStalled:
		p.right(p.s.Warn, "stalled", w)
	case s.State == cluster.SyncRunning && fails:
		p.right(p.s.Crit, Percent(s.Progress)+" "+string(p.g.Crit), w)
	case s.State == cluster.SyncRunning:
		p.right(p.s.Text, Percent(s.Progress), w)
	case fails:
		p.right(p.s.Crit, "errors", w)
	case s.State == cluster.SyncIdle:
		p.right(p.s.Label, "idle", w)
	default:
		p.right(p.s.Unknown, unknown, w)
	}
}

func lagAge(l *cluster.Lag) string {
	if l.Taken.IsZero() {
		return "never"
	}
	return Age(l.Age)
}

// lagOld is the age of the last value in words.
func lagOld(l *cluster.Lag) string {
	if l.Taken.IsZero() {
		return "never read"
	}
	return Age(l.Age) + " old"
}

// drawNote draws why something of the row is not known, most important first.
func drawNote(p *page, l *tableLine, w int) {
	notes := make([]string, 0, 4)
	add := func(about string, t cluster.Text) {
		if s := t.String(); s != "" && len(notes) < cap(notes) && !strings.Contains(strings.Join(notes, "; "), s) {
			notes = append(notes, about+s)
		}
	}
	if l.seen {
		add("", l.r.Lag.Why)
	}
	add("behind: ", l.r.Assertions.Why)
	add("sync: ", l.r.Sync.Why)
	if l.r.Host.Err != nil {
		add("host: ", l.r.Host.Err.What)
	}
	if len(notes) > 0 {
		p.left(p.s.Label, strings.Join(notes, "; "), w)
	}
}

// failureText returns what failed and what to do about it.
func failureText(f *cluster.Failure) string {
	if f.Hint.IsZero() {
		return f.What.String()
	}
	return f.What.String() + "; " + f.Hint.String()
}
