package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestLinks: a document is pointed at where its facts are there, and only then.
func TestLinks(t *testing.T) {
	behind := func(lag, errors float64) *cluster.Replica {
		return &cluster.Replica{
			Node: cluster.Node{ID: "node2"}, Lag: cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(lag)},
			Sync: cluster.Sync{ErrorsPerSecond: cluster.Known(errors)}, Assertions: cluster.Assertions{Behind: cluster.Known(900)},
		}
	}
	alert := func(name string, state cluster.AlertState) []cluster.PrometheusAlert {
		return []cluster.PrometheusAlert{{Name: cluster.Clean(name), State: state, Active: time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)}}
	}
	failing := behind(0.1, 0)
	failing.Prometheus = alert("MerkleSyncFailure", cluster.AlertFiring)
	for _, tt := range []struct {
		name   string
		r      *cluster.Replica
		theirs []cluster.PrometheusAlert
		want   string
	}{
		{"well", behind(0.2, 0), nil, ""},
		{"lagging", behind(41, 0), nil, "dashboard: https://grafana/d/1; "},
		{"over the limit", behind(72.4, 0), nil, "rebuild: docs/operations/runbooks/rebuild-replica.md (72 s behind, over 60 s, 900 assertions behind); dashboard: https://grafana/d/1; "},
		{"at the limit", behind(60, 0), nil, "dashboard: https://grafana/d/1; "},
		{"syncs fail", behind(12, 0.25), nil, "rebuild: docs/operations/runbooks/rebuild-replica.md (0.25 sync errors/s over 5 min, 900 assertions behind); dashboard: https://grafana/d/1; "},
		{"errors from before the cure", behind(0.2, 0.25), nil, ""},
		{"Prometheus says so", failing, nil, "rebuild: docs/operations/runbooks/rebuild-replica.md (MerkleSyncFailure fires in Prometheus, 900 assertions behind); dashboard: https://grafana/d/1; "},
		{"another alert", behind(0.2, 0), alert("HighNetworkUtilization", cluster.AlertFiring), ""},
		{"split brain", behind(0.2, 0), alert("ClusterSplitBrain", cluster.AlertFiring), "split brain: https://wiki/sb (ClusterSplitBrain firing since 03:04Z); dashboard: https://grafana/d/1; "},
		{"of nobody", nil, alert("ClusterSplitBrain", cluster.AlertPending), "split brain: https://wiki/sb (ClusterSplitBrain pending since 03:04Z); dashboard: https://grafana/d/1; "},
	} {
		s := &cluster.Snapshot{Prometheus: cluster.Prometheus{Alerts: tt.theirs}}
		s.Session.Thresholds = cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
		s.Session.Links = cluster.Links{Dashboard: cluster.Clean("https://grafana/d/1"), SplitBrain: cluster.Clean("https://wiki/sb")}
		got := ""
		for _, l := range Links(s, tt.r) {
			got += l.Words() + "; "
		}
		if got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestHandoverKeepsTheWorst: where all that could be said has no room, the card
// keeps state, cause, escalation, what was tried and what is next.
func TestHandoverKeepsTheWorst(t *testing.T) {
	w := incidentAt(t, missing{})
	s := w.snapshot()
	r := &s.Replicas[0]
	for i := range s.Replicas { // all of them lag, with everything to say
		s.Replicas[i].Lag = cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(70 + 20*float64(i))}
		s.Replicas[i].Verdict = r.Verdict
		s.Replicas[i].Verdict.Against, s.Replicas[i].Verdict.Missing = []cluster.Text{cluster.Clean("x")}, []cluster.Text{cluster.Clean("y")}
		s.Replicas[i].Verdict.Next = cluster.Clean("reduce the ingestion rate on the primary for a while, look for competing I/O (iotop), and sync")
	}
	s.Escalations = []cluster.Escalation{
		{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"a", "b", "c", "d", "e"}, Since: s.At},
		{Reason: cluster.Clean("multiple_replicas"), Since: s.At},
		{Reason: cluster.Clean("corruption"), Since: s.At},
		{Reason: cluster.Clean("crash_loop"), Since: s.At},
	}
	s.Actions = steps(s.At)
	s.Limit = cluster.StandingLimit{PerSecond: 500, Who: cluster.Clean("dana"), Since: s.At.Add(-2 * time.Minute)}
	s.Session.Links.Dashboard = cluster.Clean("https://grafana/d/1")
	note := s.Notes[0]
	note.Note.Text = cluster.Clean("older")
	s.Notes = []cluster.NoteAt{note, s.Notes[0]}
	card := Handover(s, nil)
	words := joined(card, "\n")
	if len(card) != 12 {
		t.Errorf("%d lines", len(card))
	}
	last := -1
	for _, want := range []string{"CRITICAL: 3 of 3", "110 s behind", "cause: ", "  + ", "ESCALATE lag over 60 s", "a, b, c, 2 more", "ESCALATE several replicas lag at once", "tried 03:06Z sync node2 by force: sent, no answer yet", "limit 500/s of ingest stands since 03:04Z by dana", "next: reduce", "      competing I/O"} {
		at := indexIn(card, want)
		if at < last || at < 0 {
			t.Errorf("%q is in line %d, after %d:\n%s", want, at, last, words)
		}
		last = at
	}
}

