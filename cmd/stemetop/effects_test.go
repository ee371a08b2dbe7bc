package main

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
	"github.com/stemedb/stemetop/sources/ssh"
)

// A cluster that runs some times as fast as real time, read by the real
// collectors and acted on by a real Runner.
type theatre struct {
	*testing.T
	pipeline *pipeline
	runner   *actions.Runner
	config   *config.Config
	keys     int // that were pressed for the last action
}

const theatreSpeed = 10

func newTheatre(t *testing.T, scenario string) *theatre {
	t.Helper()
	clock := sources.NewClock(theatreSpeed)
	c, err := config.Load(startDemoAt(t, scenario, clock))
	if err != nil {
		t.Fatal(err)
	}
	// Rarer readings, so that a machine that is busy has them in time.
	c.Interval, c.Ramp.Hold = config.Duration(4*time.Second), config.Duration(20*time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	p := newPipeline(newWiring(c, clock, ssh.NewShared(ctx, nil)), false)
	stop, err := p.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	in := &invocation{audit: filepath.Join(t.TempDir(), "audit")}
	r, err := in.actuator(p, viaTerminal, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		stop()
		cancel()
	})
	return &theatre{T: t, pipeline: p, runner: r, config: c}
}

// until waits for something to be so.
func (h *theatre) until(what string, is func(*cluster.Snapshot, *actions.State) bool) actions.State {
	h.Helper()
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s, v := h.pipeline.timeline.Head(h.pipeline.wiring.clock.Now), h.runner.State()
		if is(s, &v) {
			return v
		}
		if time.Now().After(end) {
			h.Fatalf("never %s: %+v", what, v.Dialog)
		}
	}
}

// act confirms an ask by its keys, as a person does: again where something has
// changed before it was sent.
func (h *theatre) act(a actions.Ask) {
	h.Helper()
	for range 20 {
		if h.tried(a) {
			return
		}
		h.runner.Do(actions.Key{Name: "esc"})
		time.Sleep(200 * time.Millisecond)
	}
	h.Fatal("it could not be confirmed")
}

// tried tells whether an ask was confirmed and sent.
func (h *theatre) tried(a actions.Ask) bool {
	h.Helper()
	h.runner.Do(actions.Propose{Ask: a})
	d := h.until("shown", func(_ *cluster.Snapshot, v *actions.State) bool { return v.Dialog != nil && !v.Dialog.Reading }).Dialog
	if d.Plan == nil || d.Phase == actions.Refused {
		h.Logf("again: %s", d.Refusal.Why)
		return false
	}
	keys := []string{"y"}
	if d.Plan.Tier > actions.Light {
		keys = []string{"a", "y"}
	}
	if d.Plan.Tier > actions.Medium {
		keys = append(append([]string{"a"}, strings.Split(d.Plan.Word, "")...), "enter")
	}
	h.keys = len(keys) + 1 // and the one that asked
	for _, k := range keys {
		if d := h.runner.State().Dialog; d != nil {
			h.runner.Do(actions.Painted{Shown: d.Shown})
		}
		time.Sleep(700 * time.Millisecond) // longer than the guard
		h.runner.Do(actions.Key{Name: k})
	}
	v := h.until("sent or not", func(_ *cluster.Snapshot, v *actions.State) bool {
		return v.Dialog == nil || v.Dialog.Phase >= actions.Verifying || v.Dialog.Phase <= actions.Preview
	})
	if d := v.Dialog; d != nil && d.Phase < actions.Verifying {
		h.Logf("again: %s %v", d.Note, d.Changed)
	}
	return v.Dialog != nil && v.Dialog.Phase >= actions.Verifying
}

// effect waits for the end of the action, and closes its dialog.
func (h *theatre) effect(want actions.Effect) actions.Finding {
	h.Helper()
	d := h.until("ended", func(_ *cluster.Snapshot, v *actions.State) bool { return v.Dialog.Phase == actions.Ended }).Dialog
	h.Logf("%s: %s, %d keys", d.Plan.Title, d.Finding.Words(d.Took), h.keys)
	if d.Finding.Effect != want {
		h.Errorf("%s, want %s", d.Finding.Effect, want)
	}
	h.runner.Do(actions.Key{Name: "esc"})
	return d.Finding
}

func lagOf(s *cluster.Snapshot, id cluster.NodeID) float64 {
	r := s.Replica(id)
	if r == nil {
		return -1
	}
	v, _ := r.Lag.Seconds.Value()
	return v
}

