package panes

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// at is the instant of all fixtures.
var at = time.Date(2026, 11, 22, 3, 12, 44, 300e6, time.UTC)

// fakeSeries is a history given by functions of the seconds before at.
type fakeSeries map[seriesKey]func(ago float64) (float64, bool)

type seriesKey struct {
	node cluster.NodeID
	q    cluster.Quantity
}

func (s fakeSeries) Buckets(node cluster.NodeID, q cluster.Quantity, to time.Time, width time.Duration, n int) []cluster.Bucket {
	bs := make([]cluster.Bucket, n)
	last := to.Truncate(width)
	fn := s[seriesKey{node, q}]
	for i := range bs {
		bs[i].From = last.Add(-time.Duration(n-1-i) * width)
		if fn == nil {
			continue
		}
		if v, ok := fn(max(0, at.Sub(bs[i].From.Add(width)).Seconds())); ok {
			bs[i].N, bs[i].Min, bs[i].Max, bs[i].Last, bs[i].Taken = 1, v, v, v, bs[i].From
		}
	}
	return bs
}

func (s fakeSeries) Lines(cluster.NodeID, time.Time) []cluster.HeardLine { return nil }

func (s fakeSeries) Span(cluster.NodeID, cluster.Quantity) (oldest, newest time.Time) { return }

func constant(v float64) func(float64) (float64, bool) {
	return func(ago float64) (float64, bool) { return v + 0.1*math.Sin(ago), true }
}

// rising went from calm to top over the last seconds.
func rising(top, seconds float64) func(float64) (float64, bool) {
	return func(ago float64) (float64, bool) {
		return max(0.2, top*(1-ago/seconds)), true
	}
}

// until stops being measured so many seconds ago.
func until(seconds float64, fn func(float64) (float64, bool)) func(float64) (float64, bool) {
	return func(ago float64) (float64, bool) {
		v, ok := fn(ago)
		return v, ok && ago > seconds
	}
}

func access(age time.Duration) cluster.Access {
	return cluster.Access{Configured: true, Reachable: true, Newest: at.Add(-age), Attempt: at.Add(-age), Took: 3 * time.Millisecond}
}

func failed(f *cluster.Failure, age time.Duration) cluster.Access {
	a := cluster.Access{Configured: true, Err: f, Attempt: at}
	if age > 0 {
		a.Newest = at.Add(-age)
	}
	return a
}

func node(id cluster.NodeID) cluster.Node {
	return cluster.Node{ID: id, Name: id.Text(), Configured: true, Metrics: access(300 * time.Millisecond)}
}

// live makes a replica with a live lag.
func live(id cluster.NodeID, lag, behind, applies float64) cluster.Replica {
	return cluster.Replica{
		Node: node(id),
		Lag: cluster.Lag{
			State: cluster.LagLive, Seconds: cluster.Known(lag), Taken: at.Add(-300 * time.Millisecond),
			Age: 300 * time.Millisecond, Since: at.Add(-time.Hour),
		},
		Assertions: cluster.Assertions{Indexed: cluster.Known(18.2e6), Behind: cluster.Known(behind), PerSecond: cluster.Known(applies)},
		Sync:       cluster.Sync{State: cluster.SyncIdle, ErrorsPerSecond: cluster.Known(0)},
	}
}

// unsure makes a replica whose lag is not live; a negative lag is unknown.
func unsure(id cluster.NodeID, state cluster.LagState, lag float64, age time.Duration, why string) cluster.Replica {
	r := live(id, lag, 0, 0)
	r.Lag.State, r.Lag.Age, r.Lag.Why = state, age, cluster.Clean(why)
	r.Lag.Taken, r.Lag.Since = at.Add(-age), at.Add(-age)
	r.Assertions = cluster.Assertions{Why: cluster.Clean("no answer of " + string(id))}
	r.Sync = cluster.Sync{}
	if lag < 0 {
		r.Lag.Seconds, r.Lag.Taken = cluster.Figure{}, time.Time{}
	}
	return r
}

// frozen makes a replica whose lag is read but stands still since so long.
func frozen(id cluster.NodeID, lag float64, since time.Duration, why string) cluster.Replica {
	r := live(id, lag, 31000, 0)
	r.Lag.State, r.Lag.Since, r.Lag.Why = cluster.LagFrozen, at.Add(-since), cluster.Clean(why)
	return r
}

