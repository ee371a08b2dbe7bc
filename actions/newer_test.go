package actions

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// An answer that was long in coming makes nothing of before it a reading of after.
func TestASlowAnswer(t *testing.T) {
	r := newRig(t)
	r.lagless = true
	r.run(time.Minute)
	r.holds = true
	r.propose(Ask{Kind: KindThrottle, N: 1100})
	r.do(Seen{For: r.state.Dialog.check, World: r.world()})
	r.look()
	r.keys("a", "y")
	r.do(Seen{For: r.state.Dialog.check, World: r.world()})
	r.do(Recorded{Action: r.state.Dialog.ID})
	r.ingest = 450 // at once, and the answer is long in coming
	r.run(5500 * time.Millisecond)
	r.want("sending", 1)
	r.do(Answered{Action: r.state.Dialog.ID, Result: admin.Result{Verdict: admin.Accepted}})
	r.run(time.Second)
	if at, now := r.state.Trials[0].Answered.Wall, r.state.World.Snapshot.Primary.Metrics.Newest; now.Sub(at) <= 0 || now.Sub(at) > time.Second {
		t.Fatalf("answered at %v, read at %v", at, now)
	}
	r.want("verifying", 1)
	r.run(time.Second)
	r.want("ended", 1)
}

// Nothing is said of an effect by what was read before the answer, however often
// that is looked at, and though the clock was set back meanwhile.
func TestNothingIsToldByOlderReadings(t *testing.T) {
	for _, c := range []struct {
		name    string
		set     func(*rig)
		ask     Ask
		verdict admin.Verdict
		phase   string
		end     Effect
	}{
		{"a limit, and no lag is known", func(r *rig) { r.lagless = true }, Ask{Kind: KindThrottle, N: 5000}, admin.Accepted, "verifying", Effective},
		{"the same limit, its answer lost", func(r *rig) { r.limit.Limit, r.ingest = admin.Limit{PerSecond: 1500}, 1500 }, Ask{Kind: KindThrottle, N: 1500}, admin.Ambiguous, "reading back", Applied},
		{"a breaker that was closed", func(r *rig) { r.tripped = []cluster.NodeID{"agent-node2"} }, Ask{Kind: KindReset, Target: "node2"}, admin.Accepted, "verifying", Effective},
	} {
		for _, back := range []time.Duration{0, time.Hour} {
			t.Run(c.name+", clock back "+back.String(), func(t *testing.T) {
				r := newRig(t)
				if c.set != nil {
					c.set(r)
					r.run(time.Minute)
				}
				r.answer = func(Send) (admin.Result, bool) {
					r.skew, r.holds, r.tripped = -back, true, nil
					if n := r.state.Flight.Plan.Limit; n > 0 {
						r.limit = LimitReading{Limit: admin.Limit{PerSecond: n}, At: r.now().Wall}
					}
					return admin.Result{Verdict: c.verdict}, true
				}
				r.confirm(c.ask)
				r.want(c.phase, 1)
				for range 3 {
					r.mono += 250 * time.Millisecond
					r.do(Seen{World: r.world()})
				}
				r.want(c.phase, 1)
				if x := r.state.Trials[0]; x.Moved || x.Finding.Effect != NotYet {
					t.Fatalf("judged by what was before it: %+v", x)
				}
				if back > 0 {
					return // what comes is of an earlier time: nothing is known for an hour
				}
				r.holds = false
				r.run(50 * time.Second)
				if list := r.records("effect"); len(list) == 0 || list[0].Effect.Verdict != string(c.end) {
					t.Errorf("%+v in %s: %s", list, r.phase(), r.state.Dialog.Finding.Why)
				}
			})
		}
	}
}
