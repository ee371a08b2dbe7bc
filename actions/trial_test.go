package actions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// confirm takes an ask through to its send.
func (r *rig) confirm(a Ask) {
	r.t.Helper()
	r.propose(a)
	switch r.state.Dialog.Plan.Tier {
	case Light:
		r.keys("y")
	case Medium:
		r.keys("a", "y")
	case Dangerous:
		r.keys("a")
		r.keys(append(word(r.state.Dialog.Plan.Word), "enter")...)
	}
}

func ambiguous(Send) (admin.Result, bool) {
	return admin.Result{Verdict: admin.Ambiguous, Failure: cluster.Fail(cluster.FailReset, "connection reset", "")}, true
}

// What is judged by the cluster, and by nothing older than the answer.
func TestEffects(t *testing.T) {
	limited := func(n float64) func(*rig) {
		return func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 500}; r.ingest = n }
	}
	for _, c := range []struct {
		name  string
		ask   Ask
		after func(*rig) // at once after the answer
		then  func(*rig, time.Duration)
		want  string
		least time.Duration
	}{
		{"throttle: ingest and lag fall", lower, limited(500), nil, "effective", 10 * time.Second},
		{"throttle: ingest stays", lower, limited(1500), nil, "no_effect", limitHolds},
		{"throttle: the lag rises all the same", lower, func(r *rig) { limited(500)(r); r.nodes["node2"].apply = 100 }, nil, "regressed", lagTurns},
		{"throttle: the primary falls silent", lower, func(r *rig) { r.blind = true }, nil, "inconclusive", 150 * time.Second},
		{"throttle: somebody else", lower, func(r *rig) { limited(300)(r); r.limit.PerSecond = 300 }, nil, "inconclusive", 0},
		{"throttle: accepted, and not kept", lower, func(*rig) {}, nil, "no_effect", limitHolds},
		{"sync: runs and ends", plain, nil, func(r *rig, d time.Duration) {
			r.nodes["node2"].progress = min(1, d.Seconds()/20)
			r.nodes["node2"].apply = 3000
		}, "effective", 15 * time.Second},
		{"sync: it is over between two readings", plain, func(r *rig) { r.nodes["node2"].synced++ }, nil, "effective", time.Second},
		{"sync: it is over between two readings, and failed", plain, func(r *rig) { r.nodes["node2"].synced++; r.failed = 1 }, func(r *rig, d time.Duration) { r.failed = 1 + d.Seconds() }, "no_effect", noProgress},
		{"sync: nothing happens", plain, nil, nil, "no_effect", noProgress},
		{"sync: fails", plain, nil, func(r *rig, d time.Duration) {
			r.nodes["node2"].progress = 0
			if d < 10*time.Second {
				r.nodes["node2"].progress = 0.03 * d.Seconds()
			}
		}, "no_effect", 10 * time.Second},
		{"throttle: what came in was below it before, and the server tells no limit", Ask{Kind: KindThrottle, N: 1450}, func(r *rig) {
			r.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
		}, nil, "inconclusive", limitHolds},
		{"reset: closed", Ask{Kind: KindReset, Target: "node2"}, func(r *rig) { r.tripped = nil }, nil, "effective", staysClosed},
		{"reset: stays", Ask{Kind: KindReset, Target: "node2"}, nil, nil, "no_effect", closesWithin},
		{"reset: trips again", Ask{Kind: KindReset, Target: "node2"}, func(r *rig) { r.tripped = nil }, func(r *rig, d time.Duration) {
			if d > 12*time.Second {
				r.tripped = []cluster.NodeID{"agent-node2"}
			}
		}, "regressed", 12 * time.Second},
	} {
		r := newRig(t)
		r.tripped = []cluster.NodeID{"agent-node2"}
		r.run(2 * time.Second)
		r.answer = func(Send) (admin.Result, bool) {
			if c.after != nil {
				c.after(r)
			}
			return admin.Result{Verdict: admin.Accepted}, true
		}
		r.confirm(c.ask)
		begin := r.mono
		for r.verdict() == "" && r.mono < begin+20*time.Minute {
			if c.then != nil {
				c.then(r, r.mono-begin)
			}
			r.run(time.Second)
		}
		if took := r.mono - begin; r.verdict() != c.want || took < c.least || took > c.least+40*time.Second {
			t.Errorf("%s: %q after %v, want %q after %v", c.name, r.verdict(), took, c.want, c.least)
		}
		if len(r.sent) != 1 || r.phase() != "ended" || len(r.state.Trials) != 0 {
			t.Errorf("%s: %d sent, %s", c.name, len(r.sent), r.phase())
		}
	}
}

