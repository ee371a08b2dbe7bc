package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

var at = time.Date(2026, 11, 23, 3, 12, 44, 500e6, time.UTC)

func known(v float64) cluster.Figure { return cluster.Known(v) }

func snapshot() *cluster.Snapshot {
	up := cluster.Access{Configured: true, Reachable: true, Newest: at.Add(-300 * time.Millisecond)}
	s := &cluster.Snapshot{At: at}
	s.Session.Cluster = cluster.Clean("prod-eu")
	s.Session.Thresholds = cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
	s.Primary = cluster.Primary{
		Node:       cluster.Node{ID: "node1", Name: cluster.Clean("node1"), Metrics: up},
		Assertions: known(48_200_000), IngestPerSecond: known(1500), SentBytesPerSecond: known(7.2e6),
	}
	s.Replicas = []cluster.Replica{fullReplica(up), emptyReplica()}
	s.Escalations = []cluster.Escalation{{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"node2"}, Since: at}}
	return s
}

func fullReplica(up cluster.Access) cluster.Replica {
	return cluster.Replica{
		Node: cluster.Node{
			ID: "node2", Name: cluster.Clean("node2"), Spec: cluster.NodeSpec{AgentID: "agent-2"}, Metrics: up,
			Host: cluster.Host{
				Access: up, ProcessesKnown: true, Interval: time.Second,
				CPU: cluster.CPUUsage{User: known(5), System: known(3), IOWait: known(41), Steal: known(0), Idle: known(51)},
				Disks: []cluster.DiskUsage{{
					Name: cluster.Clean("nvme0n1"), WAL: true, ReadsPerSecond: known(5), WritesPerSecond: known(388),
					ReadKBPerSecond: known(40), WriteKBPerSecond: known(8328), WriteAwait: known(60.2), QueueSize: known(9.1), Util: known(99),
				}},
				Processes: []cluster.ProcessUsage{{PID: 812, Command: cluster.Clean("stemedb-api"), CPU: known(44.5), RSSBytes: 1 << 30}},
			},
		},
		Lag:        cluster.Lag{State: cluster.LagLive, Seconds: known(12.5), Taken: at, Age: 400 * time.Millisecond},
		Assertions: cluster.Assertions{Indexed: known(48_181_800), Behind: known(18_200), PerSecond: known(620)},
		Sync:       cluster.Sync{State: cluster.SyncRunning, Progress: known(0.42), ErrorsPerSecond: known(0)},
		Network:    cluster.Network{RTT: known(0.4), Loss: known(2), Port: cluster.PortUnreachable},
		Breaker:    cluster.Breaker{State: cluster.BreakerTripped, Agent: "agent-2"},
		Alerts: []cluster.AlertChange{
			{Rule: cluster.Clean("ReplicationLagCritical"), Critical: true, State: cluster.AlertPending, Since: at.Add(-time.Minute), FiresAt: at.Add(2 * time.Minute)},
			{Rule: cluster.Clean("MerkleSyncFailures")},
		},
		Verdict: cluster.Verdict{
			Cause: cluster.CauseDisk, Confidence: cluster.ConfidenceLikely, For: []cluster.Text{cluster.Clean("nvme0n1 (WAL) 99 %util")},
			Against: []cluster.Text{}, Missing: []cluster.Text{cluster.Clean("PSI")}, Advice: []cluster.Text{cluster.Clean("throttle")},
		},
	}
}

func emptyReplica() cluster.Replica {
	return cluster.Replica{
		Node: cluster.Node{
			ID: "node3", Name: cluster.Clean("node3"),
			Metrics: cluster.Access{Configured: true, Err: cluster.Fail(cluster.FailRefused, "connection refused", "")},
		},
		Lag: cluster.Lag{Why: cluster.Clean("never seen")},
	}
}

