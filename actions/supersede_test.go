package actions

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// A limit whose answer was lost takes no later one's effect for its own, and never
// stands in its place.
func TestALaterLimitStands(t *testing.T) {
	for name, later := range map[string]admin.Verdict{"accepted": admin.Accepted, "lost too": admin.Ambiguous} {
		r := newRig(t)
		r.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
		r.ingest = 1500
		r.run(time.Minute)
		r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: admin.Ambiguous}, true }
		r.confirm(Ask{Kind: KindThrottle, N: 400})
		first := r.state.Dialog.ID
		r.run(3 * time.Second)
		r.keys("esc")
		r.answer = func(Send) (admin.Result, bool) {
			r.ingest = 100
			return admin.Result{Verdict: later}, true
		}
		r.confirm(Ask{Kind: KindThrottle, N: 100})
		r.run(2 * time.Minute)
		if s := r.state.Standing; s.PerSecond != 100 {
			t.Errorf("%s: %d/s stands, want 100/s", name, s.PerSecond)
		}
		for _, e := range r.records("effect") {
			if v := Effect(e.Effect.Verdict); e.Effect.Action == first && v != Unknown {
				t.Errorf("%s: the first is %s: %s", name, v, e.Effect.Why)
			}
		}
	}
}

// A limit that another run asked for ends a running ramp, however it was answered, and
// a breaker that another run reset is one that was reset.
func TestWhatAnotherRunAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		limits []string
		ends   bool
	}{
		"before the ramp":     {[]string{"other", "p1", "p1.1"}, false},
		"after its begin":     {[]string{"other", "p1", "theirs", "p1.1"}, true},
		"after its newest":    {[]string{"p1", "theirs"}, true},
		"nothing of the ramp": {[]string{"theirs"}, false},
	} {
		r := climbing(t, time.Minute)
		reset := r.now().Wall.Add(-time.Second)
		r.do(Restored{Limits: c.limits, Resets: map[cluster.NodeID]time.Time{"agent-node2": reset}})
		if (r.state.Climb == nil) != c.ends {
			t.Errorf("%s: %+v", name, r.state.Climb)
		}
		if got := r.state.Resets["agent-node2"]; !got.Equal(reset) {
			t.Errorf("%s: reset at %v", name, got)
		}
	}
}
