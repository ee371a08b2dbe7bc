package main

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// incident is a stream of eight minutes with all that makes a replay differ from
// what was seen: a target that hangs, an answer that comes late, observations
// that were lost, a replica that vanishes, a host that reboots, a clock step.
func incident(begin time.Time) []cluster.Observation {
	f := &incidentFeed{begin: begin}
	f.add(0, 0, cluster.Source{}, &cluster.Session{
		Run: "frames", Cluster: cluster.Clean("prod-eu"), Interval: time.Second, Speed: 1,
		Primary:    cluster.NodeSpec{ID: "node1", Metrics: true},
		Replicas:   []cluster.NodeSpec{{ID: "node2", Metrics: true, Host: true}, {ID: "node3", Metrics: true}},
		Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
	}, nil)
	host := cluster.Source{Kind: cluster.FromHost, Node: "node2"}
	f.add(0, 0, host, &cluster.HostFacts{HZ: 100, Cores: 4, WAL: cluster.WALDevice{Device: cluster.Clean("vda")}}, nil)
	for s := range 480 {
		at := time.Duration(s) * time.Second
		f.scrapes(s, at)
		if s < 200 || s > 230 {
			f.host(host, s, at)
		} else if s == 205 {
			f.add(at, time.Second, host, nil, cluster.Fail(cluster.FailTimeout, "no answer in 3 s", "look"))
		}
	}
	f.add(300*time.Second, 0, cluster.Source{}, &cluster.Gap{Reader: cluster.Clean("history"), Lost: 17}, nil)
	f.add(350*time.Second, 0, cluster.Source{}, &cluster.ClockStep{By: time.Second}, nil)
	f.add(400*time.Second, 0, cluster.Source{Kind: cluster.FromOperator}, &cluster.Note{Text: cluster.Clean("disk replaced")}, nil)
	f.judged()
	f.acted()
	slices.SortStableFunc(f.list, func(a, b cluster.Observation) int { return a.Received.Compare(b.Received) })
	for i := range f.list {
		f.list[i].Seq = uint64(i + 1)
	}
	return f.list
}

// judged adds what is read beside metrics and hosts, and what was concluded.
func (f *incidentFeed) judged() {
	admin := cluster.Source{Kind: cluster.FromAdmin, Node: "node1"}
	probe := cluster.Source{Kind: cluster.FromProbe, Node: "node2"}
	for s := range 480 {
		at := time.Duration(s) * time.Second
		r := &cluster.ProbeReading{Method: cluster.ProbeICMP, Sent: 1, Port: cluster.PortOpen}
		if s%9 != 0 {
			r.RTTs = []time.Duration{time.Duration(300+s%7) * time.Microsecond}
		}
		f.add(at, 5*time.Millisecond, probe, r, nil)
		b := &cluster.BreakersReading{}
		if s > 150 {
			b.Tripped = []cluster.TrippedBreaker{{Agent: "agent-node2", Failures: 7, FailuresKnown: true, Reason: cluster.Clean("timeouts")}, {Agent: "other"}}
		}
		f.add(at, 4*time.Millisecond, admin, b, nil)
	}
	for s := 3; s < 480; s += 15 {
		if s > 240 && s < 330 {
			f.add(time.Duration(s)*time.Second, time.Second, cluster.Source{Kind: cluster.FromPrometheus}, nil, cluster.Fail(cluster.FailRefused, "server refuses", ""))
			continue
		}
		f.add(time.Duration(s)*time.Second, 7*time.Millisecond, cluster.Source{Kind: cluster.FromPrometheus}, &cluster.PrometheusReading{Alerts: []cluster.PrometheusAlert{
			{Name: cluster.Clean("ClusterSplitBrain"), State: cluster.AlertFiring, Severity: cluster.Clean("critical"), Active: f.begin},
			{Name: cluster.Clean("ReplicationLagWarning"), State: cluster.AlertPending, Replica: "node2", Active: f.begin.Add(time.Duration(s) * time.Second)},
		}}, nil)
	}
	f.logs()
	judge := cluster.Source{Kind: cluster.FromJudge}
	since := f.begin.Add(130 * time.Second)
	f.add(130*time.Second, 0, judge, &cluster.AlertChange{
		Rule: cluster.Clean("ReplicationLagCritical"), Replica: "node2", Critical: true, State: cluster.AlertPending, Since: since, FiresAt: since.Add(3 * time.Minute),
	}, nil)
	f.add(310*time.Second, 0, judge, &cluster.AlertChange{
		Rule: cluster.Clean("ReplicationLagCritical"), Replica: "node2", Critical: true, State: cluster.AlertFiring, Since: since.Add(3 * time.Minute),
	}, nil)
	f.add(140*time.Second, 0, judge, &cluster.Verdict{
		Replica: "node2", Cause: cluster.CauseDisk, Confidence: cluster.ConfidenceLikely, Since: since,
		For: []cluster.Text{cluster.Clean("vda (WAL) 99 %util")}, Missing: []cluster.Text{cluster.Clean("PSI")}, Next: cluster.Clean("reduce the ingestion rate"),
	}, nil)
	f.add(200*time.Second, 0, judge, &cluster.Escalation{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"node2"}, Since: since}, nil)
	f.add(420*time.Second, 0, judge, &cluster.Escalation{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"node2"}, Since: since, Over: true}, nil)
}