func indexIn(card []cluster.Text, want string) int {
	for i, line := range card {
		if strings.Contains(line.String(), want) {
			return i
		}
	}
	return -1
}

// steps are those of three actions, a near miss and a ramp's word.
func steps(at time.Time) []cluster.ActionAt {
	step := func(before time.Duration, action string, stage cluster.ActionStage, verdict, what, summary string) cluster.ActionAt {
		return cluster.ActionAt{At: at.Add(-before), Step: cluster.ActionStep{
			Action: action, Stage: stage, Verdict: cluster.Clean(verdict), What: cluster.Clean(what), Summary: cluster.Clean(summary),
		}}
	}
	const throttle, reset, sync = "throttle ingest to 500/s", "reset the breaker of agent-2", "sync node2 by force"
	return []cluster.ActionAt{
		step(2*time.Minute, "a", cluster.ActionIntent, "", throttle, throttle+", confirmed"),
		step(2*time.Minute, "a", cluster.ActionAnswered, "accepted", throttle, throttle+": accepted"),
		step(90*time.Second, "", cluster.ActionNearMiss, "", sync, "cancelled: esc"),
		step(80*time.Second, "b", cluster.ActionIntent, "", reset, reset+", confirmed"),
		step(79*time.Second, "b", cluster.ActionAnswered, "accepted", reset, reset+": accepted"),
		step(time.Minute, "a", cluster.ActionEffect, "effective", throttle, throttle+": effective after 60 s, ingest is 480/s"),
		step(50*time.Second, "a", cluster.ActionEvent, "", "ramp", "the gate holds"),
		step(time.Second, "c", cluster.ActionIntent, "", sync, sync+", confirmed"),
	}
}

// TestHandoverSaysWhatWasTried: each action is one line with the newest thing
// that came of it, and the limit that stands is said even when all is well.
func TestHandoverSaysWhatWasTried(t *testing.T) {
	calm := newWorld(1, 2)
	judged(calm, 60)
	s := calm.snapshot()
	s.Actions = steps(s.At)
	s.Limit = cluster.StandingLimit{PerSecond: 500, Since: s.At}
	got := joined(Handover(s, nil), "\n")
	at := hhmm(s.At)
	want := " OK: all 2 replicas keep up\n" +
		"tried " + hhmm(s.At.Add(-2*time.Minute)) + " throttle ingest to 500/s: effective after 60 s, ingest is\n      480/s\n" +
		"tried " + hhmm(s.At.Add(-80*time.Second)) + " reset the breaker of agent-2: accepted; no effect seen yet\n" +
		"tried " + hhmm(s.At.Add(-time.Second)) + " sync node2 by force: sent, no answer yet\n" +
		"limit 500/s of ingest stands since " + at
	if !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
