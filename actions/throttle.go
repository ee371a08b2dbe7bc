package actions

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// relief is how much of the slowest replica's apply rate is suggested, so that
	// it has something left to catch up with.
	relief = 0.8
	// maxRate is past any rate that a cluster can have: what is typed above it is
	// a slip of the finger.
	maxRate = 10_000_000
	// deepest is the part of the present rate below which a limit is more of an
	// outage than of a relief.
	deepest = 0.05
)

// Suggest returns the limit that lets the slowest replica catch up: 0.8 of the
// apply rate of the slowest replica that applies anything, never below the
// floor. Where none applies helps is false: n is a step of the ramp then, and
// throttling will not help.
func (s *Scene) Suggest() (n int64, helps bool) {
	if r := slowest(s.Snapshot); r != nil {
		v, _ := r.Assertions.PerSecond.Value()
		return max(tidy(relief*v), s.Floor, 1), true
	}
	n = max(s.Floor, 1)
	present, known := s.present()
	for _, step := range s.Steps {
		if !known || float64(step) < present {
			n = max(n, step)
		}
	}
	if !known && len(s.Steps) > 0 {
		n = max(s.Floor, s.Steps[0], 1)
	}
	return n, false
}

// stepFrom returns the nearest step of the ramp, or the suggested rate, above n
// where by is positive, else below it; n itself where there is none.
func (s *Scene) stepFrom(n int64, by int) int64 {
	suggested, _ := s.Suggest()
	best := n
	for _, step := range append([]int64{suggested}, s.Steps...) {
		switch {
		case by > 0 && step > n && (best == n || step < best), by < 0 && step < n && (best == n || step > best):
			best = step
		}
	}
	return best
}

// tidy rounds down to two digits: a limit is no measurement.
func tidy(v float64) int64 {
	if v < 1 {
		return 0
	}
	unit := math.Pow(10, math.Max(0, math.Floor(math.Log10(v))-1))
	return int64(math.Floor(v/unit) * unit)
}

// present is the rate that a new limit is compared with: the limit in force, or
// what is measured where that is less or no limit is known. Until the server has said
// its limit, it is the one that was set here.
func (s *Scene) present() (v float64, known bool) {
	v, known = s.Snapshot.Primary.IngestPerSecond.Value()
	limit, told := s.Limit.Limit, s.Limit.Known()
	if !told && s.Standing.PerSecond > 0 {
		limit, told = admin.Limit{PerSecond: s.Standing.PerSecond}, true
	}
	if told && !limit.Unlimited && !s.exceeds(limit) {
		n := float64(limit.PerSecond)
		if !known || n < v {
			return n, true
		}
	}
	return v, known
}

func proposeThrottle(s *Scene, ask Ask) (*Plan, *Refusal) {
	p := &Plan{Kind: KindThrottle, Ask: ask}
	helps := true
	if p.Ask.N == 0 {
		p.Ask.N, helps = s.Suggest()
	}
	n := p.Ask.N
	if n < 1 || n > maxRate {
		return nil, refuse(fmt.Sprintf("a limit of %d is none", n), fmt.Sprintf("choose 1 to %d assertions per second", maxRate))
	}
	req, err := s.Requests.RateLimit(n)
	if err != nil {
		return nil, refuseFor(err)
	}
	p.Deed, p.Limit = HTTP{req}, n
	p.Title = cluster.Clean("throttle ingest to " + strconv.FormatInt(n, 10) + "/s")
	p.Facts = append(p.Facts, s.limitFact(), s.ingestFact())
	if r := slowest(s.Snapshot); r != nil {
		p.Facts = append(p.Facts, s.applyFact(r))
	} else {
		helps = false
	}
	switch {
	case !helps && appliesKnown(s.Snapshot):
		p.warn("no replica applies anything: throttling will not help")
	case !helps:
		p.warn("no replica's apply rate is known: whether throttling helps can't be told")
	}
	if r := worst(s.Snapshot); r != nil {
		p.before.watch = r.ID
		p.Facts = append(p.Facts, s.worstFact(r))
		if v, _ := r.Lag.Seconds.Value(); helps && v > s.Snapshot.Session.Thresholds.Warning.Seconds() && !r.Assertions.PerSecond.Known() {
			p.warn("what " + r.Name.String() + " applies is not known: it may need a lower limit")
		}
	}
	s.rateTier(p, n)
	p.Expect = cluster.Clean(fmt.Sprintf("ingest at most %s within 30 s, and the lag falling within 2 min", perSecond(1.1*float64(n))))
	p.Stop = cluster.Clean("the lag still rises after 2 min: choose a lower limit")
	p.Undo = cluster.Clean(s.undoWords())
	return p, nil
}

// rateTier says how much it takes to set a limit of n.
func (s *Scene) rateTier(p *Plan, n int64) {
	v, known := s.present()
	switch {
	case n < s.Floor:
		p.raise(Dangerous, fmt.Sprintf("below the floor of %d/s", s.Floor))
	case known && float64(n) < deepest*v:
		p.raise(Dangerous, "less than a twentieth of the present rate")
	case !known:
		p.raise(Medium, "the present rate is not known")
	case float64(n) >= v:
		p.raise(Medium, "it does not lower the present rate")
	}
	if s.disagree() {
		p.raise(Medium, "the limit that is told and the ingest that is measured disagree")
	}
	if s.Ramping {
		p.warn("the running ramp ends with it")
	}
}

// undoWords says how the limit in force is had back.
func (s *Scene) undoWords() string {
	ingest := s.Snapshot.Primary.IngestPerSecond
	was, known := previous(s.Limit.Limit, s.Limit.Known(), s.Standing, ingest)
	why := "no limit was set before that could be put back"
	if !known {
		why = "whether a limit was in force before is not known"
	}
	switch {
	case known && !was.Unlimited:
		return "u: back to " + limitWords(LimitReading{Limit: was})
	case ingest.Known():
		return "u: ramp up to " + figure(ingest, perSecond) + ", the ingest of now; " + why
	}
	return "u: ramp up; the rate before is not known"
}

// previous is the limit that an undo puts back: as the server tells it, else the
// one that was set here and stands, unless more comes in than that would let in.
func previous(l admin.Limit, told bool, stood Standing, ingest cluster.Figure) (was admin.Limit, known bool) {
	if told {
		return l, true
	}
	v, ok := ingest.Value()
	if stood.PerSecond == 0 || ok && v > 1.25*float64(stood.PerSecond) {
		return was, false
	}
	return admin.Limit{PerSecond: stood.PerSecond}, true
}

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

// Times of the verification of a limit, after the answer.
const (
	limitHolds = 45 * time.Second  // ingest that is above it by then is not limited
	lagTurns   = 120 * time.Second // a lag that rises by then is not helped
)

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