// acted adds what was done: a limit that stands for two minutes, and an attempt.
func (f *incidentFeed) acted() {
	step := func(s int, b cluster.ActionStep) {
		b.Seq, b.Hash, b.Action, b.Kind, b.Who = uint64(s), "ab", "a1", cluster.Clean("throttle"), cluster.Clean("dana")
		b.What = cluster.Clean("throttle ingest to 500/s")
		b.Summary = cluster.Clean(b.What.String() + ": " + b.Verdict.String())
		f.add(time.Duration(s)*time.Second, 0, cluster.Source{Kind: cluster.FromAction}, &b, nil)
	}
	step(160, cluster.ActionStep{Stage: cluster.ActionNearMiss, Final: true})
	step(171, cluster.ActionStep{Stage: cluster.ActionIntent})
	step(172, cluster.ActionStep{Stage: cluster.ActionAnswered, Verdict: cluster.Clean("accepted"), Limit: 500})
	step(198, cluster.ActionStep{Stage: cluster.ActionEffect, Verdict: cluster.Clean("effective"), Took: 26 * time.Second, Final: true})
	step(292, cluster.ActionStep{Stage: cluster.ActionAnswered, Verdict: cluster.Clean("accepted"), Lifts: true})
}

// logs adds those of the replica, with a while in which it can't be read.
func (f *incidentFeed) logs() {
	src := cluster.Source{Kind: cluster.FromLog, Node: "node2"}
	for s := 2; s < 480; s += 4 {
		at := time.Duration(s) * time.Second
		if s > 260 && s < 290 {
			f.add(at, time.Second, src, nil, cluster.Fail(cluster.FailPermission, "the account may not read the journal", "add it to systemd-journal"))
			continue
		}
		r := &cluster.LogReading{Of: cluster.Clean("journal of stemedb-api"), Gap: s == 290, Left: uint64(s % 3)}
		for i := range s % 5 {
			l := cluster.LogLine{At: f.begin.Add(at + time.Duration(i)*time.Millisecond), Level: cluster.LevelInfo, Text: cluster.Clean("checkpoint " + at.String())}
			if i == 3 {
				l.Level, l.Text = cluster.LevelError, cluster.Clean("sync error: corruption detected at "+at.String())
			}
			r.Lines = append(r.Lines, l)
		}
		f.add(at, 20*time.Millisecond, src, r, nil)
	}
}

type incidentFeed struct {
	begin time.Time
	list  []cluster.Observation
}

// add puts an observation of at, which came in late by some time.
func (f *incidentFeed) add(at, late time.Duration, src cluster.Source, b cluster.Body, err *cluster.Failure) {
	f.list = append(f.list, cluster.Observation{
		Received: f.begin.Add(at + late), Mono: at + late, Taken: f.begin.Add(at), Took: late, Source: src, Body: b, Err: err,
	})
}

func (f *incidentFeed) scrapes(s int, at time.Duration) {
	const asked = 1<<cluster.NumFamilies - 1
	primary := &cluster.MetricsReading{Asked: asked, Samples: []cluster.Sample{{Family: cluster.FamilyAssertions, Value: 1e6 + 1500*float64(s)}}}
	lag := func(id cluster.NodeID, v float64) {
		primary.Samples = append(primary.Samples, cluster.Sample{Family: cluster.FamilyLag, Replica: id, Value: v})
	}
	lag("node2", max(0, float64(s-60))/7)
	lag("node3", 0.25)
	if s < 250 {
		lag("node9", 1)
	}
	late := 3 * time.Millisecond
	switch {
	case s >= 100 && s < 108: // hangs
	case s == 108:
		f.add(at, 4500*time.Millisecond, cluster.Source{Kind: cluster.FromMetrics, Node: "node1"}, primary, nil)
	default:
		f.add(at, late, cluster.Source{Kind: cluster.FromMetrics, Node: "node1"}, primary, nil)
	}
	f.add(at, 2*late, cluster.Source{Kind: cluster.FromMetrics, Node: "node2"}, &cluster.MetricsReading{Asked: asked, Samples: []cluster.Sample{
		{Family: cluster.FamilyAssertions, Value: 1e6 + 1200*float64(s)}, {Family: cluster.FamilySyncProgress, Value: float64(s%100) / 100},
	}}, nil)
	f.add(at, 2*late, cluster.Source{Kind: cluster.FromMetrics, Node: "node3"}, nil, cluster.Fail(cluster.FailRefused, "connection refused", "is it up?"))
}

