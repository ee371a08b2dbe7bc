package onhost

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/apitoml"
	"github.com/stemedb/stemetop/sources/cluster"
)

var wall = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// sceneAt is what is known so long after an answer at wall.
func sceneAt(after time.Duration, metrics bool) *actions.Scene {
	s := &cluster.Snapshot{Interval: time.Second}
	s.Primary.Metrics.Reachable = metrics
	s.Primary.Metrics.Newest = wall
	if metrics {
		s.Primary.Metrics.Newest, s.Primary.Metrics.Seq = wall.Add(after), 1
	}
	return &actions.Scene{
		World: actions.World{Snapshot: s}, Settings: &actions.Settings{},
		Now: actions.Now{Wall: wall.Add(after), Mono: after, Hand: after},
	}
}

func unit(run string, start time.Duration, active string, restarts int) *Unit {
	u := &Unit{Name: "stemedb-api", Active: cluster.Clean(active), Invocation: run, Start: start, Restarts: restarts}
	if active == "active" {
		u.PID = int(start / time.Second)
	}
	return u
}

func TestRestartIsJudged(t *testing.T) {
	old := unit("a", 100*time.Second, "active", 0)
	up := unit("b", 200*time.Second, "active", 0)
	dead := unit("b", 0, "failed", 0)
	for _, tt := range []struct {
		name  string
		see   func(time.Duration) (*Unit, bool) // the unit, nil where the host does not answer, and whether metrics are fresh
		want  actions.Effect
		words string
		by    time.Duration
	}{
		{"up at once", func(time.Duration) (*Unit, bool) { return up, true }, actions.Effective, "metrics answer", CalmFor + 2*time.Second},
		{"up after a while", func(d time.Duration) (*Unit, bool) {
			switch {
			case d < 10*time.Second:
				return unit("b", 0, "deactivating", 0), false
			case d < 20*time.Second:
				return nil, false
			}
			return up, d > 30*time.Second
		}, actions.Effective, "metrics answer", 52 * time.Second},
		{"the old process runs on", func(time.Duration) (*Unit, bool) { return old, true }, actions.NoEffect, "runs on", UpWithin},
		{"not up", func(time.Duration) (*Unit, bool) { return dead, false }, actions.Regressed, "not up in 60 s: failed; put api.toml back (api.toml.old)", UpWithin},
		{"no metrics", func(time.Duration) (*Unit, bool) { return up, false }, actions.Regressed, "no metrics in 60 s", UpWithin},
		{"the host is gone", func(time.Duration) (*Unit, bool) { return nil, false }, actions.Regressed, "the host does not answer", UpWithin},
		{"it starts again and again", func(d time.Duration) (*Unit, bool) {
			return unit("b", 200*time.Second+d.Truncate(8*time.Second), "active", 0), true
		}, actions.Regressed, "a crash loop", 8 * time.Second},
		{"systemd restarts it", func(d time.Duration) (*Unit, bool) {
			return unit("b", 200*time.Second, "active", int(d/(6*time.Second))), true
		}, actions.Regressed, "a crash loop", 6 * time.Second},
	} {
		trial := &actions.Trial{
			Plan: &actions.Plan{Deed: unitDeed{was: old, backup: "api.toml.old"}}, Answered: actions.Now{Wall: wall},
		}
		var f actions.Finding
		var after time.Duration
		for after = 2 * time.Second; f.Effect == actions.NotYet && after < 5*time.Minute; after += 2 * time.Second {
			u, metrics := tt.see(after)
			trial.Looked, trial.LookFailed = unitLook{unit: u}, nil
			if u == nil {
				trial.Looked, trial.LookFailed = nil, cluster.Fail(cluster.FailTimeout, "no answer", "")
			}
			f = judgeRestart(trial, sceneAt(after, metrics))
		}
		if f.Effect != tt.want || !strings.Contains(f.Why.String(), tt.words) || after-2*time.Second != tt.by.Truncate(2*time.Second) {
			t.Errorf("%s: %s after %v: %s; want %s after %v: %q", tt.name, f.Effect, after-2*time.Second, f.Why, tt.want, tt.by, tt.words)
		}
	}
	f := judgeRestart(&actions.Trial{Plan: &actions.Plan{Deed: unitDeed{was: old}}}, sceneAt(time.Second, true))
	if f.Effect != actions.NotYet {
		t.Errorf("judged before anybody looked: %+v", f)
	}
}

