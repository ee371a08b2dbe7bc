package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

const kindLooking Kind = "looking"

// looking adds a row whose Look finds r.looked: it is effective when that is "up",
// and took effect when it is "new".
func (r *rig) looking() {
	row := Action{
		Kind: kindLooking, Absolute: true, LooksAfter: true, Watch: time.Minute,
		Look: func(context.Context, Ask) (any, *cluster.Failure) { return nil, nil },
		Propose: func(s *Scene, ask Ask) (*Plan, *Refusal) {
			word, ok := s.Looked.(string)
			if !ok {
				return nil, refuse("nothing was found", "")
			}
			req, err := s.Requests.RateLimit(1)
			return &Plan{Kind: kindLooking, Ask: ask, Deed: HTTP{req}, Facts: []Fact{{Name: "found", Value: cluster.Clean(word), Same: word}}}, refusalOf(err)
		},
		ReadBack: func(t *Trial, _ *Scene) Finding {
			if t.Looked == "new" {
				return found(Applied, "it is new")
			}
			return found(NotYet, "not seen")
		},
		Judge: func(t *Trial, _ *Scene) Finding {
			n, _ := t.Memory.(int)
			t.Memory = n + 1
			switch {
			case t.LookFailed != nil:
				return found(NotYet, t.LookFailed.What.String())
			case t.Looked == "up" && n >= 3:
				return found(Effective, "it is up")
			}
			return found(NotYet, "not up")
		},
	}
	r.state.set.Table = append(r.state.set.Table, row)
}

func refusalOf(err error) *Refusal {
	if err != nil {
		return refuseFor(err)
	}
	return nil
}

// What a Look finds is what the plan is made of, is looked for again before the
// send, and goes to the trial afterwards.
func TestWhatALookFinds(t *testing.T) {
	r := newRig(t)
	r.looking()
	r.lookFailed = cluster.Fail(cluster.FailTimeout, "no answer", "")
	r.propose(Ask{Kind: kindLooking})
	r.want("refused", 0)
	r.keys("esc")

	r.looked, r.lookFailed, r.holds = "old", nil, true
	r.propose(Ask{Kind: kindLooking})
	r.want("looking", 0)
	answer := Seen{For: r.state.Dialog.check, World: r.world()}
	r.keys("esc")
	r.holds = false
	r.do(answer)
	r.want("closed", 0)

	r.propose(Ask{Kind: kindLooking})
	r.want("preview", 0)
	r.looked = "other"
	r.keys("y")
	if r.want("preview", 0); len(r.state.Dialog.Changed) != 1 || r.state.Dialog.Changed[0].Name != "found" {
		t.Errorf("%+v", r.state.Dialog.Changed)
	}
	r.look()
	r.keys("y")
	r.want("verifying", 1)
	r.looked, r.lookFailed = nil, cluster.Fail(cluster.FailTimeout, "no answer", "")
	r.run(5 * time.Second)
	if f := r.state.Dialog.Finding; f.Effect != NotYet || !strings.Contains(f.Why.String(), "no answer") {
		t.Errorf("%+v", f)
	}
	r.looked, r.lookFailed = "up", nil
	r.run(5 * time.Second)
	if r.verdict() != "effective" || r.phase() != "ended" {
		t.Errorf("%s, %s", r.verdict(), r.phase())
	}
}

// A host that has too much to do is waited for longer than anything else is, and not
// for ever.
func TestTheFirstLookIsWaitedFor(t *testing.T) {
	r := newRig(t)
	r.looking()
	r.holds = true
	r.propose(Ask{Kind: kindLooking})
	r.run(7 * time.Second)
	r.want("looking", 0)
	ask, ok := r.done[len(r.done)-1].(ReadFacts)
	if !ok || ask.For != r.state.Dialog.check || ask.Within <= 7*time.Second || ask.Within >= firstFor {
		t.Fatalf("%+v", ask)
	}
	r.looked = "old"
	r.do(Seen{For: ask.For, World: r.world()})
	r.want("preview", 0)
	r.keys("esc")

	r.propose(Ask{Kind: kindLooking})
	r.run(firstFor)
	r.want("refused", 0)
	if d := r.state.Dialog.Refusal; !strings.Contains(d.Hint.String(), "doctor") {
		t.Errorf("%+v", d)
	}
}

// A Look gets as long as was asked for, and the limit no more than it takes.
func TestALookTakesItsTime(t *testing.T) {
	s := newStage(t, "http://127.0.0.1:1", t.TempDir())
	var within []time.Duration
	s.set.Table = append(slices.Clone(s.set.Table), Action{Kind: kindLooking, Look: func(ctx context.Context, _ Ask) (any, *cluster.Failure) {
		end, _ := ctx.Deadline()
		within = append(within, time.Until(end).Round(time.Second))
		return nil, nil
	}})
	for _, d := range []time.Duration{0, 14 * time.Second} {
		s.read(ReadFacts{Ask: Ask{Kind: kindLooking}, Within: d})
	}
	if len(within) != 2 || within[0] != readWithin || within[1] != 14*time.Second {
		t.Errorf("%v", within)
	}
}