func (f *incidentFeed) host(src cluster.Source, s int, at time.Duration) {
	up := uint64(s)
	if s > 380 {
		up -= 370 // rebooted
	}
	r := &cluster.HostReading{
		Uptime: time.Duration(up) * time.Second, AskedProcesses: s%2 == 0,
		CPU:   cluster.CPUTicks{User: 10 * up, System: 5 * up, Idle: 300 * up, IOWait: 85 * up},
		Disks: []cluster.DiskCounters{{Major: 254, Name: cluster.Clean("vda"), Fields: 17, WriteIOs: 400 * up, WriteSectors: 6400 * up, WriteTicks: uint32(24000 * up), IOTicks: uint32(990 * up), WeightedTicks: uint32(24000 * up)}},
	}
	if r.AskedProcesses {
		r.Processes = []cluster.Process{{PID: 7, Command: cluster.Clean("stemedb-api"), State: 'S', UserTicks: 40 * up, RSSBytes: 1 << 30, Threads: 8}}
	}
	f.add(at, 10*time.Millisecond, src, r, nil)
}

// frame draws every pane of a snapshot, as both screens do.
func frame(s *cluster.Snapshot) string {
	f := &panes.Frame{Snap: s, Selected: "node2", Styles: panes.Plain(), Window: 10 * time.Minute}
	for i := range s.Replicas {
		f.Rows = append(f.Rows, s.Replicas[i].ID)
	}
	slices.SortStableFunc(f.Rows, func(a, b cluster.NodeID) int {
		return cluster.CompareReplicas(s.Replica(a), s.Replica(b), s.Session.Thresholds)
	})
	return strings.Join([]string{
		panes.Header(f, 120, 2), panes.Replicas(f, 120, 8), panes.LagChart(f, 60, 14), panes.Host(f, 60, 14),
		panes.Sync(f, 60, 4), panes.Events(f, 60, 6), panes.Large(f, 80, 24), panes.OneLine(f, 50, 1),
		panes.Why(f, 100, 10), panes.Alerts(f, 60, 12), panes.Banner(f, 120, 1), panes.Hosts(f, 120, 6), panes.Checklist(f, 80, 14), panes.Handover(f),
		panes.Machines(f, 100, 6), panes.Path(f, 100, 24), panes.Trace(f, 100, 8), panes.Writers(f, 100, 8), panes.Log(f, 100, 30),
	}, "\n")
}

// What is replayed is, byte for byte, what was on the screen.
func TestReplayDrawsTheFramesThatWereLive(t *testing.T) {
	begin := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	list := incident(begin)
	live := recording.NewLive(recording.LiveOptions{})
	path := filepath.Join(t.TempDir(), "incident"+recording.Extension)
	recorder := recording.NewRecorder(recording.RecorderOptions{Path: path, Clock: sources.NewClock(1), Program: "test"}, live)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- recorder.Run(ctx) }()

	type instant struct {
		at    time.Time
		frame string
	}
	var seen []instant
	pick := rand.New(rand.NewPCG(1, 2))
	for i := range list {
		live.Apply(&list[i])
		if i+1 == len(list) || pick.IntN(25) != 0 {
			continue
		}
		// Any instant until the next observation comes in.
		gap := list[i+1].Received.Sub(list[i].Received)
		at := list[i].Received.Add(time.Duration(pick.Float64() * float64(gap))).Truncate(time.Microsecond)
		seen = append(seen, instant{at, frame(live.At(at))})
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, i := range seen {
		all += i.frame
	}
	for _, word := range []string{
		"DISK", "likely", "firing", "agent-node2", "icmp", "lag over 60 s", "ClusterSplitBrain (cluster-wide)", "server refuses",
		"limit 500/s, dana", "throttle 500/s", "corruption detected", "may not read the journal", "left out", "missing before",
	} {
		if !strings.Contains(strings.ToLower(all), strings.ToLower(word)) {
			t.Errorf("no frame shows %q: the comparison would not miss it", word)
		}
	}
	if len(seen) < 50 {
		t.Fatalf("only %d instants", len(seen))
	}
	file, err := recording.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	replay := recording.NewReplay(file, cluster.HistoryOptions{})
	compare := func(how string, tl *recording.Timeline, i instant) {
		t.Helper()
		if got := frame(tl.At(i.at)); got != i.frame {
			t.Fatalf("%s to %v\n--- live ---\n%s\n--- then ---\n%s", how, i.at.Sub(begin), i.frame, got)
		}
	}
	for _, i := range seen {
		compare("played on", replay, i)
	}
	for _, i := range slices.Backward(seen) {
		compare("stepped back", replay, i)
	}
	pick.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
	for _, i := range seen {
		compare("jumped", replay, i)
		compare("looked back live", live, i)
	}
}
