package actions

import (
	"fmt"
	"math"
	"strconv"

	"github.com/stemedb/stemetop/actions/admin"
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
