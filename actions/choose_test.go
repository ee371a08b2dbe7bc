package actions

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Another rate is another plan: it is looked at, and sent as it is shown.
func TestChooseARate(t *testing.T) {
	r := newRig(t)
	r.propose(Ask{Kind: KindThrottle})
	if n := r.state.Dialog.Plan.Limit; n != 490 { // 0.8 of 620, two digits
		t.Fatalf("suggested %d", n)
	}
	for _, c := range []struct {
		w    Choose
		want int64
	}{
		{Choose{By: 1}, 500},
		{Choose{By: 1}, 1000},
		{Choose{By: 1}, 2000},
		{Choose{By: 1}, 2000},
		{Choose{By: -1}, 1000},
		{Choose{N: 700}, 700},
		{Choose{By: -1}, 500},
		{Choose{By: -1}, 490},
		{Choose{By: -1}, 100},
		{Choose{By: -1}, 100},
		{Choose{N: maxRate + 1}, 100},
		{Choose{N: -1}, 100},
		{Choose{}, 490},
		{Choose{N: 400}, 400},
	} {
		shown := r.state.Dialog.Shown
		r.do(c.w)
		d := r.state.Dialog
		if d.Plan.Limit != c.want || d.Phase != Preview {
			t.Fatalf("%+v: %d in %s, want %d", c.w, d.Plan.Limit, d.Phase, c.want)
		}
		if c.w.N >= 0 && c.w.N <= maxRate && d.Shown == shown {
			t.Errorf("%+v: nothing new to look at", c.w)
		}
	}
	r.keys("y") // not painted yet
	r.want("preview", 0)
	r.look()
	r.keys("y")
	r.want("verifying", 1)
	if body := string(r.sent[0].Deed.(HTTP).Body()); body != `{"max_assertions_per_sec":400}` {
		t.Errorf("sent %s", body)
	}
}

// What has no rate is not changed by choosing one.
func TestChooseWhereThereIsNoRate(t *testing.T) {
	r := newRig(t)
	r.propose(Ask{Kind: KindSync, Target: "node2"})
	shown := r.state.Dialog.Shown
	r.do(Choose{N: 5})
	if d := r.state.Dialog; d.Shown != shown || d.Ask.N != 0 {
		t.Errorf("a sync got a rate: %+v", d.Ask)
	}
}

// Which of the replicas that are well is the worst changes with every reading, and
// is no reason to look again.
func TestTheWorstOfTheHealthy(t *testing.T) {
	r := newRig(t)
	r.limit.Limit = admin.Limit{PerSecond: 100}
	r.ingest = 100
	for _, n := range r.nodes {
		n.lag, n.apply = 0.2, 100
	}
	r.run(15 * time.Minute)
	r.propose(Ask{Kind: KindRamp})
	shown := r.state.Dialog.Shown
	for i := range 6 {
		r.nodes["node2"].lag, r.nodes["node3"].lag = 0.2+0.1*float64(i%2), 0.25
		r.run(time.Second)
	}
	if d := r.state.Dialog; d.Shown != shown || len(d.Changed) > 0 {
		t.Errorf("to be looked at again: %v", d.Changed)
	}
}

