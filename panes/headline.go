package panes

import (
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// headline is the worst of the cluster in words, for so many cells.
func (p *page) headline(f *Frame, room int) []piece {
	if f.Snap == nil {
		return []piece{say(p.s.Label, "waiting for the first reading", 0)}
	}
	worst := cluster.WorstReplica(f.Snap)
	if primary := &f.Snap.Primary; primaryLeads(f.Snap) {
		if waiting(&primary.Metrics) {
			return []piece{say(p.s.Label, "waiting for the first reading of primary "+primary.Name.String(), 0)}
		}
		return []piece{say(p.s.BadgeCrit, " PRIMARY "+string(p.g.Unknown)+" ", 1), say(p.s.Crit, accessText(&primary.Node, f.Snap.At), 0)}
	}
	if worst == nil {
		return []piece{say(p.s.Label, "no replica known yet", 0)}
	}
	k, s := p.s.lookOf(&worst.Lag, cluster.LimitsOf(f.Snap)), cluster.SeverityOf(&worst.Lag, cluster.LimitsOf(f.Snap))
	if s == cluster.SeverityOK && Escalates(f) {
		return p.escalationLine(f)
	}
	left := []piece{say(k.badge, " "+k.label()+" ", 1)}
	if s == cluster.SeverityOK || s == cluster.SeverityUnknown {
		return append(left, say(k.text, worstText(f.Snap, worst), 0), say(k.text, othersText(f.Snap, worst), 7))
	}
	fc := f.forecast(worst)
	goes, arrives, short := direction(&fc), arrival(&fc), worstShort(f.Snap, worst)
	ways := [][2]string{
		{worstText(f.Snap, worst) + goes, arrives},
		{short, strings.Replace(arrives, "caught up in", "caught up", 1)},
		{short + goes, ""},
		{short, ""},
	}
	if arrives == "" {
		ways = slices.Delete(ways, 1, 2)
	}
	var said []piece
	for _, way := range ways {
		said = append(slices.Clone(left), say(k.text, way[0], 0), say(k.text, way[1], 2))
		if span(said, everyRank, p.w) <= room {
			break
		}
	}
	return append(said, say(k.text, othersText(f.Snap, worst), 7))
}

// escalationLine is the headline where no lag is up, but the runbook says to
// escalate all the same: OK would be wrong.
func (p *page) escalationLine(f *Frame) []piece {
	e := &f.Snap.Escalations[0]
	return []piece{
		say(p.s.BadgeCrit, " ESCALATE "+string(p.g.Crit)+" ", 1),
		say(p.s.Crit, reasonText(f.Snap, e.Reason.String())+": "+names(e.Replicas, 2), 0),
		say(p.s.Text, "lags within "+Span(cluster.LimitsOf(f.Snap).Warning), 7),
	}
}

// worstShort is the worst replica's lag where there is little room.
func worstShort(s *cluster.Snapshot, r *cluster.Replica) string {
	text, at := r.Name.String()+" at "+Lag(r.Lag.Seconds), cluster.LimitsOf(s).Escalate
	if v, _ := r.Lag.Seconds.Value(); v > at.Seconds() {
		text += ", over " + Span(at)
	}
	return text
}

// alarming tells whether the headline is one that must be seen across a room: it
// is drawn as a block, so that colour is not needed for it. What is to be
// escalated is one, however small the lags are.
func alarming(s *cluster.Snapshot) bool {
	if s == nil {
		return false
	}
	worst := cluster.WorstReplica(s)
	return primaryLeads(s) && !waiting(&s.Primary.Metrics) || len(s.Escalations) > 0 ||
		worst != nil && cluster.SeverityOf(&worst.Lag, cluster.LimitsOf(s)) == cluster.SeverityCritical
}

// worstText is the worst replica's lag as a sentence.
func worstText(s *cluster.Snapshot, r *cluster.Replica) string {
	t, name, lag := cluster.LimitsOf(s), r.Name.String(), Lag(r.Lag.Seconds)
	switch cluster.SeverityOf(&r.Lag, t) {
	case cluster.SeverityOK:
		return wellText(s, t)
	case cluster.SeverityUnknown:
		return unsureText(r, s.At)
	case cluster.SeverityWarning, cluster.SeverityCritical:
		fallthrough
	default:
	}
	text := name + " is " + lag + " behind"
	if v, _ := r.Lag.Seconds.Value(); v > t.Escalate.Seconds() {
		text += ", over " + Span(t.Escalate)
	}
	return text
}

// othersText says how many more replicas are as badly off as the worst.
func othersText(s *cluster.Snapshot, worst *cluster.Replica) string {
	t, n := cluster.LimitsOf(s), -1
	as := cluster.SeverityOf(&worst.Lag, t)
	for i := range s.Replicas {
		if cluster.SeverityOf(&s.Replicas[i].Lag, t) == as {
			n++
		}
	}
	if n <= 0 || as == cluster.SeverityOK {
		return ""
	}
	return "and " + Count(cluster.Known(float64(n))) + " more"
}

// wellText says that all is well. It names no replica and no figure: which one
// is the worst of the healthy changes all the time and means nothing.
func wellText(s *cluster.Snapshot, t cluster.Thresholds) string {
	if len(s.Replicas) == 1 {
		return s.Replicas[0].Name.String() + " is within " + Span(t.Warning)
	}
	return "all " + Count(cluster.Known(float64(len(s.Replicas)))) + " replicas are within " + Span(t.Warning)
}

// unsureText says what is not known about a lag.
func unsureText(r *cluster.Replica, at time.Time) string {
	name := r.Name.String()
	switch r.Lag.State {
	case cluster.LagStale:
		return name + "'s lag is " + Age(r.Lag.Age) + " old, was " + Lag(r.Lag.Seconds)
	case cluster.LagFrozen:
		if r.Lag.Outgrown {
			return name + " says " + Lag(r.Lag.Seconds) + ", while the gap grows by far more"
		}
		text := name + "'s lag stands at " + Lag(r.Lag.Seconds)
		if !r.Lag.Since.IsZero() {
			text += " for " + Age(at.Sub(r.Lag.Since))
		}
		return text + ", while the gap moves"
	case cluster.LagUnknown, cluster.LagLive:
		fallthrough
	default:
	}
	if r.Lag.Why.IsZero() {
		return name + "'s lag is not known"
	}
	return name + "'s lag is not known: " + r.Lag.Why.String()
}
