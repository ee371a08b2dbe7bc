package actions

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
)

// A sync that was there before is not taken for the one that was asked for.
func TestAnEarlierSyncIsNotOurs(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict admin.Verdict
		then    func(*rig, time.Duration) // what the replica does after the answer
		want    Effect
	}{
		{"it ends, and none begins", admin.Accepted, func(r *rig, d time.Duration) {
			r.nodes["node2"].progress = min(1, 0.5+d.Seconds()/20)
		}, NoEffect},
		{"it ends, and another begins and ends", admin.Accepted, func(r *rig, d time.Duration) {
			r.nodes["node2"].apply = 3000
			if r.nodes["node2"].progress = min(1, 0.5+d.Seconds()/20); d > 15*time.Second {
				r.nodes["node2"].progress = min(1, (d.Seconds()-15)/20)
			}
		}, Effective},
		{"it goes on, and the answer was lost", admin.Ambiguous, func(r *rig, d time.Duration) {
			r.nodes["node2"].progress = 0.5 + d.Seconds()/100
		}, Unknown},
		{"another begins, and the answer was lost", admin.Ambiguous, func(r *rig, d time.Duration) {
			r.nodes["node2"].progress = min(1, d.Seconds()/20)
		}, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			for range 5 {
				r.nodes["node2"].progress += 0.1
				if r.nodes["node2"].progress > 1 {
					r.nodes["node2"].progress = 0.1
				}
				r.run(time.Second)
			}
			r.answer = func(Send) (admin.Result, bool) { return admin.Result{Verdict: c.verdict}, true }
			r.confirm(force)
			begin := r.mono
			for r.verdict() == "" && r.mono < begin+3*time.Minute {
				c.then(r, r.mono-begin)
				r.run(time.Second)
			}
			if r.verdict() != string(c.want) || len(r.sent) != 1 {
				t.Errorf("%q, %d sent, want %q", r.verdict(), len(r.sent), c.want)
			}
		})
	}
}

// One that stood still when another was asked for and moves again is the one that it
// was: it does not tell that the request whose answer was lost took effect.
func TestAStalledSyncIsNotOurs(t *testing.T) {
	r := newRig(t)
	r.nodes["node2"].progress = 0.3
	r.run(time.Second)
	r.nodes["node2"].progress = 0.4
	r.run(45 * time.Second) // longer than one may stand still
	r.answer = ambiguous
	r.confirm(force)
	begin := r.mono
	for r.verdict() == "" && r.mono < begin+3*time.Minute {
		r.nodes["node2"].progress = 0.4 + (r.mono-begin).Seconds()/1000
		r.run(time.Second)
	}
	if r.verdict() == string(Applied) || len(r.sent) != 1 {
		t.Errorf("%q, %d sent; %v", r.verdict(), len(r.sent), r.records("effect"))
	}
}

// The end of a sync that was there before is not taken for that of the one that was
// asked for, though the counter of those that ended tells one more.
func TestAnEarlierSyncsEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(*rig)                // at once before the plan
		then   func(*rig, time.Duration) // after the answer
		ask    Ask
		want   Effect
	}{
		{"it ends, and none begins", running, func(r *rig, d time.Duration) { r.end(d, 10*time.Second, 8) }, force, Inconclusive},
		{"it ends late, and ours comes after it", running, func(r *rig, d time.Duration) {
			if r.end(d, 90*time.Second, 8); d > 95*time.Second {
				r.nodes["node2"].progress = min(1, (d.Seconds()-95)/20)
			}
		}, force, Effective},
		{"both end, ours between two readings", running, func(r *rig, d time.Duration) { r.end(d, 10*time.Second, 9) }, force, Effective},
		{"its end was not counted yet", func(r *rig) {
			running(r)
			r.run(4 * time.Second) // the counter is read in the 15th second, and in the 30th
			r.nodes["node2"].progress, r.nodes["node2"].synced = 1, 8
			r.run(time.Second)
		}, nil, plain, Inconclusive},
		{"nor was it, and ours ends too", func(r *rig) {
			running(r)
			r.run(4 * time.Second)
			r.nodes["node2"].progress, r.nodes["node2"].synced = 1, 8
			r.run(time.Second)
		}, func(r *rig, _ time.Duration) { r.nodes["node2"].synced = 9 }, plain, Effective},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.run(2 * time.Second)
			c.before(r)
			r.confirm(c.ask)
			begin := r.mono
			for r.verdict() == "" && r.mono < begin+5*time.Minute {
				if c.then != nil {
					c.then(r, r.mono-begin)
				}
				r.run(time.Second)
			}
			if r.verdict() != string(c.want) || len(r.sent) != 1 {
				t.Errorf("%q, %d sent, want %q; %v", r.verdict(), len(r.sent), c.want, r.records("effect"))
			}
		})
	}
}

// running has a sync of node2 run for a moment.
func running(r *rig) {
	r.nodes["node2"].progress = 0.5
	r.run(time.Second)
}

// end has the sync of node2 go on until a time, when the counter says so many.
func (r *rig) end(d, at time.Duration, synced float64) {
	n := r.nodes["node2"]
	n.progress, n.apply = 0.5+0.49*min(1, d.Seconds()/at.Seconds()), 3000
	if d >= at {
		n.progress, n.synced = 1, synced
	}
}

// Syncs that fail begin and end all the time: that takes no word out of the hand
// of who forces one.
func TestAForcedSyncOfOneThatFails(t *testing.T) {
	r := newRig(t)
	second := 0
	flap := func(d time.Duration) {
		for range d / time.Second {
			second++
			r.nodes["node2"].progress = float64(second%3) * 0.05
			r.failed++
			r.run(time.Second)
		}
	}
	r.failed = 1
	flap(10 * time.Second)
	r.propose(force)
	for _, k := range append(append([]string{"a"}, word("node2")...), "enter") {
		flap(time.Second)
		r.do(Key{Name: k})
		if r.phase() == "preview" {
			t.Fatalf("after %q: %v", k, r.state.Dialog.Changed)
		}
	}
	r.want("verifying", 1)
}

// A forced sync takes the place of one that fails and is further by the next
// reading, so that its beginning is not seen: its end is.
func TestAForcedSyncCuresUnseen(t *testing.T) {
	for _, c := range []struct {
		name  string
		cures bool
		want  Effect
	}{{"it ends well", true, Effective}, {"it fails as they did", false, NoEffect}} {
		r := newRig(t)
		n := r.nodes["node2"]
		r.failed = 1
		for i := range 12 {
			n.progress = 0.04 * float64(i%3+1)
			r.failed++
			r.run(time.Second)
		}
		n.progress = 0.04
		r.confirm(force)
		begin := r.mono
		for r.verdict() == "" && r.mono < begin+3*time.Minute {
			switch d := r.mono - begin; {
			case !c.cures:
				n.progress = 0.04 * float64(int(d/time.Second)%3)
				r.failed++
			case d < 15*time.Second:
				n.progress = 0.1 + 0.9*d.Seconds()/15
			case n.progress < 1:
				n.progress, n.apply = 1, 3000
				n.synced++
			}
			r.run(time.Second)
		}
		if r.verdict() != string(c.want) || len(r.sent) != 1 {
			t.Errorf("%s: %q, %d sent, want %q", c.name, r.verdict(), len(r.sent), c.want)
		}
	}
}
