package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
)

// climbing is a rig whose ramp holds its first step, and all is well.
func climbing(t *testing.T, hold time.Duration) *rig {
	r := newRig(t)
	r.state.set.Hold = hold
	r.nodes["node2"].lag, r.nodes["node2"].apply = 0.2, 1500
	r.run(time.Minute)
	r.answer = func(Send) (admin.Result, bool) {
		r.limit.Limit = admin.Limit{PerSecond: r.state.Flight.Plan.Limit}
		r.ingest = float64(r.limit.PerSecond)
		for _, n := range r.nodes { // at the same rate the lag may stand still
			n.apply = r.ingest
		}
		return admin.Result{Verdict: admin.Accepted}, true
	}
	r.confirm(Ask{Kind: KindRamp})
	r.want("verifying", 1)
	r.keys("esc")
	return r
}

// What is confirmed while a step of the ramp is on its way waits for its answer.
func TestNothingIsSentBesideAStep(t *testing.T) {
	r := climbing(t, 10*time.Second)
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{}, false }
	for range 60 {
		if r.state.Flight == nil && r.state.Climb != nil {
			r.run(time.Second)
		}
	}
	if r.state.Flight == nil || len(r.sent) != 2 {
		t.Fatalf("no second step is on its way: %d sent, %s", len(r.sent), r.state.Climb.Words(r.now()))
	}
	r.confirm(lower)
	r.want("preview", 2)
	if w := r.state.Dialog.Note.String(); !strings.Contains(w, "another request is on its way") {
		t.Error(w)
	}
}

// A ramp does not go on over a lag that is above warning, or that rises.
func TestAHoldIsOfGoodTime(t *testing.T) {
	for _, c := range []struct {
		name         string
		lag, applies float64
		words        string
	}{
		{"above warning", 8, 100, "the lag of node2 is 8.0 s"},
		{"rising", 1.5, 20, " and rises"},
	} {
		r := climbing(t, time.Minute)
		r.nodes["node2"].lag, r.nodes["node2"].apply = c.lag, c.applies
		r.run(80 * time.Second)
		if v := r.state.Climb; v == nil || len(r.sent) != 1 || !strings.Contains(v.Paused.String(), c.words) {
			t.Errorf("%s: %d sent, %+v", c.name, len(r.sent), v)
		}
	}
}

// A hold begins anew where the clock was set or the machine slept, and does not
// count while nothing is read.
func TestAHoldIsOfFreshTime(t *testing.T) {
	r := climbing(t, 10*time.Second)
	r.run(6 * time.Second)
	held := r.state.Climb.Held
	if held < 3*time.Second {
		t.Fatalf("held for %v, %s", held, r.state.Climb.Paused)
	}
	r.blind = true
	r.run(30 * time.Second)
	if c := r.state.Climb; c.Held > held+2*time.Second || c.Paused.IsZero() || len(r.sent) != 1 {
		t.Errorf("held for %v in the dark, %q, %d sent", c.Held, c.Paused, len(r.sent))
	}
	r.blind = false
	r.skew = time.Hour
	r.do(Tick{})
	if c := r.state.Climb; c.Held != 0 {
		t.Errorf("held for %v through a jump of the clock", c.Held)
	}
}
