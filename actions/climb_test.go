package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// What ends a ramp ends it for good, and says why.
func TestWhatEndsARamp(t *testing.T) {
	second := func(v admin.Verdict) func(*rig) {
		return func(r *rig) {
			r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: v}, true }
			r.run(15 * time.Second)
		}
	}
	throttle := func(v admin.Verdict) func(*rig) {
		return func(r *rig) {
			r.answer = func(Send) (admin.Result, bool) {
				if v == admin.Accepted {
					r.limit.Limit = admin.Limit{PerSecond: 90}
				}
				return admin.Result{Verdict: v}, true
			}
			r.confirm(Ask{Kind: KindThrottle, N: 90})
		}
	}
	for _, c := range []struct {
		name  string
		hold  time.Duration
		then  func(*rig)
		sent  int
		words string
	}{
		{"a step is rejected", 10 * time.Second, second(admin.Rejected), 2, "a step failed: rejected"},
		{"a step is not sent", 10 * time.Second, second(admin.NotSent), 2, "a step failed: not sent"},
		{"a step's answer is lost, and it is not in force", 10 * time.Second, second(admin.Ambiguous), 2, "a step's answer was lost, and it did not take effect"},
		{"somebody else sets the limit", time.Minute, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 700} }, 1, "somebody else set the limit to 700/s"},
		{"a limit is set here", time.Minute, throttle(admin.Accepted), 2, "another limit was set"},
		{"a limit is set here, and refused", time.Minute, throttle(admin.Rejected), 2, "another limit was asked for, and rejected"},
		{"a limit is set here, and not sent", time.Minute, throttle(admin.NotSent), 2, "another limit was asked for, and not sent"},
		{"a limit is set here, perhaps", time.Minute, throttle(admin.Ambiguous), 2, "another limit may have been set"},
		{"a lag stays critical", time.Minute, func(r *rig) { r.nodes["node2"].lag = 30 }, 1, "the lag of node2 is 30.0 s; the first step stays"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := climbing(t, c.hold)
			c.then(r)
			r.run(2 * time.Minute)
			if r.state.Climb != nil || len(r.sent) != c.sent {
				t.Fatalf("%d sent, %+v", len(r.sent), r.state.Climb)
			}
			var why []string
			for _, e := range r.records("effect") {
				if e.Effect.Action == "p1" {
					why = append(why, e.Effect.Why.String())
				}
			}
			if !strings.Contains(strings.Join(why, "; "), c.words) {
				t.Errorf("%q", why)
			}
		})
	}
}

// One reading that is critical is no reason to step back, and a step whose answer
// was lost is not held before it is known to be in force.
func TestWhatARampWaitsFor(t *testing.T) {
	r := climbing(t, time.Minute)
	r.run(5 * time.Second)
	r.nodes["node2"].lag = 12
	r.run(time.Second)
	r.nodes["node2"].lag = 0.2
	r.run(20 * time.Second)
	if c := r.state.Climb; c == nil || !c.Back.IsZero() || len(r.sent) != 1 {
		t.Errorf("%+v", c)
	}

	r = climbing(t, 10*time.Second)
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: admin.Ambiguous}, true }
	for range 60 {
		if len(r.sent) == 1 {
			r.run(time.Second)
		}
	}
	if c := r.state.Climb; c == nil || c.holding || !strings.Contains(c.Paused.String(), "the answer was lost") {
		t.Errorf("%+v", c)
	}
}

// No step overwrites a limit that somebody else has set, however shortly before.
func TestARampLooksBeforeItSteps(t *testing.T) {
	beforeStep := func(f func(*rig)) func(*rig) {
		return func(r *rig) {
			r.reads = func(d ReadFacts) {
				if strings.HasPrefix(d.For, "step") {
					f(r)
				}
			}
		}
	}
	for _, c := range []struct {
		name  string
		then  func(*rig)
		words string
	}{
		{"a moment before", beforeStep(func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 80} }), "somebody else set the limit to 80/s"},
		{"lifted a moment before", beforeStep(func(r *rig) { r.limit.Limit = admin.Limit{Unlimited: true} }), "no limit is in force"},
		{"another run of ours", func(r *rig) {
			r.do(Restored{Who: Standing{PerSecond: 80, Action: "other", Since: r.now().Wall}})
		}, "another run set the limit to 80/s"},
		{"before a step back", func(r *rig) {
			beforeStep(func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 80} })(r)
			r.tripped = []cluster.NodeID{"agent-node2"}
		}, "somebody else set the limit to 80/s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := climbing(t, 10*time.Second)
			if len(r.state.Climb.Plan.Ramp.Steps) < 2 {
				t.Fatal("no second step")
			}
			r.state.Climb.Plan.Ramp.Back = r.state.Climb.Plan.Ramp.Deeds[0] // so that there is one to go back to
			c.then(r)
			r.run(time.Minute)
			list := r.records("effect")
			if r.state.Climb != nil || len(r.sent) != 1 || len(list) == 0 || !strings.Contains(list[len(list)-1].Effect.Why.String(), c.words) {
				t.Errorf("%d sent, %+v, %+v", len(r.sent), r.state.Climb, list)
			}
		})
	}
	// Where it can't be read, the ramp waits.
	r := climbing(t, 10*time.Second)
	unread := LimitReading{At: t0, Failure: cluster.Fail(cluster.FailTimeout, "no answer", "")}
	beforeStep(func(r *rig) { r.limit = unread })(r)
	r.run(time.Minute)
	if r.state.Climb == nil || len(r.sent) != 1 {
		t.Errorf("%d sent, %+v", len(r.sent), r.state.Climb)
	}
}