// An answer that was lost is told by what the host has now, and "it did not" only
// after what was begun must have ended.
func TestReadBacks(t *testing.T) {
	c, err := apitoml.Set([]byte("[cluster]\nrpc_timeout_ms = 5000\n"), "cluster", "rpc_timeout_ms", 10000)
	must(t, err)
	e := &Edit{File: &File{SHA: digest(c.Old)}, Change: c}
	old, fresh, third := &File{SHA: digest(c.Old)}, &File{SHA: digest(c.New)}, &File{SHA: "0"}
	was, is := unit("a", time.Second, "active", 0), unit("b", 2*time.Second, "active", 0)
	rows, _ := Rows(Options{})
	row := func(k actions.Kind) actions.Action {
		for _, a := range rows {
			if a.Kind == k {
				return a
			}
		}
		t.Fatal(k)
		return actions.Action{}
	}
	for _, tt := range []struct {
		name   string
		kind   actions.Kind
		deed   actions.Deed
		looked any
		after  time.Duration
		want   actions.Effect
	}{
		{"edit, no answer", KindRPCTimeout, fileDeed{edit: e}, nil, time.Minute, actions.NotYet},
		{"edit, the new file", KindRPCTimeout, fileDeed{edit: e}, tomlLook{file: fresh}, time.Second, actions.Applied},
		{"edit, the old file yet", KindRPCTimeout, fileDeed{edit: e}, tomlLook{file: old}, time.Second, actions.NotYet},
		{"edit, the old file", KindRPCTimeout, fileDeed{edit: e}, tomlLook{file: old}, doneWithin, actions.NotApplied},
		{"edit, another's", KindRPCTimeout, fileDeed{edit: e}, tomlLook{file: third}, time.Minute, actions.NotYet},
		{"back, the old file", KindPutBack, fileDeed{edit: e}, tomlLook{file: old}, time.Second, actions.Applied},
		{"back, the new file", KindPutBack, fileDeed{edit: e}, tomlLook{file: fresh}, doneWithin, actions.NotApplied},
		{"restart, no answer", KindRestart, unitDeed{was: was}, nil, time.Minute, actions.NotYet},
		{"restart, another run", KindRestart, unitDeed{was: was}, unitLook{unit: is}, time.Second, actions.Applied},
		{"restart, the same run yet", KindRestart, unitDeed{was: was}, unitLook{unit: was}, time.Second, actions.NotYet},
		{"restart, the same run", KindRestart, unitDeed{was: was}, unitLook{unit: was}, doneWithin, actions.NotApplied},
		{"test, no answer", KindWALTest, deed{}, nil, time.Minute, actions.NotYet},
		{"test, it runs", KindWALTest, deed{}, walLook{disk: &Disk{Running: true}}, time.Second, actions.NotYet},
		{"test, it is over", KindWALTest, deed{}, walLook{disk: &Disk{}}, time.Second, actions.NotApplied},
	} {
		trial := &actions.Trial{Plan: &actions.Plan{Deed: tt.deed}, Looked: tt.looked}
		if f := row(tt.kind).ReadBack(trial, sceneAt(tt.after, true)); f.Effect != tt.want || f.Why.IsZero() {
			t.Errorf("%s: %+v, want %s", tt.name, f, tt.want)
		}
	}
}

func TestWhatIsOffSaysWhy(t *testing.T) {
	off := map[actions.Kind]*cluster.Failure{}
	for _, k := range []actions.Kind{KindWALTest, KindRPCTimeout, KindPutBack, KindRestart} {
		off[k] = cluster.Fail(cluster.FailConfig, "it is forbidden", "allow it")
	}
	rows, executors := Rows(Options{Off: off})
	for _, a := range rows {
		p, r := a.Propose(sceneAt(0, true), actions.Ask{Kind: a.Kind})
		if p != nil || r == nil || r.Why.String() != "it is forbidden" || r.Hint.String() != "allow it" || a.Look != nil || executors[a.Kind] == nil {
			t.Errorf("%s: %+v, %+v", a.Kind, p, r)
		}
	}
	if len(rows) != len(off) {
		t.Errorf("%d rows", len(rows))
	}
}
