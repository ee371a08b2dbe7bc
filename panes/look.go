package panes

import (
	"github.com/stemedb/stemetop/sources/cluster"
)

// look is how a severity or lag state is shown: a word, a glyph and two styles.
type look struct {
	word  string
	glyph rune
	badge Style // the word
	text  Style // figures
}

// lookOf returns how a lag is shown.
func (s *Styles) lookOf(l *cluster.Lag, t cluster.Thresholds) look {
	switch cluster.SeverityOf(l, t) {
	case cluster.SeverityCritical:
		return look{"CRIT", s.Glyphs.Crit, s.BadgeCrit, s.Crit}
	case cluster.SeverityWarning:
		return look{"WARN", s.Glyphs.Warn, s.BadgeWarn, s.Warn}
	case cluster.SeverityOK:
		return look{"OK", s.Glyphs.Good, s.BadgeGood, s.Good}
	case cluster.SeverityUnknown:
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