// busyHost is a host whose WAL device is the bottleneck.
func busyHost() cluster.Host {
	k := cluster.Known
	gib := uint64(1 << 20) // in kB
	return cluster.Host{
		Access: access(400 * time.Millisecond), Interval: time.Second, Uptime: 40 * 24 * time.Hour,
		Facts: &cluster.HostFacts{Hostname: cluster.Clean("db2.eu"), OS: cluster.Clean("Linux"), Kernel: cluster.Clean("6.1.0-18"), Cores: 8, HZ: 100},
		CPU: cluster.CPUUsage{
			User: k(5.1), Nice: k(0), System: k(3.04), IOWait: k(41.2), Steal: k(0), Idle: k(50.66),
			Busiest: k(97.5), BusiestCPU: 3, Count: 8,
		},
		Disks: []cluster.DiskUsage{
			{
				Name: cluster.Clean("nvme0n1"), WAL: true, ReadsPerSecond: k(5), WritesPerSecond: k(388), ReadKBPerSecond: k(80),
				WriteKBPerSecond: k(18240), ReadAwait: k(12.1), WriteAwait: k(60.2), QueueSize: k(9.1), Util: k(99.4), FlushesPerSecond: k(120), FlushAwait: k(8.3),
				ReadSize: k(16), WriteSize: k(47), DiscardsPerSecond: k(0),
			},
			{
				Name: cluster.Clean("sda"), ReadsPerSecond: k(0), WritesPerSecond: k(1.2), ReadKBPerSecond: k(0),
				WriteKBPerSecond: k(14.8), WriteAwait: k(0.4), QueueSize: k(0), Util: k(0.2),
			},
		},
		Nets: []cluster.NetUsage{{
			Name: cluster.Clean("eth0"), RxBytesPerSecond: k(12.4e6), TxBytesPerSecond: k(310e3),
			ErrorsPerSecond: k(0), DropsPerSecond: k(0),
		}},
		Processes: []cluster.ProcessUsage{{
			PID: 1412, Command: cluster.Clean("stemedb-api"), State: 'D', CPU: k(34.2), RSSBytes: 3 << 30, Threads: 64,
			Started: k(3 * 86400),
		}},
		ProcessesKnown: true, ProcessesAt: at,
		Service: cluster.Service{
			Known: true, At: at.Add(-9 * time.Second), Unit: cluster.Clean("stemedb-api"), Active: cluster.Clean("active"), Sub: cluster.Clean("running"),
			Result: cluster.Clean("success"), Since: at.Add(-37 * 24 * time.Hour), Restarts: k(0),
		},
		Load:     cluster.Load{Has: true, One: 9.31, Five: 6.2, Fifteen: 2.11},
		Memory:   cluster.MemoryInfo{Has: true, Total: 64 * gib, Available: 41 * gib, Dirty: gib / 3, Writeback: 12000},
		Pressure: cluster.PressureUsage{CPUSome: k(1.2), IOSome: k(38.4), IOFull: k(31), MemorySome: k(0)},
	}
}

// snapshot is a cluster of these replicas below a healthy primary.
func snapshot(series fakeSeries, rs ...cluster.Replica) *cluster.Snapshot {
	return &cluster.Snapshot{
		At: at, Interval: time.Second, Replicas: rs, Series: series, FirstSeen: at.Add(-time.Hour),
		Session: cluster.Session{
			Cluster: cluster.Clean("prod-eu"), Interval: time.Second, Speed: 1,
			Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
		},
		Primary: cluster.Primary{
			Node: node("node1"), Assertions: cluster.Known(18.22e6),
			IngestPerSecond: cluster.Known(1500), SentBytesPerSecond: cluster.Known(4.2e6),
			Config: cluster.APIConfigView{At: at.Add(-20 * time.Second), APIConfig: cluster.APIConfig{
				Path: cluster.Clean("/etc/stemedb/api.toml"), Read: true, MaxLag: cluster.Setting{Set: true, Valid: true, Value: 50},
			}},
		},
	}
}

// frame shows a snapshot, its rows as they stand and the first one selected.
func frame(s *cluster.Snapshot) *Frame {
	f := &Frame{Snap: s, Window: 10 * time.Minute, Speed: 1, Styles: Plain(), Focus: PaneReplicas}
	for i := range s.Replicas {
		f.Rows = append(f.Rows, s.Replicas[i].ID)
	}
	if len(f.Rows) > 0 {
		f.Selected = f.Rows[0]
	}
	return f
}