// The contract, word for word: names, order and what stands for what is not known.
const want = `{
  "schema": 1,
  "at": "2026-11-23T03:12:44.5Z",
  "cluster": "prod-eu",
  "primary": {
    "id": "node1",
    "reachable": true,
    "error": null,
    "assertions_indexed": 48200000,
    "ingest_per_second": 1500,
    "sent_bytes_per_second": 7200000
  },
  "replicas": [
    {
      "id": "node2",
      "reachable": true,
      "error": null,
      "lag": {
        "seconds": 12.5,
        "state": "live",
        "age_seconds": 0.4,
        "slope": null,
        "trend": "unknown",
        "eta_seconds": null,
        "escalates_in_seconds": null
      },
      "assertions": {
        "indexed": 48181800,
        "behind": 18200,
        "per_second": 620
      },
      "sync": {
        "state": "running",
        "progress": 0.42,
        "errors_per_second": 0
      },
      "breaker": {
        "state": "tripped",
        "agent_id": "agent-2"
      },
      "host": {
        "reachable": true,
        "error": null,
        "cpu": {
          "user": 5,
          "system": 3,
          "iowait": 41,
          "steal": 0,
          "idle": 51
        },
        "disks": [
          {
            "device": "nvme0n1",
            "wal": true,
            "r_per_second": 5,
            "w_per_second": 388,
            "rkb_per_second": 40,
            "wkb_per_second": 8328,
            "r_await_ms": null,
            "w_await_ms": 60.2,
            "aqu_sz": 9.1,
            "util_percent": 99
          }
        ],
        "processes": [
          {
            "pid": 812,
            "command": "stemedb-api",
            "cpu_percent": 44.5,
            "rss_bytes": 1073741824
          }
        ]
      },
      "network": {
        "rtt_ms": 0.4,
        "loss_percent": 2,
        "rpc_port": "filtered"
      },
      "alerts": [
        {
          "name": "ReplicationLagCritical",
          "state": "pending",
          "since": "2026-11-23T03:11:44.5Z",
          "fires_in_seconds": 120
        },
        {
          "name": "MerkleSyncFailures",
          "state": "inactive",
          "since": null,
          "fires_in_seconds": null
        }
      ],
      "verdict": {
        "cause": "disk",
        "confidence": "likely",
        "for": [
          "nvme0n1 (WAL) 99 %util"
        ],
        "against": [],
        "missing": [
          "PSI"
        ],
        "advice": [
          "throttle"
        ]
      }
    },
    {
      "id": "node3",
      "reachable": false,
      "error": "connection refused; never seen; network: not configured",
      "lag": {
        "seconds": null,
        "state": "unknown",
        "age_seconds": null,
        "slope": null,
        "trend": "unknown",
        "eta_seconds": null,
        "escalates_in_seconds": null
      },
      "assertions": {
        "indexed": null,
        "behind": null,
        "per_second": null
      },
      "sync": {
        "state": "unknown",
        "progress": null,
        "errors_per_second": null
      },
      "breaker": {
        "state": "unknown",
        "agent_id": null
      },
      "host": {
        "reachable": false,
        "error": "not configured",
        "cpu": {
          "user": null,
          "system": null,
          "iowait": null,
          "steal": null,
          "idle": null
        },
        "disks": null,
        "processes": null
      },
      "network": {
        "rtt_ms": null,
        "loss_percent": null,
        "rpc_port": "unknown"
      },
      "alerts": [],
      "verdict": {
        "cause": "unknown",
        "confidence": "unknown",
        "for": [],
        "against": [],
        "missing": [],
        "advice": []
      }
    }
  ],
  "escalation": [
    {
      "reason": "lag_over_60s",
      "replicas": [
        "node2"
      ],
      "since": "2026-11-23T03:12:44.5Z"
    }
  ]
}
`

func TestReportIsSchema1(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSON(&b, snapshot()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// Figures of before the host fell silent are not those of now, and no process is
// not the same as none known.
func TestFiguresOfASilentHostAreUnknown(t *testing.T) {
	s := snapshot()
	h := &s.Replicas[0].Host
	h.Access = cluster.Access{Configured: true, Newest: at.Add(-time.Minute), Err: cluster.Fail(cluster.FailTimeout, "slow: no answer for 60s", "")}
	r := newReport(s).Replicas[0].Host
	if r.CPU.User.Known() || r.Disks != nil || r.Processes != nil || r.Error == nil {
		t.Errorf("got %+v", r)
	}
	var b bytes.Buffer
	if err := writeText(&b, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "nvme0n1 (WAL)  99.0") {
		t.Errorf("shows the disk of a minute ago:\n%s", b.String())
	}
	h.Access = cluster.Access{Configured: true, Reachable: true, Newest: at}
	h.Processes = nil
	h.Facts = &cluster.HostFacts{WAL: cluster.WALDevice{Why: cluster.Clean("on tmpfs")}}
	if r := newReport(s).Replicas[0].Host; r.Error == nil || *r.Error != "wal: on tmpfs" {
		t.Errorf("no disk is marked as the log's, and nothing says why: %v", r.Error)
	}
	if r := newReport(s).Replicas[0].Host; r.Processes == nil || len(r.Processes) != 0 {
		t.Errorf("no process runs, which is known: %+v", r.Processes)
	}
}

func TestTextSaysWhatIsMissing(t *testing.T) {
	var b bytes.Buffer
	if err := writeText(&b, snapshot()); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"prod-eu  CRITICAL  at 2026-11-23T03:12:44Z",
		"CRITICAL  node2  12.5 s   <1 s  48.2M       18.2k   620/s    running 42 %  5.0 3.0 41.0 0.0 51.0  nvme0n1 (WAL)  99.0   60.2",
		"node3 lag: never seen",
		"node3 metrics: connection refused",
		"node3 host: not configured",
	} {
		if !strings.Contains(b.String(), line+"\n") {
			t.Errorf("no line %q in\n%s", line, b.String())
		}
	}
}

// A disk that is not known to be the WAL's is not shown as if it were.
func TestTextNamesTheBusiestDiskAsThat(t *testing.T) {
	s := snapshot()
	h := &s.Replicas[0].Host
	h.Facts = &cluster.HostFacts{WAL: cluster.WALDevice{Why: cluster.Clean("/var/lib/stemedb/wal does not exist")}}
	h.Disks[0].Name, h.Disks[0].WAL = cluster.Clean("vda"), false
	var b bytes.Buffer
	if err := writeText(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"  vda (busiest)  99.0   60.2\n", "node2 host: wal: /var/lib/stemedb/wal does not exist\n"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("no %q in\n%s", text, b.String())
		}
	}
}

