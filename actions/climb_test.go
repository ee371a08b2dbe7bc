package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
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
