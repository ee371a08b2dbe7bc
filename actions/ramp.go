package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Schedule is all that a ramp may send: one confirmation covers it, and the step
// back too.
type Schedule struct {
	Steps []int64       // assertions per second, rising
	Deeds []Deed        // of each step
	Hold  time.Duration // healthy time at each step before the next
	Back  Deed          // what is gone back to from the first step; nil if nothing lower was in force
	Below int64         // the limit that Back sets
}

// base is the place of what was in force before the first step.
const base = -1

// at returns the deed and the limit of a step, and of the base.
func (s *Schedule) at(i int) (Deed, int64) {
	if i == base {
		return s.Back, s.Below
	}
	return s.Deeds[i], s.Steps[i]
}

// lowers is the part of the present rate below which a first step takes load off:
// a rate that is measured is never twice the same.
const lowers = 0.95

func proposeRamp(s *Scene, ask Ask) (*Plan, *Refusal) {
	steps := slices.Clone(s.Steps)
	if ask.N > 0 {
		steps = slices.DeleteFunc(steps, func(n int64) bool { return n < ask.N })
		if len(steps) == 0 || steps[0] != ask.N {
			return nil, refuse(fmt.Sprintf("%d/s is no step of the ramp", ask.N), "the steps are "+list(s.Steps))
		}
	} else if s.Limit.Known() && !s.Limit.Unlimited {
		steps = slices.DeleteFunc(steps, func(n int64) bool { return n <= s.Limit.PerSecond })
		if len(steps) == 0 {
			return nil, refuse("the limit is "+limitWords(s.Limit)+", and no step of the ramp is above it", "throttle sets any limit")
		}
	}
	return s.ramp(ask, steps)
}

// ramp makes the plan of the given steps.
func (s *Scene) ramp(ask Ask, steps []int64) (*Plan, *Refusal) {
	switch {
	case s.Ramping:
		return nil, refuse("a ramp is running", "stop it first, or set a limit: that ends it")
	case len(steps) == 0:
		return nil, refuse("the ramp has no steps", "set ramp.steps")
	}
	p := &Plan{Kind: KindRamp, Ask: ask, Tier: Medium, TierIs: cluster.Clean("it adds load step by step"), Limit: steps[0]}
	p.Ramp = &Schedule{Steps: steps, Hold: s.Hold}
	for _, n := range steps {
		req, err := s.Requests.RateLimit(n)
		if err != nil {
			return nil, refuseFor(err)
		}
		p.Ramp.Deeds = append(p.Ramp.Deeds, HTTP{req})
	}
	p.Deed = p.Ramp.Deeds[0]
	if l := s.Limit; l.Known() && !l.Unlimited && l.PerSecond < steps[0] {
		req, err := s.Requests.RateLimit(l.PerSecond)
		if err != nil {
			return nil, refuseFor(err)
		}
		p.Ramp.Back, p.Ramp.Below = HTTP{req}, l.PerSecond
	}
	p.Title = cluster.Clean("ramp ingest " + list(steps) + "/s, " + s.Hold.String() + " each")
	p.Facts = append(p.Facts, s.limitFact(), s.ingestFact())
	if r := worst(s.Snapshot); r != nil {
		p.before.watch = r.ID
		p.Facts = append(p.Facts, s.worstFact(r))
	}
	if steps[0] < s.Floor {
		p.raise(Dangerous, fmt.Sprintf("its first step is below the floor of %d/s", s.Floor))
	}
	if v, known := s.present(); known && float64(steps[0]) < lowers*v {
		p.warn("it begins by lowering the rate from " + perSecond(v))
		if g := gateOf(s.Snapshot); g.critical != "" {
			p.warn(g.critical + ": it holds the first step until that is over")
		}
	} else if g := gateOf(s.Snapshot); known && g.fail+g.critical != "" {
		p.Blocked = cluster.Clean(cmp.Or(g.fail, g.critical) + ": more load makes it worse, and the ramp would end at once")
	}
	t := s.Snapshot.Session.Thresholds
	p.Expect = cluster.Clean("each step holds with every lag at most " + t.Warning.String() + ", no breaker tripped and no sync errors")
	p.Stop = cluster.Clean("a lag above " + t.Critical.String() + " or a breaker that trips: one step back, by this same confirmation; missing data: it waits; a limit set by somebody else: " + s.othersWord())
	p.Undo = cluster.Clean(s.undoWords())
	return p, nil
}

func list(steps []int64) string {
	words := make([]string, len(steps))
	for i, n := range steps {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ", ")
}

// othersWord says what a ramp does about a limit that somebody else sets: it can be
// read, or no more than guessed.
func (s *Scene) othersWord() string {
	if f := s.Limit.Failure; f != nil && f.Kind == cluster.FailMissing {
		return "this server tells none, so it ends where more comes in than the step lets, and waits where far less does"
	}
	return "it ends"
}