func TestExitCode(t *testing.T) {
	live := func(v float64) cluster.Lag { return cluster.Lag{State: cluster.LagLive, Seconds: known(v)} }
	as := func(s cluster.LagState, v float64) cluster.Lag { return cluster.Lag{State: s, Seconds: known(v)} }
	for _, tc := range []struct {
		name    string
		primary bool
		lags    []cluster.Lag
		want    int
	}{
		{"all small", true, []cluster.Lag{live(0), live(5)}, exitOK},
		{"above warning", true, []cluster.Lag{live(5.1), live(0)}, exitWarning},
		{"at critical", true, []cluster.Lag{live(10)}, exitWarning},
		{"above critical", true, []cluster.Lag{live(0), live(10.1)}, exitCritical},
		{"critical beside unknown", true, []cluster.Lag{{}, live(12)}, exitCritical},
		{"warning beside unknown", true, []cluster.Lag{{}, live(6)}, exitUnknown},
		{"a stale lag is not known, however high", true, []cluster.Lag{as(cluster.LagStale, 99)}, exitUnknown},
		{"frozen digits can't acquit", true, []cluster.Lag{as(cluster.LagFrozen, 0)}, exitUnknown},
		{"frozen digits can accuse", true, []cluster.Lag{as(cluster.LagFrozen, 41)}, exitCritical},
		{"the primary is not known", false, []cluster.Lag{live(0)}, exitUnknown},
		{"no replica at all", true, nil, exitUnknown},
	} {
		s := snapshot()
		s.Primary.Metrics.Reachable = tc.primary
		s.Replicas, s.Escalations = nil, nil
		for _, l := range tc.lags {
			s.Replicas = append(s.Replicas, cluster.Replica{Lag: l})
		}
		if got := exitCode(s); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
	}
}

// The half that a partial answer lost may have been about any replica.
func TestExitCodeOfAPartialAnswer(t *testing.T) {
	s := snapshot()
	s.Escalations = nil
	s.Replicas = []cluster.Replica{{Lag: cluster.Lag{State: cluster.LagLive, Seconds: known(0)}}}
	s.Primary.Metrics.Err = cluster.Fail(cluster.FailFormat, "garbage on line 7", "")
	if got := exitCode(s); got != exitUnknown {
		t.Errorf("got %d, want %d", got, exitUnknown)
	}
}

// What was judged to be bad is told whatever the lags say by themselves.
func TestExitCodeOfJudgement(t *testing.T) {
	healthy := func() *cluster.Snapshot {
		s := snapshot()
		s.Escalations = nil
		s.Replicas = []cluster.Replica{{Lag: cluster.Lag{State: cluster.LagLive, Seconds: known(0)}}}
		return s
	}
	s := healthy()
	s.Replicas[0].Alerts = []cluster.AlertChange{{State: cluster.AlertPending}, {State: cluster.AlertNoData}}
	if got := exitCode(s); got != exitOK {
		t.Errorf("an alert that does not fire: got %d", got)
	}
	s.Replicas[0].Alerts[0].State = cluster.AlertFiring
	if got := exitCode(s); got != exitCritical {
		t.Errorf("an alert that fires: got %d", got)
	}
	s = healthy()
	s.Escalations = []cluster.Escalation{{Reason: cluster.Clean("multiple_replicas")}}
	if got := exitCode(s); got != exitCritical {
		t.Errorf("an escalation: got %d", got)
	}
}