// An answer that was lost is read back by the Look, no more than one at a time.
func TestALookReadsBack(t *testing.T) {
	r := newRig(t)
	r.looking()
	r.looked = "old"
	r.answer = ambiguous
	r.propose(Ask{Kind: kindLooking})
	r.keys("y")
	r.want("reading back", 1)
	r.run(4 * time.Second)
	r.holds = true // the host hangs
	before := len(r.done)
	r.run(5 * time.Second)
	reads := 0
	for _, d := range r.done[before:] {
		if _, ok := d.(ReadFacts); ok {
			reads++
		}
	}
	if reads > 1 {
		t.Errorf("%d looks are on their way", reads)
	}
	r.holds, r.looked = false, "new"
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{}, false }
	r.run(8 * time.Second)
	if list := r.records(journal.KindEffect); len(list) == 0 || list[0].Effect.Verdict != "applied" || len(r.state.Open) != 0 || len(r.sent) != 1 {
		t.Errorf("%+v, %d open", list, len(r.state.Open))
	}
}

// A deed that takes time says how far it is, while it is on its way.
func TestADeedTellsHowFarItIs(t *testing.T) {
	r := newRig(t)
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{}, false }
	r.confirm(lower)
	r.want("sending", 1)
	r.do(Told{Action: "another", Text: cluster.Clean("no")})
	r.do(Told{Action: r.state.Flight.Action, Text: cluster.Clean("half")})
	if n := r.state.Dialog.Note.String(); n != "half" {
		t.Errorf("%q", n)
	}
}

// An agent that is tripped beside another of its replica is known, and whose it is.
func TestBreakerBesideAnother(t *testing.T) {
	v := &cluster.Snapshot{Replicas: []cluster.Replica{{Node: cluster.Node{ID: "node2"}, Breaker: cluster.Breaker{
		State: cluster.BreakerTripped, Agent: "a1", More: []cluster.TrippedBreaker{{Agent: "a2", Failures: 3, FailuresKnown: true}},
	}}}}
	s := &Scene{World: World{Snapshot: v}}
	if f, tripped, _ := s.breaker("a2"); !tripped || f.Value.String() != "tripped, 3 failures" {
		t.Errorf("%v %q", tripped, f.Value)
	}
	if id, r := s.agent("a2"); id != "a2" || r != &v.Replicas[0] {
		t.Errorf("%q of %v", id, r)
	}
}

// A preview names what else is tripped of the replica, which stays so.
func TestAlsoTripped(t *testing.T) {
	for _, c := range []struct {
		tripped string
		target  cluster.NodeID
		want    string
	}{
		{"node2-a", "node2", ""},
		{"node2-a node3-a", "node2", ""},
		{"node2-a node2-b", "node2", "node2-b: each has its own reset"},
		{"node2-a node2-b", "node2-b", "node2-a: each has its own reset"},
		{"node2-a node2-b node2-c node2-d node2-e node2-f", "node2", "node2-b, node2-c, node2-d, 2 more: each has its own reset"},
	} {
		r := newRig(t)
		session := r.world().Snapshot.Session
		session.Run, session.Replicas = "r2", []cluster.NodeSpec{{ID: "node2", Metrics: true}, {ID: "node3", Metrics: true}}
		r.observe(cluster.Source{Kind: cluster.FromMonitor}, &session)
		for id := range strings.FieldsSeq(c.tripped) {
			r.tripped = append(r.tripped, cluster.NodeID(id))
		}
		r.run(2 * time.Second)
		r.propose(Ask{Kind: KindReset, Target: c.target})
		if r.state.Dialog.Plan == nil {
			t.Fatalf("%v: %v", c.tripped, r.state.Dialog.Refusal)
		}
		f := r.state.Dialog.Plan.fact("also tripped")
		if f.Value.String() != c.want {
			t.Errorf("%v: %q, want %q", c.tripped, f.Value, c.want)
		}
		if c.want != "" && !strings.HasSuffix(f.Words().String(), "(GET breakers, 0.0 s old)") {
			t.Errorf("%q", f.Words())
		}
	}
}

// What is told of a breaker that is matched to no replica is what its server tells.
func TestBreakerOfNobodyKnowsWhom(t *testing.T) {
	stray := cluster.TrippedBreaker{Agent: "a1", Failures: 3, FailuresKnown: true}
	s := &Scene{World: World{Snapshot: &cluster.Snapshot{Unmatched: []cluster.TrippedBreaker{stray}}}}
	f, tripped, _ := s.breaker("a1")
	if !tripped || f.Value.String() != "tripped, 3 failures" {
		t.Errorf("%v %q", tripped, f.Value)
	}
}

// What a plan shows grows old while its request is on its way.
func TestAPlanAges(t *testing.T) {
	r := newRig(t)
	r.propose(lower)
	p := r.state.Dialog.Plan
	limit := func(l []Line) string {
		for _, x := range l {
			if x.Name == factLimit {
				return x.Text.String()
			}
		}
		return ""
	}
	now := r.now()
	if a, b := limit(p.Lines()), limit(p.LinesAt(now)); a == "" || a != b {
		t.Errorf("%q, %q", a, b)
	}
	now.Mono += 6 * time.Second
	if s := limit(p.LinesAt(now)); !strings.Contains(s, ", 7.0 s old") {
		t.Errorf("%q six seconds later, was %q", s, limit(p.Lines()))
	}
}
