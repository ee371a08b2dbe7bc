package panes

import (
	"cmp"
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Severity says how much a replica's lag needs a person, least first.
type Severity uint8

// The severities. A lag that is not known outranks a warning, as in the exit
// code of status: it may hide anything.
const (
	SeverityOK Severity = iota
	SeverityWarning
	SeverityUnknown // stale, frozen or unknown
	SeverityCritical
)

// SeverityOf judges a lag by the thresholds: strictly above is over.
func SeverityOf(l *cluster.Lag, t cluster.Thresholds) Severity {
	v, ok := l.Seconds.Value()
	switch {
	case !ok || l.State != cluster.LagLive:
		return SeverityUnknown
	case v > t.Critical.Seconds():
		return SeverityCritical
	case v > t.Warning.Seconds():
		return SeverityWarning
	}
	return SeverityOK
}

// Compare orders replicas worst first: by severity; those in trouble by whether
// the last value is to be escalated and by how far behind it is, in steps of a
// tenth; then by id. By the very digits the worst of several that are alike would
// be another at each reading.
func Compare(a, b *cluster.Replica, t cluster.Thresholds) int {
	as, bs := SeverityOf(&a.Lag, t), SeverityOf(&b.Lag, t)
	if as != bs {
		return cmp.Compare(bs, as)
	}
	if as != SeverityOK {
		if c := compareBool(escalates(b, t), escalates(a, t)); c != 0 {
			return c
		}
		if c := cmp.Compare(step(b), step(a)); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// escalates tells whether the last value is above what the runbook says to escalate:
// who is told of less than that as the worst believes that there is time.
func escalates(r *cluster.Replica, t cluster.Thresholds) bool {
	v, ok := r.Lag.Seconds.Value()
	return ok && v > t.Escalate.Seconds()
}

// step is the lag in steps of a tenth; one that is not known comes last.
func step(r *cluster.Replica) int {
	v, ok := r.Lag.Seconds.Value()
	switch {
	case !ok:
		return math.MinInt
	case v < minStep:
		v = minStep
	}
	return int(math.Floor(math.Log(v) / math.Log(1.1)))
}

// minStep is the least lag in seconds that is told from none.
const minStep = 0.1

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Worst returns the replica that comes first by Compare, or nil if there is none.
func Worst(s *cluster.Snapshot) *cluster.Replica {
	var worst *cluster.Replica
	t := Limits(s)
	for i := range s.Replicas {
		if r := &s.Replicas[i]; worst == nil || Compare(r, worst, t) < 0 {
			worst = r
		}
	}
	return worst
}

// Limits returns the session's thresholds, or those of the runbook (5, 10 and
// 60 s) where there is no session yet: a zero limit would make all critical.
func Limits(s *cluster.Snapshot) cluster.Thresholds {
	t := cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
	if s == nil {
		return t
	}
	o := s.Session.Thresholds
	return cluster.Thresholds{
		Warning:  cmp.Or(o.Warning, t.Warning),
		Critical: cmp.Or(o.Critical, t.Critical),
		Escalate: cmp.Or(o.Escalate, t.Escalate),
	}
}

// look is how a severity or lag state is shown: a word, a glyph and two styles.
type look struct {
	word  string
	glyph rune
	badge Style // the word
	text  Style // figures
}

// lookOf returns how a lag is shown.
func (s *Styles) lookOf(l *cluster.Lag, t cluster.Thresholds) look {
	switch SeverityOf(l, t) {
	case SeverityCritical:
		return look{"CRIT", s.Glyphs.Crit, s.BadgeCrit, s.Crit}
	case SeverityWarning:
		return look{"WARN", s.Glyphs.Warn, s.BadgeWarn, s.Warn}
	case SeverityOK:
		return look{"OK", s.Glyphs.Good, s.BadgeGood, s.Good}
	case SeverityUnknown:
		fallthrough
	default:
		return s.unsure(l)
	}
}

// unsure is the look of a lag that is not live.
func (s *Styles) unsure(l *cluster.Lag) look {
	k := look{"UNKNOWN", s.Glyphs.Unknown, s.BadgeUnknown, s.Unknown}
	switch l.State {
	case cluster.LagStale:
		k.word, k.glyph = "STALE", s.Glyphs.Stale
	case cluster.LagFrozen:
		k.word, k.glyph = "FROZEN", s.Glyphs.Frozen
	case cluster.LagUnknown, cluster.LagLive: // live without a value is unknown
	default:
	}
	return k
}

// label returns the word with its glyph.
func (k look) label() string {
	if k.glyph == ' ' {
		return k.word
	}
	return k.word + " " + string(k.glyph)
}

// styleAt returns the style of a value of lag, for sparklines and charts.
func (s *Styles) styleAt(v float64, t cluster.Thresholds) Style {
	switch {
	case v > t.Critical.Seconds():
		return s.Crit
	case v > t.Warning.Seconds():
		return s.Warn
	}
	return s.Spark
}
