package physics

import (
	"testing"
	"time"
)

func scenario(t *testing.T, name string) []Event {
	t.Helper()
	for _, s := range Scenarios() {
		if s.Name == name {
			return s.Events
		}
	}
	t.Fatalf("no scenario %q", name)
	return nil
}

func start(t *testing.T, name string) *World {
	t.Helper()
	return NewWorld(Config{Seed: 1, Replicas: 4, Hosts: 5, Events: scenario(t, name)})
}

func TestHealthyStaysHealthy(t *testing.T) {
	w := start(t, "healthy")
	for w.Now() < 20*time.Minute {
		w.Advance(w.Now() + time.Second)
		for i := 1; i < w.Len(); i++ {
			if n := w.Node(i); w.Lag(n) > time.Second || n.Sync.Errors > 0 || n.Breaker.Open {
				t.Fatalf("%s at %v: lag %v, %d sync errors, breaker %+v", n.ID, w.Now(), w.Lag(n), n.Sync.Errors, n.Breaker)
			}
		}
	}
	if n := w.Node(1); n.Sync.Count < 142 {
		t.Errorf("%d syncs in the background after 20 minutes", n.Sync.Count-140)
	}
}

// Each trouble is seen within 20 s at the replicas it is meant for and nowhere
// else, is still there after ten minutes, and goes by its cure.
func TestScenarios(t *testing.T) {
	cases := []struct {
		name   string
		ill    []int // replicas
		cure   func(*World)
		within time.Duration // of the cure, lag below a second
	}{
		{"disk", []int{1}, func(w *World) { w.SetLimit(500) }, 200 * time.Second},
		{"disk", []int{1}, func(w *World) { w.SetLimit(1000) }, 400 * time.Second},
		{"cpu", []int{2}, func(w *World) { w.SetLimit(500) }, 240 * time.Second},
		{"network", []int{4}, nil, 0},
		{"breaker", []int{3}, func(w *World) { _, _ = w.ResetBreaker("agent-node4") }, 60 * time.Second},
		{"sync-errors", []int{2}, func(w *World) { _, _ = w.StartSync("node3", true) }, 60 * time.Second},
		{"overload", []int{1, 2, 3, 4}, func(w *World) { w.SetLimit(1000) }, 300 * time.Second},
		{"corruption", []int{3}, nil, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := start(t, tc.name)
			w.Advance(20 * time.Second)
			checkIll(t, w, tc.ill, 10*time.Second)
			if tc.cure != nil {
				cured := start(t, tc.name)
				cured.Advance(60 * time.Second)
				tc.cure(cured)
				cured.Advance(60*time.Second + tc.within)
				checkIll(t, cured, nil, 0)
			}
			w.Advance(10 * time.Minute)
			checkIll(t, w, tc.ill, 60*time.Second)
		})
	}
}

// checkIll checks that exactly the given replicas lag, by at least so much.
func checkIll(t *testing.T, w *World, ill []int, least time.Duration) {
	t.Helper()
	for i := 1; i < w.Len(); i++ {
		want := false
		for _, j := range ill {
			want = want || i == j
		}
		lag := w.Lag(w.Node(i))
		if want && lag < least {
			t.Errorf("%s at %v: lag %v, want at least %v", w.Node(i).ID, w.Now(), lag, least)
		}
		if !want && lag > time.Second {
			t.Errorf("%s at %v: lag %v, want none", w.Node(i).ID, w.Now(), lag)
		}
	}
}

// With the disk saturated, throttling turns the lag around within seconds.
func TestThrottleTurnsAround(t *testing.T) {
	w := start(t, "disk")
	w.Advance(30 * time.Second)
	w.SetLimit(400)
	before := w.Lag(w.Node(1))
	w.Advance(50 * time.Second)
	if after := w.Lag(w.Node(1)); after > before-5*time.Second {
		t.Errorf("lag %v before, %v 20 s after throttling", before, after)
	}
}

func TestIncident(t *testing.T) {
	w := start(t, "incident")
	seen := map[string]bool{}
	for w.Now() < 560*time.Second {
		w.Advance(w.Now() + time.Second)
		for i := 1; i < w.Len(); i++ {
			if n := w.Node(i); w.Lag(n) > 10*time.Second {
				seen[n.ID] = true
			}
		}
	}
	for _, id := range []string{"node2", "node3", "node4", "node5"} {
		if !seen[id] {
			t.Errorf("%s never lagged by 10 s", id)
		}
	}
	for w.Now() < time.Hour {
		w.Advance(w.Now() + 10*time.Second)
		checkIll(t, w, nil, 0)
	}
}

func TestSyncFaults(t *testing.T) {
	w := start(t, "sync-errors")
	w.Advance(60 * time.Second)
	n := w.Node(2)
	if rate := float64(n.Sync.Errors) / 58; rate < 0.1 || rate > 1 {
		t.Errorf("%.2f errors a second", rate)
	}
	if _, err := w.StartSync("node3", false); err != nil {
		t.Fatal(err)
	}
	errors := n.Sync.Errors
	w.Advance(75 * time.Second)
	if n.Sync.Errors == errors || n.Sync.fault != SyncFailing {
		t.Error("a plain sync cured what only a forced one can")
	}

	w = start(t, "corruption")
	w.Advance(60 * time.Second)
	if w.Node(3).Sync.Corruptions < 2 {
		t.Error("no corruption reported")
	}
	_, _ = w.StartSync("node4", true)
	w.Advance(120 * time.Second)
	if w.Node(3).Sync.fault != SyncCorruption {
		t.Error("a sync cured corruption")
	}
}

func TestSyncRefusals(t *testing.T) {
	w := start(t, "healthy")
	if _, err := w.StartSync("node9", false); err == nil {
		t.Error("synced an unknown replica")
	}
	if _, err := w.StartSync("node1", false); err == nil {
		t.Error("synced the primary with itself")
	}
	if _, err := w.StartSync("node2", true); err != nil {
		t.Fatal(err)
	}
	w.Advance(2 * time.Second)
	if p := w.Node(1).Sync.Progress; p <= 0 || p >= 1 {
		t.Errorf("progress %v after two seconds", p)
	}
	if _, err := w.StartSync("node2", false); err == nil {
		t.Error("two syncs at once")
	}
	w.Advance(30 * time.Second)
	if s := w.Node(1).Sync; s.Running || s.Progress != 1 || s.Count != 141 {
		t.Errorf("after 30 s: %+v", s)
	}
}

func TestCrashLoop(t *testing.T) {
	w := NewWorld(Config{Seed: 1, Replicas: 4, Hosts: 5, Events: []Event{{At: time.Second, Node: 2, Kind: CrashLoop, Value: 1}}})
	pids := map[int]bool{}
	downs := 0
	for w.Now() < 2*time.Minute {
		w.Advance(w.Now() + time.Second)
		p := w.Node(2).Process
		pids[p.PID] = true
		if !p.Up {
			downs++
		}
	}
	p := w.Node(2).Process
	if p.Restarts < 5 || len(pids) < 5 || downs == 0 {
		t.Errorf("%d restarts, %d pids, %d s down", p.Restarts, len(pids), downs)
	}
	if w.Node(2).Sync.Errors == 0 {
		t.Error("it did not crash during a sync")
	}
	if !w.Node(1).Process.Up || w.Node(1).Process.Restarts != 0 {
		t.Error("another node crashed too")
	}
}