// A step that is due while the answer to something else is waited for is put off, not
// lost: up, and back.
func TestAStepBesideAnotherRequestIsPutOff(t *testing.T) {
	for _, back := range []bool{false, true} {
		r := climbing(t, 10*time.Second)
		r.state.Climb.Plan.Ramp.Back = r.state.Climb.Plan.Ramp.Deeds[0]
		climb := r.answer
		r.reads = func(d ReadFacts) {
			if strings.HasPrefix(d.For, "step") && r.state.Flight == nil && len(r.sent) == 1 {
				r.state.Flight = &Flight{Action: "other", Plan: r.state.Climb.Plan, Since: r.now(), Sending: true}
			}
		}
		if back {
			r.tripped = []cluster.NodeID{"agent-node2"}
		}
		r.run(30 * time.Second)
		if r.state.Climb == nil || r.state.Flight == nil || len(r.sent) != 1 {
			t.Fatalf("back %v: %d sent, %+v", back, len(r.sent), r.state.Climb)
		}
		r.reads, r.answer = nil, climb
		r.state.Flight = nil // the answer came
		r.run(30 * time.Second)
		if len(r.sent) < 2 {
			t.Errorf("back %v: %d sent, %s", back, len(r.sent), r.state.Climb.Words(r.now()))
		}
	}
}

// The look at a limit that stood before the ramp does not put off those of the ramp.
func TestARampLooksFromItsBegin(t *testing.T) {
	r := newRig(t)
	r.lagless = true
	r.do(Restored{Who: Standing{PerSecond: 90, Action: "old", Since: t0}})
	r.limit = LimitReading{Limit: admin.Limit{PerSecond: 90}, At: t0}
	r.run(time.Minute)
	r.state.nextGET = r.mono + time.Hour
	var looks int
	r.reads = func(d ReadFacts) {
		if strings.HasPrefix(d.For, "limit") {
			looks++
		}
	}
	r.answer = func(s Send) (admin.Result, bool) {
		return admin.Result{Verdict: admin.Ambiguous}, true
	}
	r.confirm(Ask{Kind: KindRamp})
	r.run(10 * time.Second)
	if len(r.sent) == 0 || looks == 0 {
		t.Errorf("%d sent, %d looks: %v", len(r.sent), looks, r.state.Dialog.Refusal)
	}
}

// A ramp whose limits nobody tells, and nobody feels, is none that worked.
func TestARampThatIsNotFelt(t *testing.T) {
	for _, stuck := range []bool{true, false} {
		r := climbing(t, 10*time.Second)
		r.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
		if stuck {
			r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: admin.Accepted}, true }
			r.ingest = 1500 // as before
			for _, n := range r.nodes {
				n.apply = 1500
			}
		}
		for range 300 {
			if r.state.Climb == nil {
				break
			}
			r.run(time.Second)
		}
		list := r.records("effect")
		got := Effect("none")
		for _, e := range list {
			if e.Effect.Action == "p1" {
				got = Effect(e.Effect.Verdict)
			}
		}
		if want := map[bool]Effect{true: Inconclusive, false: Effective}[stuck]; got != want {
			t.Errorf("stuck %v: %s, want %s: %+v", stuck, got, want, list[len(list)-1].Effect)
		}
	}
}