// An answer that was lost is looked after, and nothing is sent again.
func TestReadBack(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  Ask
		set  func(*rig) // after the send
		want string
		open int
	}{
		{"the limit is in force", lower, func(r *rig) { r.limit.Limit = admin.Limit{PerSecond: 500} }, "applied", 0},
		{"it is not", lower, nil, "not_applied", 0},
		{"no GET, but ingest falls", lower, func(r *rig) { r.ingest = 500 }, "applied", 0},
		{"no GET, and ingest stays", lower, func(*rig) {}, "unknown", 1},
		{"a sync runs", plain, func(r *rig) { r.nodes["node2"].progress = 0.1 }, "applied", 0},
		{"no sync is seen", plain, nil, "unknown", 1},
		{"the breaker closed", Ask{Kind: KindReset, Target: "node2"}, func(r *rig) { r.tripped = nil }, "applied", 0},
		{"it is tripped", Ask{Kind: KindReset, Target: "node2"}, nil, "not_applied", 0},
		{"it was closed before", Ask{Kind: KindReset, Target: "node3"}, nil, "unknown", 1},
	} {
		r := newRig(t)
		r.tripped = []cluster.NodeID{"agent-node2"}
		if strings.HasPrefix(c.name, "no GET") {
			r.limit = LimitReading{At: t0, Failure: cluster.Fail(cluster.FailMissing, "404", "")}
		}
		r.run(2 * time.Second)
		r.answer = ambiguous
		r.confirm(c.ask)
		r.want("reading back", 1)
		if len(r.state.Open) != 1 {
			t.Fatalf("%s: %d open", c.name, len(r.state.Open))
		}
		if c.set != nil {
			c.set(r)
		}
		r.run(readBackFor + time.Second)
		list := r.records(journal.KindEffect)
		if len(list) == 0 || list[0].Effect.Verdict != c.want || !list[0].Effect.Final || len(r.state.Open) != c.open || len(r.sent) != 1 {
			t.Errorf("%s: %+v, %d open, %d sent", c.name, list, len(r.state.Open), len(r.sent))
		}
	}
}

// An outcome that is not known forbids a sync until somebody says what it was,
// and no limit.
func TestUnresolved(t *testing.T) {
	r := newRig(t)
	r.answer = ambiguous
	r.confirm(plain)
	r.do(Resolve{Action: r.state.Open[0].Action, Applied: false})
	if len(r.records(journal.KindResolution)) != 0 || len(r.state.Open) != 1 {
		t.Error("it is settled by a word while it is looked at")
	}
	r.run(readBackFor + time.Second)
	r.keys("esc")
	r.propose(plain)
	r.want("refused", 1)
	r.keys("esc")
	r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: admin.Accepted}, true }
	r.propose(lower)
	if f := r.state.Dialog.Plan.fact("unresolved"); !strings.Contains(f.Value.String(), "sync node2") {
		t.Errorf("%+v", f)
	}
	r.keys("y")
	r.want("verifying", 2)
	r.keys("esc")
	r.holds = true // the journal takes its time, and then does not take it
	action := r.state.Open[0].Action
	r.do(Resolve{Action: action, Applied: false})
	r.do(Recorded{Action: action, Err: errors.New("no space left on device")})
	if len(r.state.Open) != 1 {
		t.Error("a word that is not recorded counts")
	}
	r.holds, r.done = false, nil
	r.do(Resolve{Action: action, Applied: false})
	if len(r.state.Open) != 0 || len(r.records(journal.KindResolution)) != 1 {
		t.Errorf("%d open", len(r.state.Open))
	}
	r.confirm(plain)
	r.want("verifying", 3)
}

