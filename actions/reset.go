package actions

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// retrip is how soon after a reset a breaker that trips again shows that the
// cause is still there.
const retrip = 5 * time.Minute

func proposeReset(s *Scene, ask Ask) (*Plan, *Refusal) {
	if ask.Target == "" {
		return nil, refuse("no agent is named", "choose one; an empty target is never sent")
	}
	agent, r := s.agent(ask.Target)
	if agent == "" {
		return nil, refuse("the circuit breaker of "+ask.Target.Text().String()+" is not known", "set agent_id of the replica, or name the agent")
	}
	if !agent.Faithful() && (r == nil || r.Spec.AgentID != agent) {
		return nil, refuse("what is shown of "+agent.Text().String()+" is not what would be sent", "set agent_id of the replica by hand first")
	}
	req, err := s.Requests.Reset(agent)
	if err != nil {
		return nil, refuseFor(err)
	}
	ask.Target = agent
	p := &Plan{
		Kind: KindReset, Ask: ask, Tier: Medium, Deed: HTTP{req}, Word: string(agent), Target: Target{ID: agent},
		TierIs: cluster.Clean("it hides a fault that is still there"),
		Title:  cluster.Clean("reset the breaker of " + agent.Text().String()),
		Expect: cluster.Clean("closed within 15 s and for the 30 s after"),
		Stop:   cluster.Clean("it trips again within a minute: look for the cause, throttle first"),
		Undo:   cluster.Clean("none: it trips again by itself if the cause is still there"),
	}
	state, tripped, known := s.breaker(agent)
	p.before.tripped = tripped
	p.Facts = append(p.Facts, state)
	if known && !tripped {
		p.warn("it is not in the list of tripped breakers")
	}
	if last, ok := s.Resets[agent]; ok && tripped && s.Now.Wall.Sub(last) < retrip {
		p.raise(Dangerous, "it tripped again after the reset at "+s.Now.clock(last))
	}
	if r != nil {
		p.before.watch = r.ID
		if f, ok := alsoTripped(r, agent, state.Age); ok {
			p.Facts = append(p.Facts, f)
		}
		p.Facts = append(p.Facts, s.lagFact(r), s.applyFact(r))
	}
	return p, nil
}

// shownAgents is how many agents a preview names beside its own.
const shownAgents = 3

// alsoTripped names the other agents of a replica that are tripped: they stay so,
// and the replica may be blocked as before. ok is false where there are none.
func alsoTripped(r *cluster.Replica, agent cluster.NodeID, age time.Duration) (f Fact, ok bool) {
	var words []string
	for _, b := range r.Breaker.Tripped() {
		if b.Agent != agent {
			words = append(words, b.Agent.Text().String())
		}
	}
	if n := len(words) - shownAgents; n > 0 {
		words = append(words[:shownAgents], strconv.Itoa(n)+" more")
	}
	f = Fact{Name: "also tripped", Value: cluster.Clean(strings.Join(words, ", ") + ": each has its own reset"), Source: fromAdmin, Age: age}
	return f, len(words) > 0
}

// agent finds the agent that an ask names: itself, or that of a replica.
func (s *Scene) agent(id cluster.NodeID) (cluster.NodeID, *cluster.Replica) {
	if r := s.Snapshot.Replica(id); r != nil {
		return r.Breaker.Agent, r
	}
	for i := range s.Snapshot.Replicas {
		r := &s.Snapshot.Replicas[i]
		of := func(b cluster.TrippedBreaker) bool { return b.Agent == id }
		if r.Breaker.Agent == id || r.Spec.AgentID == id || slices.ContainsFunc(r.Breaker.More, of) {
			return id, r
		}
	}
	return id, nil
}

// breaker says how an agent's breaker stands; known is false where the list
// could not be read.
func (s *Scene) breaker(agent cluster.NodeID) (f Fact, tripped, known bool) {
	f = Fact{Name: "breaker of " + agent.Text().String(), Source: fromAdmin, Age: NoAge, Same: "unknown"}
	admin := s.Snapshot.Primary.Admin
	if age, ok := admin.Age(s.Now.Wall); ok {
		f.Age = age
	}
	words := "unknown"
	if admin.Err != nil {
		words += ": " + admin.Err.What.String()
	}
	if admin.Reachable {
		known, words, f.Same = true, "closed", "closed"
	}
	if b := s.trippedBreaker(agent); b != nil {
		tripped, f.Same, words = true, "tripped", "tripped"
		if !b.Since.IsZero() {
			words += " since " + s.Now.clock(b.Since)
		}
		if b.FailuresKnown {
			words += ", " + strconv.FormatFloat(b.Failures, 'f', 0, 64) + " failures"
		}
	}
	f.Value = cluster.Clean(words)
	return f, tripped, known
}

// trippedBreaker returns an agent's breaker if it is tripped, else nil.
func (s *Scene) trippedBreaker(agent cluster.NodeID) *cluster.TrippedBreaker {
	for _, b := range s.Snapshot.TrippedBreakers() {
		if b.Agent == agent {
			return &b
		}
	}
	return nil
}

// sinceAdmin tells whether the list of breakers is newer than the answer.
func (s *Scene) sinceAdmin(t *Trial) bool {
	return t.Before(s.Snapshot.Primary.Admin, s.Snapshot.Interval)
}

func readBackReset(t *Trial, s *Scene) Finding {
	if !s.sinceAdmin(t) {
		return found(NotYet, "no newer list of breakers")
	}
	f, tripped, _ := s.breaker(t.Plan.Target.ID)
	switch {
	case !t.Plan.before.tripped:
		return found(NotYet, "it was not tripped before", f)
	case !tripped:
		return found(Applied, "the breaker is closed", f)
	case s.Now.Hand-t.Answered.Hand >= readBackFor-readBackEvery:
		return found(NotApplied, "the breaker is tripped still", f)
	}
	return found(NotYet, "the breaker is tripped still", f)
}

// Times of the verification of a reset.
const (
	closesWithin = 15 * time.Second
	staysClosed  = 30 * time.Second
)

func judgeReset(t *Trial, s *Scene) Finding {
	if !s.sinceAdmin(t) {
		return found(NotYet, "no newer list of breakers")
	}
	f, tripped, _ := s.breaker(t.Plan.Target.ID)
	after := s.Now.Mono - t.Answered.Mono
	switch {
	case !tripped && !t.Plan.before.tripped:
		return found(Inconclusive, "it was not tripped before", f)
	case tripped && t.Moved:
		return found(Regressed, "it tripped again", f)
	case tripped && after >= closesWithin:
		return found(NoEffect, "it is tripped still", f)
	case tripped:
		return found(NotYet, "it is tripped still", f)
	}
	if !t.Moved {
		t.Moved, t.MovedAt = true, s.Now.Mono
	}
	if closed := s.Now.Mono - t.MovedAt; closed < staysClosed {
		return found(NotYet, "closed for "+wait(closed), f)
	}
	return found(Effective, "closed for "+wait(staysClosed), f)
}
