package panes

import (
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// scenes are the situations that every pane is drawn in.
func scenes() map[string]*Frame {
	return map[string]*Frame{
		"healthy":      healthy(),
		"critical":     critical(),
		"unsure":       notKnown(),
		"primary_down": primaryDown(),
		"no_data":      frame(snapshot(nil)),
		"no_snapshot":  {Styles: Plain()},
		"hostile":      hostile(),
		"host_down":    hostDown(),
		"stalled":      stalledDisk(),
		"thousand":     thousand(),
		"replay":       replayed(),
		"escalated":    escalated(),
		"partitioned":  partitioned(),
		"corrupt":      corrupt(),
		"log_denied":   logDenied(),
	}
}

func healthy() *Frame {
	s := fakeSeries{}
	rs := []cluster.Replica{live("node2", 0.2, 12, 1498), live("node3", 0.3, 20, 1502), live("node4", 0.2, 0, 1500), live("node5", 0.4, 31, 1499)}
	for i := range rs {
		v, _ := rs[i].Lag.Seconds.Value()
		s[seriesKey{rs[i].ID, cluster.QuantityLag}] = constant(v)
		s[seriesKey{rs[i].ID, cluster.QuantityCPU}] = constant(8)
		rs[i].Host = busyHost()
		rs[i].Alerts = alerts(rs[i].ID, cluster.AlertInactive, cluster.AlertInactive)
		rs[i].Verdict = cluster.Verdict{Replica: rs[i].ID, Cause: cluster.CauseNone, Since: at.Add(-time.Hour)}
		rs[i].Network = linked()
		rs[i].Breaker = cluster.Breaker{State: cluster.BreakerClosed}
	}
	return frame(snapshot(s, rs...))
}

func critical() *Frame {
	r := live("node2", 41.3, 18240, 620)
	r.Host = busyHost()
	r.Sync = cluster.Sync{
		State: cluster.SyncRunning, Progress: cluster.Known(0.58), PerSecond: cluster.Known(0.006),
		ErrorsPerSecond: cluster.Known(0.2), LastDuration: cluster.Known(42), Since: at.Add(-70 * time.Second),
	}
	r.Alerts = alerts("node2", cluster.AlertFiring, cluster.AlertPending)
	r.Verdict = diskVerdict()
	r.Network, r.Breaker = linked(), cluster.Breaker{State: cluster.BreakerClosed}
	r.Network.Kernel.Replica.RecvQueue = cluster.Known(60e3)
	warn := live("node5", 6.2, 4100, 1390)
	warn.Alerts = alerts("node5", cluster.AlertInactive, cluster.AlertPending)
	f := frame(snapshot(fakeSeries{
		{"node2", cluster.QuantityLag}: rising(41.3, 400),
		{"node3", cluster.QuantityLag}: constant(0.2),
		{"node4", cluster.QuantityLag}: until(34, constant(1.1)),
		{"node5", cluster.QuantityLag}: rising(6.2, 250),
		{"node2", cluster.QuantityCPU}: constant(8),

		{"node2", cluster.QuantityDiskUtil}:  rising(99.4, 440),
		{"node2", cluster.QuantityDiskAwait}: rising(61, 440),
		{"node2", cluster.QuantityIOWait}:    rising(41, 440),
		{"node2", cluster.QuantityRate}:      until(60, constant(620)),
	}, r, live("node3", 0.2, 0, 1500), unsure("node4", cluster.LagStale, 1.1, 34*time.Second, "no lag for node4 in the last 34 readings"), warn))
	f.Rows = []cluster.NodeID{"node2", "node4", "node5", "node3"}
	f.Escalation = []cluster.Text{cluster.Clean("Primary on-call - Cluster SRE"), cluster.Clean("Distributed systems engineer"), cluster.Clean("Principal engineer")}
	f.Recording = cluster.Clean("rec 1.2 MB")
	f.Snap.Notes = []cluster.NoteAt{{At: at.Add(-2 * time.Minute), Note: cluster.Note{Author: cluster.Clean("ana"), Text: cluster.Clean("paged, looking at node2")}}}
	return f
}

func notKnown() *Frame {
	s := fakeSeries{
		{"node2", cluster.QuantityLag}: until(34, rising(30, 300)),
		{"node3", cluster.QuantityLag}: constant(12.5),
		{"node4", cluster.QuantityLag}: until(200, constant(2)),
	}
	return frame(snapshot(s,
		unsure("node2", cluster.LagStale, 24.1, 34*time.Second, "primary does not answer"),
		frozen("node3", 12.5, 48*time.Second, "12.5 for 48 readings while the gap grew by 31k"),
		unsure("node4", cluster.LagUnknown, -1, 0, "vanished from the primary's series 3m 20s ago"),
		unsure("node5", cluster.LagUnknown, -1, 0, "never seen in the primary's series"),
		live("node6", 0.2, 0, 1500)))
}

func primaryDown() *Frame {
	f := notKnown()
	f.Snap.Primary.Metrics = failed(cluster.Fail(cluster.FailRefused, "GET http://10.0.0.1:18180/metrics: connection refused",
		"is stemedb-api running on node1?"), 34*time.Second)
	f.Snap.Primary.IngestPerSecond = cluster.Figure{}
	f.Snap.Replicas = f.Snap.Replicas[:2]
	f.Rows = f.Rows[:2]
	f.Snap.Gaps = []cluster.Gap{{Reader: cluster.Clean("recorder"), Lost: 12}}
	f.Snap.LastStep, f.Snap.StepAt = cluster.ClockStep{By: -3 * time.Second}, at.Add(-time.Minute)
	return f
}

func hostDown() *Frame {
	f := critical()
	f.Snap.Replicas[0].Network.Trace = cluster.Trace{At: at.Add(-time.Second), TraceReading: cluster.TraceReading{
		Why: cluster.Clean("the primary's host has neither mtr nor traceroute nor tracepath"), Hint: cluster.Clean("install mtr-tiny, traceroute or iputils-tracepath there"),
	}}
	h := &f.Snap.Replicas[0].Host
	*h = cluster.Host{Access: failed(cluster.Fail(cluster.FailHostChanged, "ssh ops@10.0.0.2:22: the host key differs from known_hosts line 14",
		"if the host was reinstalled, remove the line with ssh-keygen -R 10.0.0.2; else do not connect"), 0)}
	h.Writers = cluster.Writers{At: at.Add(-time.Second), WritersReading: cluster.WritersReading{Why: h.Err.What, Hint: h.Err.Hint, Ended: true}}
	return f
}

func stalledDisk() *Frame {
	f := critical()
	h := &f.Snap.Replicas[0].Host
	h.Disks[0] = cluster.DiskUsage{Name: cluster.Clean("nvme0n1"), WAL: true, Stalled: true, InFlight: 32, Util: cluster.Known(100)}
	h.Disks[1].Why = cluster.Clean("device replaced")
	h.Processes = nil
	h.Missing = []cluster.MissingSection{{Section: cluster.Clean("pressure"), Why: cluster.Clean("kernel without PSI")}}
	h.Pressure = cluster.PressureUsage{}
	f.Snap.Replicas[0].Sync.State = cluster.SyncStalled
	return f
}

func hostile() *Frame {
	f := critical()
	bad := cluster.NodeID("\x1b]0;owned\x07\x1b[2Jnode\u202e2\x9b31m\r\n")
	r := &f.Snap.Replicas[0]
	r.ID, r.Name = bad, bad.Text()
	r.Lag.Why = cluster.Clean("\x1b[31mred\u200b\u0301\u0301\u0301\u0301 日本語 👩‍💻🇩🇪")
	f.Rows[0], f.Selected = bad, bad
	f.Snap.Session.Cluster = cluster.Clean("\x1b]52;c;eA==\x07prod")
	f.Message = cluster.Clean("\x1b[?1049l日本")
	h := &r.Host
	h.Disks[0].Name = cluster.Clean("日本語デバイス\x1b[1m")
	h.Nets[0].Name = cluster.Clean("\x1bP1;1|")
	h.Processes[0].Command = cluster.Clean("\u202eevil")
	return f
}

func thousand() *Frame {
	s := fakeSeries{}
	rs := make([]cluster.Replica, 1000)
	for i := range rs {
		id := cluster.NodeID(fmt.Sprintf("replica-%04d", i))
		rs[i] = live(id, float64(i%7)/10, float64(i), 1500)
		s[seriesKey{id, cluster.QuantityLag}] = constant(float64(i%7) / 10)
	}
	f := frame(snapshot(s, rs...))
	f.Top, f.Selected = 500, "replica-0503"
	return f
}

func replayed() *Frame {
	f := critical()
	f.Mode, f.Speed, f.Edge, f.ReadOnly = Replay, 4, at.Add(12*time.Minute), true
	f.Filter, f.Message = cluster.Clean("node"), cluster.Clean("no action in a replay")
	return f
}

// escalated is as bad as it gets: two replicas over the limit, one of them with a
// tripped breaker and a port that is filtered, an alert that lost its source.
func escalated() *Frame {
	f := critical()
	s := f.Snap
	s.Replicas[0].Lag.Seconds = cluster.Known(72.4)
	s.Replicas[3].Lag.Seconds = cluster.Known(61.2)
	s.Replicas[0].Network = cluster.Network{
		Access: access(time.Second), Method: cluster.ProbeTCP, Loss: cluster.Known(40), Probes: 60,
		Median: cluster.Known(212), P95: cluster.Known(1410), Min: cluster.Known(80), Jitter: cluster.Known(96),
		Port: cluster.PortFiltered, PortWhy: cluster.Clean("no answer within 2.5s"),
	}
	s.Replicas[0].Breaker = cluster.Breaker{
		State: cluster.BreakerTripped, Agent: "agent-node2", Since: at.Add(-252 * time.Second),
		Failures: cluster.Known(17), Reason: cluster.Clean("replication stream: deadline exceeded"),
	}
	s.Replicas[0].Verdict = cluster.Verdict{
		Replica: "node2", Cause: cluster.CauseNetwork, Confidence: cluster.ConfidencePossible, Since: at.Add(-time.Minute),
		For:     []cluster.Text{cluster.Clean("loss 40 % of 60 probes, RPC port 18182 filtered")},
		Missing: []cluster.Text{cluster.Clean("the path from the primary"), cluster.Clean("host figures of node4")},
		Advice:  []cluster.Text{cluster.Clean("traceroute")},
	}
	unit := &s.Replicas[0].Host.Service
	unit.Active, unit.Sub, unit.Result = cluster.Clean("activating"), cluster.Clean("auto-restart"), cluster.Clean("core-dump")
	unit.Since, unit.Restarts, unit.Recent = time.Time{}, cluster.Known(41), 4
	s.Replicas[2].Alerts = alerts("node4", cluster.AlertNoData, cluster.AlertNoData)
	s.Replicas[2].Alerts[0].Was = cluster.AlertFiring
	s.Unmatched = []cluster.TrippedBreaker{{Agent: "agent-x", State: cluster.Clean("half-open"), Failures: 3, FailuresKnown: true}}
	s.Escalations = []cluster.Escalation{
		{Reason: cluster.Clean("lag_over_60s"), Replicas: []cluster.NodeID{"node2", "node5"}, Since: at.Add(-43 * time.Second)},
		{Reason: cluster.Clean("multiple_replicas"), Replicas: []cluster.NodeID{"node2", "node5"}, Since: at.Add(-20 * time.Second)},
	}
	s.Prometheus = theirs()
	s.Session.Links = cluster.Links{Dashboard: cluster.Clean("https://grafana.example/d/stemedb"), Rebuild: cluster.Clean("https://wiki.example/rebuild-replica")}
	s.Replicas[0].Prometheus = []cluster.PrometheusAlert{{Name: cluster.Clean("ReplicationLagCritical"), State: cluster.AlertFiring, Severity: cluster.Clean("critical"), Active: at.Add(-72 * time.Second)}}
	s.Replicas[3].Prometheus = []cluster.PrometheusAlert{{Name: cluster.Clean("ReplicationLagWarning"), State: cluster.AlertPending, Active: at.Add(-43 * time.Second)}}
	s.Primary.Admin = failed(cluster.Fail(cluster.FailAuth, "GET http://10.0.0.1:18180/v1/admin: 401", "give admin.token_file"), 0)
	return f
}

// alerts are the runbook's three rules for a replica.
func alerts(id cluster.NodeID, critical, warning cluster.AlertState) []cluster.AlertChange {
	as := []cluster.AlertChange{
		{Rule: cluster.Clean("ReplicationLagCritical"), Critical: true, State: critical, Since: at.Add(-72 * time.Second)},
		{Rule: cluster.Clean("ReplicationLagWarning"), State: warning, Since: at.Add(-175 * time.Second)},
		{Rule: cluster.Clean("MerkleSyncFailures"), Since: at.Add(-time.Hour)},
	}
	for i := range as {
		as[i].Replica = id
		if as[i].State == cluster.AlertPending {
			as[i].FiresAt = as[i].Since.Add(5 * time.Minute)
		}
	}
	return as
}

// theirs is a Prometheus server that knows of trouble of no single replica.
func theirs() cluster.Prometheus {
	return cluster.Prometheus{
		Access: access(4 * time.Second), Address: cluster.Clean("prometheus:9090/api/v1/alerts"), Others: 12,
		Alerts: []cluster.PrometheusAlert{
			{Name: cluster.Clean("ClusterSplitBrain"), State: cluster.AlertFiring, Severity: cluster.Clean("critical"), Active: at.Add(-5 * time.Minute), Summary: cluster.Clean("two primaries")},
			{Name: cluster.Clean("HighNetworkUtilization"), State: cluster.AlertFiring, Severity: cluster.Clean("warning"), Instance: cluster.Clean("10.0.0.7:9100")},
		},
	}
}

// linked is a healthy way to a node.
func linked() cluster.Network {
	return cluster.Network{
		Access: access(time.Second), Method: cluster.ProbeICMP, Probes: 60, Port: cluster.PortOpen, Loss: cluster.Known(0),
		RTT: cluster.Known(0.42), Min: cluster.Known(0.3), Median: cluster.Known(0.4), P95: cluster.Known(0.9), Jitter: cluster.Known(0.1),
		Peer: cluster.Peer{
			Ping: access(4 * time.Second), Echo: trips(0.21), Connect: access(9 * time.Second), Port: cluster.PortOpen,
			PortBy: cluster.Clean("ssh"), Forward: trips(0.34), SSH: cluster.Known(12.4),
		},
		Kernel: cluster.Kernel{Primary: flow(4.2e6, 13e3), Replica: flow(12e3, 4.1e6)},
	}
}

// trips are round trips around so many ms.
func trips(ms float64) cluster.Trips {
	k := cluster.Known
	return cluster.Trips{RTT: k(ms), Min: k(ms * 0.8), Median: k(ms), P95: k(ms * 3), Jitter: k(ms / 5), Loss: k(0), Probes: 30}
}

// flow is one end of a healthy RPC connection.
func flow(sends, receives float64) cluster.Flow {
	k := cluster.Known
	return cluster.Flow{
		Known: true, At: at.Add(-3 * time.Second), Via: cluster.Clean("ss"), Connections: 1, Interval: 10 * time.Second,
		SentBytesPerSecond: k(sends), ReceivedBytesPerSecond: k(receives), RetransmissionsPerSecond: k(0), Retransmitted: k(0),
		RTT: k(0.31), RTTVar: k(0.05), MinRTT: k(0.2), Cwnd: k(10), Unacked: k(2), SendQueue: k(4344), NotSent: k(0),
	}
}

// cutOff is a way that a firewall between primary and replica drops, where the
// monitor sees nothing of it, and forwarding is forbidden.
func cutOff() cluster.Network {
	n := linked()
	n.Peer = cluster.Peer{
		Ping: access(4 * time.Second), Why: cluster.Clean("Destination Host Unreachable (10.0.0.254)"),
		Echo:    cluster.Trips{Loss: cluster.Known(100), Probes: 60},
		Connect: access(2 * time.Second), Port: cluster.PortFiltered, PortBy: cluster.Clean("bash"), PortWhy: cluster.Clean("no answer within 2 s"),
		ForwardWhy:  cluster.Clean("forwarding is forbidden on the primary's host: administratively prohibited"),
		ForwardHint: cluster.Clean("AllowTcpForwarding, PermitOpen (sshd_config) or an option of the key forbids it: the port is tried by tools there instead"),
	}
	n.Kernel.Primary = cluster.Flow{Known: true, At: at.Add(-3 * time.Second), Opening: 1, SendQueue: cluster.Known(1), Why: cluster.Clean("a connection came or went between the last two readings")}
	n.Kernel.Replica = cluster.Flow{Why: cluster.Clean("this host has no ss (package iproute2): no bytes, round trips or retransmissions are known")}
	return n
}

// partitioned is a replica that its primary can't reach and the monitor can.
func partitioned() *Frame {
	f := critical()
	r := &f.Snap.Replicas[0]
	r.Network = cutOff()
	r.Spec.RPC = cluster.Clean("10.0.9.2:18182")
	r.Network.Trace = cluster.Trace{At: at.Add(-time.Second), TraceReading: cluster.TraceReading{
		By: cluster.Clean("mtr"), For: 34 * time.Second, Hops: []cluster.Hop{
			{TTL: 1, Address: cluster.Clean("10.0.0.254"), Sent: 34, Back: 31, Last: 410 * time.Microsecond, Best: 300 * time.Microsecond, Mean: 420 * time.Microsecond, Worst: 3 * time.Millisecond},
			{TTL: 2, Address: cluster.Clean("10.0.8.1"), Others: 2, Note: cluster.Clean("!X"), Sent: 34, Back: 34, Last: 48 * time.Millisecond, Best: 9 * time.Millisecond, Mean: 47 * time.Millisecond, Worst: 1412 * time.Millisecond},
			{TTL: 3, Sent: 34},
		},
	}}
	r.Host.Writers = cluster.Writers{At: at.Add(-time.Second), WritersReading: cluster.WritersReading{
		Interval: 2010 * time.Millisecond, Total: 212, Denied: 88, Why: cluster.Clean("the counters of 88 of 212 processes may not be read: those of other users"),
		Hint: cluster.Clean("connect as root or as the user that stemedb runs as, or give the account CAP_SYS_PTRACE"),
		Writers: []cluster.Writer{
			{PID: 4711, Command: cluster.Clean("pg_dump"), Written: 190 << 20, Read: 4096},
			{PID: 1412, Command: cluster.Clean("stemedb-api"), Written: 31 << 20, Cancelled: 8192},
			{PID: 7, Command: cluster.Clean("kworker/u8:0-writeback"), Read: 100},
		},
	}}
	f.Snap.Primary.Host.Sockets = cluster.Sockets{Known: true, Unmatched: []cluster.UnmatchedPeer{
		{Address: cluster.Clean("192.0.2.9"), Connections: 2, Why: cluster.Clean("no node is known to have that address")},
	}}
	return f
}

func diskVerdict() cluster.Verdict {
	texts := func(ts ...string) (out []cluster.Text) {
		for _, t := range ts {
			out = append(out, cluster.Clean(t))
		}
		return out
	}
	return cluster.Verdict{
		Replica: "node2", Cause: cluster.CauseDisk, Confidence: cluster.ConfidenceLikely, Since: at.Add(-6 * time.Minute),
		For: texts("nvme0n1 (WAL) 99 %util, w_await 60 ms, 14 times its normal, since 03:06:12, 20 s before the lag",
			"PSI io 38 %: work stands still for want of it", "normal: cpu 8 %, rtt 0.4 ms, port 18182 open, breaker closed"),
		Against: texts("node5 lags too"),
		Missing: texts("merkle sync errors of the replica: its log can't be read"),
		Advice:  texts("throttle"), Next: cluster.Clean("reduce ingestion on the primary to 500/s (runbook: Disk I/O is saturated, step 3)"),
	}
}