// A breaker that trips again soon after its reset is not reset lightly.
func TestASecondReset(t *testing.T) {
	r := newRig(t)
	ask := Ask{Kind: KindReset, Target: "node2"}
	for _, want := range []Tier{Medium, Dangerous} {
		r.tripped = []cluster.NodeID{"agent-node2"}
		r.run(2 * time.Second)
		r.propose(ask)
		if p := r.state.Dialog.Plan; p.Tier != want {
			t.Errorf("%s: %s, want %s", p.Tier, p.TierIs, want)
		}
		r.keys("esc")
		r.confirm(ask)
		r.run(time.Minute)
		r.keys("esc")
	}
}

func TestPeaceIsCountedDown(t *testing.T) {
	r := newRig(t)
	r.answer = func(Send) (admin.Result, bool) {
		return admin.Result{Verdict: admin.Rejected, Answer: admin.Answer{Status: 429, RetryAfter: admin.RetryAfter{Given: true, Wait: 30 * time.Second}}}, true
	}
	r.confirm(lower)
	r.want("ended", 1)
	r.run(10 * time.Second)
	if left := r.state.Peace(r.now()); left != 20*time.Second {
		t.Error(left)
	}
	r.keys("esc")
	r.propose(lower)
	if r.state.Dialog.Plan.Tier != Medium {
		t.Error("no arming key is needed")
	}
	r.keys("a", "y")
	r.want("ended", 2)
}

// A limit that stands is told until another one is put back or found.
func TestStandingLimit(t *testing.T) {
	r := newRig(t)
	r.limit.Limit = admin.Limit{PerSecond: 2000}
	r.answer = func(s Send) (admin.Result, bool) {
		for _, d := range r.done {
			if in, ok := d.(WriteIntent); ok && in.Intent.Action == s.Action {
				r.limit.Limit = admin.Limit{PerSecond: r.state.Flight.Plan.Limit}
			}
		}
		return admin.Result{Verdict: admin.Accepted}, true
	}
	r.confirm(Ask{Kind: KindThrottle, N: 1000})
	if w := r.state.Standing.Words(r.now()); w != "limit 1000/s, dana, since 03:00" {
		t.Error(w)
	}
	if b := r.state.Busy(r.now()); len(b) != 1 {
		t.Error(b)
	}
	r.run(3 * time.Second)
	r.keys("esc")
	r.confirm(lower)
	r.run(3 * time.Second)
	r.keys("esc")
	for _, want := range []int64{1000, 0} {
		r.confirm(Ask{Kind: KindUndo})
		if r.state.Standing.PerSecond != want {
			t.Fatalf("%+v, want %d", r.state.Standing, want)
		}
		r.run(3 * time.Second)
		r.keys("esc")
	}
	if r.limit.PerSecond != 2000 {
		t.Error(r.limit)
	}
	r.confirm(lower)
	r.limit.Limit = admin.Limit{PerSecond: 700}
	r.run(20 * time.Second)
	if r.state.Standing.PerSecond != 0 {
		t.Error("a limit stands that somebody else changed")
	}
}

// Where no limit was in force, undo is the ramp up to the ingest before.
func TestUndoOfTheFirstLimit(t *testing.T) {
	r := newRig(t)
	r.run(30 * time.Second)
	r.confirm(lower)
	r.limit.Limit, r.ingest = admin.Limit{PerSecond: 500}, 500
	r.run(60 * time.Second)
	r.keys("esc")
	r.propose(Ask{Kind: KindUndo})
	d := r.state.Dialog
	if d.Plan == nil || d.Plan.Ramp == nil || list(d.Plan.Ramp.Steps) != "1000, 1500" || d.Plan.Undoes != "p1" {
		t.Errorf("%+v", d.Plan)
	}
}