// A ramp that begins by lowering the rate waits for a lag that was critical before it,
// and ends by one that was not.
func TestARampWaitsForTheLagItFound(t *testing.T) {
	for _, other := range []bool{false, true} {
		r := newRig(t)
		r.state.set.Hold = time.Minute
		r.nodes["node2"].lag, r.nodes["node2"].apply = 60, 1500
		r.nodes["node3"].lag, r.nodes["node3"].apply = 0.2, 1500
		r.run(time.Minute)
		r.nodes["node2"].lag = 60
		r.run(2 * time.Second)
		r.answer = func(Send) (admin.Result, bool) {
			r.limit.Limit = admin.Limit{PerSecond: r.state.Flight.Plan.Limit}
			r.ingest = float64(r.limit.PerSecond)
			return admin.Result{Verdict: admin.Accepted}, true
		}
		r.confirm(Ask{Kind: KindRamp})
		if r.state.Climb == nil {
			t.Fatalf("no ramp: %+v", r.state.Dialog)
		}
		for range 40 {
			r.nodes["node2"].lag = 50
			if other {
				r.nodes["node3"].lag = 30
			}
			r.run(time.Second)
		}
		if over := r.state.Climb == nil; over != other {
			t.Errorf("another's lag %v: over %v, %+v", other, over, r.records("effect"))
		}
	}
}

// A server that asked to be left alone, in its answer to something else, is, but for a
// step back.
func TestARampLeavesTheServerAlone(t *testing.T) {
	refused := func(r *rig) {
		was := r.answer
		r.answer = func(Send) (admin.Result, bool) {
			return admin.Result{Verdict: admin.Rejected, Answer: admin.Answer{RetryAfter: admin.RetryAfter{Given: true, Wait: time.Minute}}}, true
		}
		r.confirm(Ask{Kind: KindSync, Target: "node3"})
		r.answer = was
	}
	r := climbing(t, 10*time.Second)
	refused(r)
	sent := len(r.sent)
	r.run(30 * time.Second)
	if c := r.state.Climb; c == nil || len(r.sent) != sent || !strings.Contains(c.Words(r.now()), "asked to be left alone") {
		t.Fatalf("%d sent after %d, %+v", len(r.sent), sent, c)
	}
	r.run(40 * time.Second)
	if c := r.state.Climb; c == nil || c.At == 0 {
		t.Errorf("not gone on with: %+v", c)
	}

	r = climbing(t, 10*time.Second)
	r.run(15 * time.Second) // the second step
	refused(r)
	sent = len(r.sent)
	r.nodes["node2"].lag = 30
	r.run(30 * time.Second)
	if len(r.sent) != sent+1 || r.state.Climb != nil {
		t.Errorf("no step back: %d sent after %d", len(r.sent), sent)
	}
}

// set sets the wall clock, as the stream tells it.
func (r *rig) set(by time.Duration) {
	r.skew += by
	r.observe(cluster.Source{Kind: cluster.FromMonitor}, &cluster.ClockStep{By: by})
}

// A clock that is set, back or ahead, blinds no ramp and no standing limit.
func TestTheClockIsSetWhileALimitStands(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		r := climbing(t, 20*time.Second)
		r.run(25 * time.Second) // the second step
		sent := len(r.sent)
		r.set(by)
		r.run(5 * time.Second)
		r.nodes["node2"].lag = 30
		r.run(20 * time.Second)
		if len(r.sent) != sent+1 || r.state.Climb != nil {
			t.Errorf("clock set by %v: no step back: %d sent after %d", by, len(r.sent), sent)
		}

		r = newRig(t)
		r.answer = func(s Send) (admin.Result, bool) {
			r.limit.Limit = admin.Limit{PerSecond: 400}
			return admin.Result{Verdict: admin.Accepted}, true
		}
		r.confirm(Ask{Kind: KindThrottle, N: 400})
		r.run(5 * time.Second)
		r.set(by)
		r.run(30 * time.Second)
		if r.state.Standing.PerSecond != 400 {
			t.Errorf("clock set by %v: stands %d", by, r.state.Standing.PerSecond)
		}
		r.limit.Limit = admin.Limit{PerSecond: 90}
		r.run(time.Minute)
		if r.state.Standing.PerSecond != 0 {
			t.Errorf("clock set by %v: %d/s stands, though the server tells 90/s", by, r.state.Standing.PerSecond)
		}
	}
}

// Where the server tells no limit, somebody's lower one shows in the ingest alone: the
// ramp waits, and does not lift it.
func TestARampWaitsWhereTheIngestFell(t *testing.T) {
	r := climbing(t, 20*time.Second)
	r.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
	flow := func(rate float64) {
		r.ingest = rate
		for _, n := range r.nodes {
			n.apply = rate
		}
	}
	flow(95) // of 100, the first step
	r.run(10 * time.Second)
	flow(30)
	r.run(2 * time.Minute)
	if c := r.state.Climb; c == nil || len(r.sent) != 1 || !strings.Contains(c.Words(r.now()), "somebody may have set a lower limit") {
		t.Fatalf("%d sent, %+v", len(r.sent), c)
	}
	flow(96)
	r.run(30 * time.Second)
	if len(r.sent) != 2 {
		t.Errorf("%d sent after the ingest came back", len(r.sent))
	}
}
