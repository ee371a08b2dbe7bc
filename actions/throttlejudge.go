package actions

import (
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Times of the verification of a limit, after the answer.
const (
	limitHolds = 45 * time.Second  // ingest that is above it by then is not limited
	lagTurns   = 120 * time.Second // a lag that rises by then is not helped
)

// readBackLimit looks whether a limit is in force whose answer was lost.
func readBackLimit(t *Trial, s *Scene) Finding {
	n := t.Plan.Limit
	if s.Limit.since(t.Answered) {
		f := s.limitFact()
		switch {
		case !s.Limit.Unlimited && s.Limit.PerSecond == n:
			return found(Applied, "the limit in force is "+limitWords(s.Limit), f)
		case s.Now.Hand-t.Answered.Hand >= readBackFor-readBackEvery:
			return found(NotApplied, "the limit in force is "+limitWords(s.Limit), f)
		}
		return found(NotYet, "the limit in force is "+limitWords(s.Limit), f)
	}
	before, known := t.Plan.before.ingest.Value()
	v, now := s.newer(t)
	if known && now && before > 1.25*float64(n) && v <= 1.1*float64(n) {
		return found(Applied, "ingest went from "+perSecond(before)+" to "+perSecond(v), s.ingestFact())
	}
	return found(NotYet, "no reading tells yet", s.ingestFact())
}

// newer is the ingest by readings that are newer than the answer by an interval
// at least.
func (s *Scene) newer(t *Trial) (float64, bool) {
	if !s.since(t) {
		return 0, false
	}
	return s.Snapshot.Primary.IngestPerSecond.Value()
}

// since tells whether the primary's newest reading is newer than the answer by
// an interval: what is older says nothing of the effect.
func (s *Scene) since(t *Trial) bool {
	return t.Before(s.Snapshot.Primary.Metrics, s.Snapshot.Interval)
}

// Before tells whether the answer came before the newest reading of a source, by
// an interval at least. Where the wall clock was set back, what was read before
// the answer is of a later time: the order of the stream tells then.
func (t *Trial) Before(a cluster.Access, interval time.Duration) bool {
	return a.Reachable && a.Seq > t.seq && a.Newest.After(t.Answered.Wall.Add(interval))
}

func judgeThrottle(t *Trial, s *Scene) Finding {
	after := s.Now.Mono - t.Answered.Mono
	v, ok := s.newer(t)
	if !ok {
		return found(NotYet, "no reading newer than the answer")
	}
	n := float64(t.Plan.Limit)
	facts := []Fact{s.ingestFact()}
	if l := s.Limit; l.since(t.Answered) && (l.Unlimited || l.PerSecond != t.Plan.Limit) {
		return s.judgeOther(t)
	}
	if v > 1.1*n {
		if v > 1.25*n && after >= limitHolds {
			return found(NoEffect, "ingest is "+perSecond(v)+" still", facts...)
		}
		return found(NotYet, "ingest is "+perSecond(v), facts...)
	}
	if !s.Limit.since(t.Answered) && !limits(t.Plan, v) {
		before := figure(t.Plan.before.ingest, perSecond)
		if after >= limitHolds {
			return found(Inconclusive, "ingest is "+perSecond(v)+", and was "+before+" before: that the limit holds can't be told", facts...)
		}
		return found(NotYet, "ingest is "+perSecond(v)+", and was "+before+" before", facts...)
	}
	r := s.Snapshot.Replica(t.Plan.before.watch)
	if r == nil {
		return found(Effective, "ingest is "+perSecond(v)+"; no lag is known", facts...)
	}
	return s.judgeLag(t, r, perSecond(v), append(facts, s.lagFact(r)))
}

// limits tells whether an ingest of v shows that a limit is in force, where the server
// does not tell it: it fell to the limit from well above, or rose from well below.
// What came in at that rate already comes in at it with no limit too.
func limits(p *Plan, v float64) bool {
	before, known := p.before.ingest.Value()
	n := float64(p.Limit)
	return known && (before > 1.25*n || v > 1.25*before && v > 0.8*n)
}

// judgeOther judges a limit while another one is in force. Where that is the one
// from before, the server may not have kept what it accepted.
func (s *Scene) judgeOther(t *Trial) Finding {
	was := t.Plan.before.limit
	words := othersWords(s.Limit, was.Limit, was.Known())
	switch {
	case !was.Known() || was.Limit != s.Limit.Limit:
		return found(Inconclusive, words, s.limitFact())
	case s.Now.Mono-t.Answered.Mono < limitHolds:
		return found(NotYet, words, s.limitFact())
	}
	return found(NoEffect, words, s.limitFact())
}

// othersWords say how a limit came into force that is not ours, as far as it can
// be told: a server that restarts forgets its limit without anybody's doing.
func othersWords(l LimitReading, was admin.Limit, wasKnown bool) string {
	switch {
	case wasKnown && l.Limit == was:
		return "the limit in force is " + limitWords(l) + " as before: set back by somebody else, or ours was not kept by the server"
	case l.Unlimited:
		return "no limit is in force: lifted by somebody else, or not kept by the server"
	}
	return "somebody else set the limit to " + limitWords(l)
}

// judgeLag looks at what a replica's lag does under the limit.
func (s *Scene) judgeLag(t *Trial, r *cluster.Replica, ingest string, facts []Fact) Finding {
	after := s.Now.Mono - t.Answered.Mono
	v, ok := r.Lag.Seconds.Value()
	words := "ingest is " + ingest
	if !ok || r.Lag.State != cluster.LagLive || !r.Lag.Taken.After(t.Answered.Wall.Add(s.Snapshot.Interval)) {
		return found(NotYet, words+"; the lag is not known", facts...)
	}
	words += ", lag " + seconds(v)
	fc := runbook.ForecastOf(s.Snapshot, r)
	high, known := fc.High.Value()
	low, _ := fc.Low.Value()
	switch {
	case v <= s.Snapshot.Session.Thresholds.Warning.Seconds():
		return found(Effective, words, facts...)
	case known && high < 0:
		return found(Effective, words+" and falling", facts...)
	case known && low > 0 && after >= lagTurns:
		return found(Regressed, words+" and rising", facts...)
	}
	return found(NotYet, words, facts...)
}
