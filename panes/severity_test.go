package panes

import (
	"slices"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestSeverity(t *testing.T) {
	limits := cluster.LimitsOf(nil)
	for _, c := range []struct {
		name string
		lag  cluster.Lag
		want cluster.Severity
		word string
	}{
		{"zero", live("a", 0, 0, 0).Lag, cluster.SeverityOK, "OK"},
		{"at the warning limit", live("a", 5, 0, 0).Lag, cluster.SeverityOK, "OK"},
		{"above it", live("a", 5.1, 0, 0).Lag, cluster.SeverityWarning, "WARN !"},
		{"at the critical limit", live("a", 10, 0, 0).Lag, cluster.SeverityWarning, "WARN !"},
		{"above it", live("a", 10.1, 0, 0).Lag, cluster.SeverityCritical, "CRIT x"},
		{"stale", unsure("a", cluster.LagStale, 41, time.Minute, "").Lag, cluster.SeverityUnknown, "STALE ?"},
		{"frozen", frozen("a", 0.2, time.Minute, "").Lag, cluster.SeverityUnknown, "FROZEN ="},
		{"unknown", cluster.Lag{}, cluster.SeverityUnknown, "UNKNOWN ?"},
		{"live without a value", cluster.Lag{State: cluster.LagLive}, cluster.SeverityUnknown, "UNKNOWN ?"},
	} {
		if got := cluster.SeverityOf(&c.lag, limits); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if got := Plain().lookOf(&c.lag, limits).label(); got != c.word {
			t.Errorf("%s: %q, want %q", c.name, got, c.word)
		}
	}
}

func TestWorstFirst(t *testing.T) {
	s := snapshot(nil,
		live("ok", 0.2, 0, 0), live("warn", 7, 0, 0), unsure("unknown", cluster.LagUnknown, -1, 0, ""),
		live("crit", 12, 0, 0), live("worse", 40, 0, 0), unsure("stale", cluster.LagStale, 3, time.Minute, ""), live("ok-b", 0.2, 0, 0))
	got := make([]string, 0, 10)
	for _, r := range worstFirst(s) {
		got = append(got, string(r.ID))
	}
	want := []string{"worse", "crit", "stale", "unknown", "warn", "ok", "ok-b"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if w := cluster.WorstReplica(s); w.ID != "worse" {
		t.Errorf("worst is %s", w.ID)
	}
	alike := snapshot(nil, live("b", 41, 0, 0), live("a", 40.9, 0, 0))
	if w := cluster.WorstReplica(alike); w.ID != "a" {
		t.Errorf("of those that are alike %s is the worst", w.ID)
	}
	over := snapshot(nil, live("a", 59, 0, 0), live("b", 60.1, 0, 0))
	if w := cluster.WorstReplica(over); w.ID != "b" {
		t.Errorf("%s is the worst, while another is to be escalated", w.ID)
	}
	if w := cluster.WorstReplica(snapshot(nil)); w != nil {
		t.Errorf("worst of none is %v", w)
	}
}
