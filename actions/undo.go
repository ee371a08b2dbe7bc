package actions

import (
	"math"

	"github.com/stemedb/stemetop/sources/cluster"
)

// proposeUndo takes the newest limit back: to the one before, where one is
// known, else by a ramp up to the ingest that was measured before.
func proposeUndo(s *Scene, ask Ask) (*Plan, *Refusal) {
	l := s.Last
	if l == nil {
		return nil, refuse("no limit was set here that could be taken back", "")
	}
	if l.WasKnown && !l.Was.Unlimited {
		p, r := proposeThrottle(s, Ask{Kind: KindThrottle, N: l.Was.PerSecond})
		if r != nil {
			return nil, r
		}
		p.Ask, p.Undoes = ask, l.Action
		p.Title = cluster.Clean("back to the limit of " + limitWords(LimitReading{Limit: l.Was}))
		p.Expect = cluster.Clean("the limit in force is " + limitWords(LimitReading{Limit: l.Was}) + ", and no lag rises")
		return p, nil
	}
	steps := s.backUp(l)
	if len(steps) == 0 {
		return nil, refuse("no limit was in force before, and the ingest before is not known", "ramp up, or set a limit")
	}
	p, r := s.ramp(ask, steps)
	if r != nil {
		return nil, r
	}
	p.Undoes = l.Action
	return p, nil
}

// backUp are the steps from the present limit up to the ingest measured before
// it was set.
func (s *Scene) backUp(l *LimitChange) []int64 {
	before, known := l.Ingest.Value()
	var steps []int64
	for _, n := range s.Steps {
		if n > l.N && (!known || float64(n) < before) {
			steps = append(steps, n)
		}
	}
	if known && before > float64(l.N) {
		steps = append(steps, int64(math.Ceil(before)))
	}
	return steps
}