// That no replica applies anything is said where it was measured, and not where
// it is not known.
func TestWhetherThrottlingHelps(t *testing.T) {
	for want, set := range map[string]func(*rig){
		"": func(*rig) {},
		"no replica applies anything: throttling will not help": func(r *rig) {
			r.nodes["node2"].apply, r.nodes["node3"].apply = 0, 0
			r.run(time.Minute)
		},
		"no replica's apply rate is known: whether throttling helps can't be told": func(r *rig) {
			r.mute = true
			r.run(time.Minute)
		},
	} {
		r := newRig(t)
		set(r)
		r.propose(Ask{Kind: KindThrottle})
		var said []string
		for _, w := range r.state.Dialog.Plan.Warn {
			said = append(said, w.String())
		}
		if got := strings.Join(said, "; "); !strings.Contains(got, want) || want == "" && strings.Contains(got, "help") {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

// A ramp whose gate is failed already is not begun where it would add load. Where
// its first step takes load off it is.
func TestARampIsNotBegunOnAFailedGate(t *testing.T) {
	for _, c := range []struct {
		name    string
		limit   admin.Limit
		lag     float64
		blocked bool
		ingest  float64 // where no limit is set
	}{
		{"up, and all is well", admin.Limit{PerSecond: 400}, 0.2, false, 0},
		{"up, on a lag that is critical", admin.Limit{PerSecond: 400}, 41, true, 0},
		{"down first", admin.Limit{Unlimited: true}, 41, false, 1500},
		{"down by less than is measured", admin.Limit{Unlimited: true}, 41, true, 101},
	} {
		r := newRig(t)
		r.limit.Limit = c.limit
		if r.ingest = c.ingest; !c.limit.Unlimited {
			r.ingest = 400
		}
		for range 60 { // against what the rig does with it
			r.nodes["node2"].lag = c.lag
			r.run(time.Second)
		}
		r.confirm(Ask{Kind: KindRamp})
		if p := r.state.Dialog.Plan; p.Blocked.IsZero() == c.blocked || c.blocked && len(r.sent) > 0 {
			t.Errorf("%s: %q, %d sent, %s, %q", c.name, p.Blocked, len(r.sent), r.phase(), r.state.Dialog.Note)
		}
		if want := "the lag of node2 is 4"; c.blocked && !strings.HasPrefix(r.state.Dialog.Plan.Blocked.String(), want) {
			t.Errorf("%s: %q", c.name, r.state.Dialog.Plan.Blocked)
		}
	}
}

// A ramp says what it waits for.
func TestWordsOfARamp(t *testing.T) {
	for _, c := range []struct {
		held   time.Duration
		paused string
		want   string
	}{
		{90 * time.Second, "", "step 1 of 2, 500/s, 1m30s of 5m0s"},
		{90 * time.Second, "no replica is known", "step 1 of 2, 500/s, 1m30s of 5m0s, waits: no replica is known"},
		{310 * time.Second, "", "step 1 of 2, 500/s, 5m0s of 5m0s, waits until the last 1m0s were healthy"},
	} {
		v := Climb{Plan: &Plan{Ramp: &Schedule{Steps: []int64{500, 1000}, Hold: 5 * time.Minute}}, Held: c.held, Paused: cluster.Clean(c.paused), holding: true}
		if got := v.Words(Now{}); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// A first step that fails goes back to the limit before it, by what the preview
// showed. A limit that was higher is none to go back to.
func TestAFirstStepThatFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		before int64
		ask    Ask
		first  int64
		sent   int
		want   string
	}{
		{"lower before", 400, Ask{Kind: KindRamp}, 500, 2, "stepped back to 400/s: "},
		{"higher before", 2000, Ask{Kind: KindRamp, N: 500}, 500, 1, "the first step stays, there is no lower limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.limit.Limit, r.ingest = admin.Limit{PerSecond: c.before}, float64(c.before)
			r.nodes["node2"].lag, r.nodes["node2"].apply = 0.2, 5000
			r.run(time.Minute)
			next := c.first
			r.answer = func(Send) (admin.Result, bool) {
				r.limit.Limit, r.ingest = admin.Limit{PerSecond: next}, float64(next)
				next = c.before
				return admin.Result{Verdict: admin.Accepted}, true
			}
			r.confirm(Ask{Kind: KindRamp, N: c.ask.N})
			shown := ""
			for _, l := range r.state.Dialog.Plan.Lines() {
				if l.Name == "if step 1 fails" {
					shown = l.Text.String()
				}
			}
			if back := strings.Contains(shown, strconv.FormatInt(c.before, 10)); back != (c.sent == 2) {
				t.Errorf("shown %q", shown)
			}
			r.nodes["node2"].apply = 0
			r.run(time.Minute)
			if f := r.state.Dialog.Finding; f.Effect != Regressed || !strings.Contains(f.Why.String(), c.want) {
				t.Errorf("%s", f.Words(0))
			}
			if len(r.sent) != c.sent || r.state.Climb != nil {
				t.Errorf("%d were sent, %+v goes on", len(r.sent), r.state.Climb)
			}
		})
	}
}
