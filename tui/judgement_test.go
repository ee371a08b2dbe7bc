package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

// judging is a timeline with conclusions.
type judging struct {
	*fakeTimeline
	escalates bool
}

func (j judging) Latest(now func() time.Time) *cluster.Snapshot { return j.At(now()) }

func (j judging) At(t time.Time) *cluster.Snapshot {
	s := j.fakeTimeline.At(t)
	for i := range s.Replicas {
		r := &s.Replicas[i]
		r.Verdict = cluster.Verdict{
			Replica: r.ID, Cause: cluster.CauseDisk, Confidence: cluster.ConfidenceLikely, Since: t.Add(-time.Minute),
			For: []cluster.Text{cluster.Clean("vda 99 %util")}, Next: cluster.Clean("throttle ingestion"),
		}
		r.Alerts = []cluster.AlertChange{{
			Rule: cluster.Clean("ReplicationLagCritical"), Replica: r.ID, Critical: true, State: cluster.AlertFiring, Since: t.Add(-72 * time.Second),
		}}
	}
	if j.escalates {
		s.Escalations = []cluster.Escalation{{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"node4"}, Since: t.Add(-time.Minute)}}
	}
	return s
}

func newJudgedRig(t *testing.T, w, h int, escalates bool) *rig {
	return newRig(t, w, h, 12, func(o *Options) {
		o.Timeline = judging{o.Timeline.(*fakeTimeline), escalates}
		o.Escalation = []cluster.Text{cluster.Clean("the on-call engineer"), cluster.Clean("the principal")}
	})
}

// What a stranger needs is on the first screen at any usual size: who, why, how
// sure, and what next.
func TestJudgementIsOnTheFirstScreen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		text := newJudgedRig(t, size[0], size[1], true).text()
		for _, want := range []string{"node4 is", "DISK, likely", "vda 99 %util", "throttle ingestion", "ESCALATE", "lag over 60 s: node4", "E escalation"} {
			if !strings.Contains(text, want) {
				t.Errorf("%v: %q is not on screen:\n%s", size, want, text)
			}
		}
	}
	if text := newJudgedRig(t, 120, 40, false).text(); strings.Contains(text, "ESCALATE") {
		t.Errorf("a banner of nothing:\n%s", text)
	}
}

func TestEscalationAndAlertsByKey(t *testing.T) {
	r := newJudgedRig(t, 80, 24, true)
	r.keys("E")
	for _, want := range []string{"HOLDS x  lag over 60 s", "not seen crash loop", "1  the on-call engineer", "2  the principal"} {
		if !strings.Contains(r.text(), want) {
			t.Errorf("%q is not shown:\n%s", want, r.text())
		}
	}
	r.keys("j", "esc")
	if r.overlay != nil {
		t.Error("esc does not close the escalation")
	}
	r.keys("8")
	if r.focus != panes.PaneAlerts || r.kind != zoomed || !strings.Contains(r.text(), "FIRING x 72 s   ReplicationLagCritical") {
		t.Errorf("8: focus %d kind %d\n%s", r.focus, r.kind, r.text())
	}
	r.keys("esc", "9")
	if r.focus != panes.PaneWhy || r.kind != overview {
		t.Errorf("9: focus %d kind %d", r.focus, r.kind)
	}
}

func TestCopiedFindingTellsWhy(t *testing.T) {
	r := newJudgedRig(t, 80, 24, true)
	r.keys("y")
	if len(r.clip) != 1 {
		t.Fatalf("clip %q", r.clip)
	}
	for _, want := range []string{"node4: CRIT", "cause: DISK, likely", "for: vda 99 %util", "next: throttle ingestion", "escalate: lag over 60 s"} {
		if !strings.Contains(r.clip[0], want) {
			t.Errorf("no %q in\n%s", want, r.clip[0])
		}
	}
}

func TestChecklistAndHandover(t *testing.T) {
	r := newJudgedRig(t, 80, 24, true)
	r.keys("c")
	for _, want := range []string{"checklist: node4", "FINDING !", "1. Query replication", "2B. Replica disk I/O", "cannot be known"} {
		if !strings.Contains(r.text(), want) {
			t.Errorf("%q is not shown:\n%s", want, r.text())
		}
	}
	r.keys("c")
	if r.kind != overview || r.focus != panes.PaneReplicas {
		t.Errorf("c twice: focus %d kind %d", r.focus, r.kind)
	}
	r.keys("H")
	if len(r.clip) != 1 {
		t.Fatalf("clip %q", r.clip)
	}
	lines := strings.Split(r.clip[0], "\n")
	if len(lines) > 12 || !strings.Contains(r.clip[0], "node4") || !strings.Contains(r.clip[0], "cause: disk, likely") {
		t.Errorf("%s", r.clip[0])
	}
	for _, l := range lines {
		if len(l) > 72 {
			t.Errorf("%d columns: %s", len(l), l)
		}
	}
}

func TestMachinesByKey(t *testing.T) {
	r := newJudgedRig(t, 80, 24, false)
	r.keys("m")
	if !strings.Contains(r.text(), "WAL disk") || !strings.Contains(r.text(), "< less than the primary has") {
		t.Errorf("no machines:\n%s", r.text())
	}
	r.keys("m")
	if r.kind != overview || r.focus != panes.PaneReplicas {
		t.Errorf("m twice: focus %d kind %d", r.focus, r.kind)
	}
}
