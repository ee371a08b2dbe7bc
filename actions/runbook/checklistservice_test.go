package runbook

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// backpressure is a cluster whose primary pauses at so many seconds.
func backpressure(limit cluster.Setting, ingest float64, lags ...float64) *cluster.Snapshot {
	s := &cluster.Snapshot{At: time.Unix(1000, 0)}
	s.Primary.IngestPerSecond = cluster.Known(ingest)
	s.Primary.Config.Read, s.Primary.Config.MaxLag = true, limit
	for i, lag := range lags {
		r := cluster.Replica{Lag: cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(lag)}}
		r.Name = cluster.Clean("node" + string(rune('2'+i)))
		s.Replicas = append(s.Replicas, r)
	}
	return s
}

func TestPause(t *testing.T) {
	at30 := cluster.Setting{Set: true, Valid: true, Value: 30}
	half := cluster.Setting{Set: true, Valid: true, Value: 30.5}
	for _, tt := range []struct {
		s     *cluster.Snapshot
		words string
		near  bool
		all   string
	}{
		{backpressure(half, 1500, 0.2, 28), "pauses at 30.5 s: node3 is at 28", true, "ingestion pauses at 30.5 s: node3 is at 28; a call fails after 5000 ms, the default"},
		{backpressure(at30, 1500, 0.2, 28), "pauses at 30 s: node3 is at 28", true, "ingestion pauses at 30 s: node3 is at 28; a call fails after 5000 ms, the default"},
		{backpressure(at30, 1500, 0.2, 0.1), "pauses at 30 s: node2 is at 0.2", false, "ingestion pauses at 30 s: node2 is at 0.2; a call fails after 5000 ms, the default"},
		{backpressure(at30, 0, 31), "paused above 30 s: node2 is at 31", true, "ingestion paused above 30 s: node2 is at 31; a call fails after 5000 ms, the default"},
		{backpressure(at30, 900, 31), "should pause above 30 s: node2 is at 31", true, "ingestion should pause above 30 s: node2 is at 31; a call fails after 5000 ms, the default"},
		{backpressure(cluster.Setting{}, 900, 31), "", false, "max_replication_lag_seconds is not set; a call fails after 5000 ms, the default"},
		{backpressure(cluster.Setting{Set: true}, 900, 31), "", true, "max_replication_lag_seconds is not a valid number; a call fails after 5000 ms, the default"},
	} {
		p := Pause(tt.s)
		evidence, finding, known := lookAtAPIConfig(tt.s, nil)
		if p.Words() != tt.words || evidence != tt.all || finding != tt.near || !known {
			t.Errorf("%q, %q, %v", p.Words(), evidence, finding)
		}
	}
	s := backpressure(at30, 900, 31)
	s.Primary.Config = cluster.APIConfigView{APIConfig: cluster.APIConfig{Why: cluster.Clean("the account may not read it")}}
	if evidence, _, known := lookAtAPIConfig(s, nil); known || evidence != "not read: the account may not read it" {
		t.Error(evidence)
	}
}

func TestLookAtService(t *testing.T) {
	s := &cluster.Snapshot{At: time.Unix(1_000_000, 0)}
	clean := cluster.Clean
	running := cluster.Service{Known: true, Unit: clean("stemedb-api"), Active: clean("active"), Result: clean("success"), Since: s.At.Add(-50 * time.Hour), Restarts: cluster.Known(0)}
	looping := running
	looping.Active, looping.Result, looping.Since, looping.Recent = clean("activating"), clean("core-dump"), time.Time{}, 4
	for _, tt := range []struct {
		v       cluster.Service
		sync    cluster.SyncState
		want    string
		finding bool
	}{
		{running, cluster.SyncIdle, "stemedb-api active, up for 2 d, 0 restarts by systemd's count", false},
		{looping, cluster.SyncRunning, "stemedb-api activating after core-dump, 4 restarts in 10 min while a sync is running, 0 restarts by systemd's count", true},
		{cluster.Service{Recent: 1, Since: s.At.Add(-9 * time.Second)}, cluster.SyncIdle, "1 restart in 10 min, up for 9 s", false},
	} {
		r := &cluster.Replica{Sync: cluster.Sync{State: tt.sync}}
		r.Host.Service = tt.v
		if words, finding, known := lookAtService(s, r); words != tt.want || finding != tt.finding || !known {
			t.Errorf("%q, %v", words, finding)
		}
	}
	r := &cluster.Replica{}
	r.Host.Service.Why = clean("this host has no systemd")
	if words, _, known := lookAtService(s, r); known || words != "this host has no systemd" {
		t.Error(words)
	}
}

// What is counted from before we looked is reported of a sick replica alone.
func TestCorruption(t *testing.T) {
	limits := cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
	s := &cluster.Snapshot{At: time.Unix(1000, 0), Session: cluster.Session{Thresholds: limits}}
	of := func(lag, all, fresh float64) *cluster.Replica {
		return &cluster.Replica{
			Lag:  cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(lag)},
			Sync: cluster.Sync{Corruptions: cluster.Known(all), NewCorruptions: cluster.Known(fresh)},
		}
	}
	for _, tt := range []struct {
		r        *cluster.Replica
		reported bool
	}{{of(0.1, 0, 0), false}, {of(0.1, 3, 0), false}, {of(12, 3, 0), true}, {of(0.1, 3, 1), true}, {of(12, 0, 0), false}} {
		s.Replicas = []cluster.Replica{*tt.r}
		escalations := NewEscalations().Note(s)
		if words, reported, known := corruption(s, tt.r); reported != tt.reported || !known || (len(escalations) == 1) != tt.reported {
			t.Errorf("%q: %v, %+v", words, reported, escalations)
		}
	}
	if _, _, known := corruption(s, &cluster.Replica{}); known {
		t.Error("known of nothing")
	}
}