// setLimit is somebody else, who sets the limit.
func (h *theatre) setLimit(body string) {
	h.Helper()
	r, err := http.Post(h.pipeline.wiring.adminURL()+"/v1/admin/rate-limit", "application/json", strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	if err := r.Body.Close(); err != nil || r.StatusCode != http.StatusOK {
		h.Fatal(r.Status, err)
	}
}

// A disk that is saturated: the throttle that is suggested cures it, the ramp goes
// up as far as the disk bears it and one step back, a limit that somebody else
// sets is told, and the whole of it replays as it was.
func TestTheDiskIsCured(t *testing.T) {
	t.Parallel()
	h := newTheatre(t, "disk")
	path := filepath.Join(t.TempDir(), "disk"+recording.Extension)
	recorder := recording.NewRecorder(recording.RecorderOptions{Path: path, Clock: h.pipeline.wiring.clock, Program: "test"}, h.pipeline.timeline)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- recorder.Run(ctx) }()
	h.until("behind", func(s *cluster.Snapshot, _ *actions.State) bool { return lagOf(s, "node2") > 12 })

	h.act(actions.Ask{Kind: actions.KindThrottle})
	if n := h.runner.State().Standing.PerSecond; n < 200 || n >= 1200 {
		t.Errorf("%d/s was suggested", n)
	}
	h.effect(actions.Effective)
	h.until("cured", func(s *cluster.Snapshot, _ *actions.State) bool { return lagOf(s, "node2") <= 5 })

	h.act(actions.Ask{Kind: actions.KindRamp, N: 100})
	h.effect(actions.Regressed)
	h.steppedBack()
	h.act(actions.Ask{Kind: actions.KindThrottle, N: 300})
	h.setLimit(`{"max_assertions_per_sec":400}`)
	h.effect(actions.Inconclusive)
	h.until("somebody else's", func(s *cluster.Snapshot, v *actions.State) bool {
		return v.Standing.PerSecond == 0 && s.Limit.PerSecond == 0
	})

	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	h.replays(path)
}

// steppedBack checks that a ramp went up by its steps, and one back in the end.
func (h *theatre) steppedBack() {
	h.Helper()
	// What is on the stream was on the disk before.
	h.until("told", func(s *cluster.Snapshot, v *actions.State) bool { return s.Limit.PerSecond == v.Standing.PerSecond })
	var limits []int64
	s := h.pipeline.timeline.Head(h.pipeline.wiring.clock.Now)
	for _, a := range s.Actions {
		if a.Step.Kind.String() == string(actions.KindRamp) && a.Step.Limit > 0 {
			limits = append(limits, a.Step.Limit)
		}
	}
	steps := []int64{100, 500, 1000, 2000}
	up := len(limits) - 1
	if up < 2 || !slices.Equal(limits[:up], steps[:up]) || limits[up] != steps[up-2] || s.Limit.PerSecond != limits[up] {
		h.Errorf("the limits were %v, and %+v stands", limits, s.Limit)
	}
	h.Logf("the ramp went %v", limits)
}

// replays compares what was done with what a recording tells of it.
func (h *theatre) replays(path string) {
	h.Helper()
	file, err := recording.Open(path)
	if err != nil {
		h.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			h.Error(err)
		}
	}()
	then := recording.NewReplay(file, historyOptions(h.config.History))
	_, to := file.Bounds()
	live, replayed := h.pipeline.timeline.At(to), then.At(to)
	if len(live.Actions) == 0 || len(live.Actions) != len(replayed.Actions) || live.Limit != replayed.Limit {
		h.Fatalf("%d actions and %+v are %d and %+v", len(live.Actions), live.Limit, len(replayed.Actions), replayed.Limit)
	}
	limits := 0
	for i, a := range live.Actions {
		if a.Step != replayed.Actions[i].Step || !a.At.Equal(replayed.Actions[i].At) {
			h.Errorf("%+v\nis %+v", a, replayed.Actions[i])
		}
		// At the instant itself, where the mark of the chart is.
		was, now := h.pipeline.timeline.At(a.At), then.At(a.At)
		if was.Limit != now.Limit || frame(was) != frame(now) {
			h.Errorf("at %v: %+v is %+v", a.At, was.Limit, now.Limit)
		}
		if now.Limit.PerSecond > 0 {
			limits++
		}
	}
	if limits == 0 {
		h.Error("no limit ever stood: this shows nothing")
	}
}

func TestTheBreakerIsReset(t *testing.T) {
	t.Parallel()
	h := newTheatre(t, "breaker")
	h.until("tripped", func(s *cluster.Snapshot, _ *actions.State) bool {
		r := s.Replica("node4")
		return r != nil && r.Breaker.State == cluster.BreakerTripped
	})
	h.act(actions.Ask{Kind: actions.KindReset, Target: "node4"})
	h.effect(actions.Effective)
	h.act(actions.Ask{Kind: actions.KindSync, Target: "node3"})
	if f := h.effect(actions.Effective); !strings.Contains(f.Why.String(), "end") {
		t.Error(f.Why)
	}
}

func TestASyncThatNothingHelps(t *testing.T) {
	t.Parallel()
	h := newTheatre(t, "corruption")
	h.until("failing", func(s *cluster.Snapshot, _ *actions.State) bool {
		r := s.Replica("node4")
		if r == nil {
			return false
		}
		v, ok := r.Sync.ErrorsPerSecond.Value()
		return ok && v > 0
	})
	h.act(actions.Ask{Kind: actions.KindSync, Target: "node4"})
	h.effect(actions.NoEffect)
	if err := h.runner.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
