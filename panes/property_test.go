package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// checkSize fails unless out is exactly h lines of w cells, by either way that
// terminals count.
func checkSize(t interface {
	Helper()
	Fatalf(string, ...any)
}, name, out string, w, h int,
) {
	t.Helper()
	w, h = max(w, 0), max(h, 0)
	if h == 0 {
		if out != "" {
			t.Fatalf("%s at %dx%d: %q, want nothing", name, w, h, out)
		}
		return
	}
	lines := strings.Split(out, "\n")
	if len(lines) != h {
		t.Fatalf("%s at %dx%d: %d lines", name, w, h, len(lines))
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n != w {
			t.Fatalf("%s at %dx%d: line %d has %d cells: %q", name, w, h, i, n, l)
		}
		if n := ansi.StringWidthWc(l); n != w {
			t.Fatalf("%s at %dx%d: line %d has %d cells by code points: %q", name, w, h, i, n, l)
		}
	}
}

// all are the panes and the sections that draw them.
func all() map[string]Draw {
	ds := map[string]Draw{}
	for _, d := range drawn {
		ds[d.name] = d.draw
	}
	for n := range NumPanes {
		ds["section "+Title(&Frame{}, n)] = func(f *Frame, w, h int) string { return Section(f, n, w, h) }
	}
	return ds
}

// widths are all small ones and those around which columns come and go.
var widths = []int{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 20, 24, 30, 37, 38, 39, 40, 41, 42, 47, 48, 53,
	58, 59, 60, 66, 71, 79, 80, 81, 91, 92, 99, 100, 119, 120, 121, 200,
}

func TestSizeOfScenes(t *testing.T) {
	for scene, f := range scenes() {
		for name, draw := range all() {
			for _, w := range widths {
				for _, h := range []int{0, 1, 2, 3, 5, 8, 24} {
					checkSize(t, scene+" "+name, draw(f, w, h), w, h)
				}
			}
		}
	}
}

func figures() *rapid.Generator[cluster.Figure] {
	return rapid.Custom(func(t *rapid.T) cluster.Figure {
		if rapid.Bool().Draw(t, "known") {
			return cluster.Known(rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 200)).Draw(t, "v"))
		}
		return cluster.Figure{}
	})
}

func texts() *rapid.Generator[cluster.Text] {
	return rapid.Custom(func(t *rapid.T) cluster.Text { return cluster.Clean(rapid.String().Draw(t, "text")) })
}

// randomHost fills in what a host can have, in no way that makes sense.
func randomHost(t *rapid.T) cluster.Host {
	fig := func(n string) cluster.Figure { return figures().Draw(t, n) }
	h := busyHost()
	h.Configured = rapid.Bool().Draw(t, "host configured")
	h.Reachable = rapid.Bool().Draw(t, "host reachable")
	if rapid.Bool().Draw(t, "host fails") {
		h.Err = &cluster.Failure{Kind: cluster.FailTimeout, What: texts().Draw(t, "what"), Hint: texts().Draw(t, "hint")}
	}
	h.CPU = cluster.CPUUsage{User: fig("us"), Nice: fig("ni"), IOWait: fig("wa"), Idle: fig("id"), Busiest: fig("max"), BusiestCPU: rapid.Int().Draw(t, "cpu")}
	h.Disks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.DiskUsage {
		return cluster.DiskUsage{
			Name: texts().Draw(t, "disk"), WAL: rapid.Bool().Draw(t, "wal"), Stalled: rapid.Bool().Draw(t, "stalled"),
			Util: figures().Draw(t, "util"), WriteAwait: figures().Draw(t, "await"), Why: texts().Draw(t, "why"),
		}
	}), 0, 5).Draw(t, "disks")
	h.Nets[0].Name, h.Nets[0].RxBytesPerSecond = texts().Draw(t, "net"), fig("rx")
	h.Processes[0].Command, h.Processes[0].State, h.Processes[0].CPU = texts().Draw(t, "command"), rapid.Byte().Draw(t, "state"), fig("%cpu")
	h.Processes[0].RSSBytes, h.Processes[0].Started = rapid.Uint64().Draw(t, "rss"), fig("start")
	h.Memory.Available = rapid.Uint64().Draw(t, "available")
	h.Interval = time.Duration(rapid.IntRange(0, 2).Draw(t, "interval")) * time.Second
	return h
}

func randomReplica(t *rapid.T) cluster.Replica {
	id := cluster.NodeID(rapid.String().Draw(t, "id"))
	fig := func(n string) cluster.Figure { return figures().Draw(t, n) }
	r := cluster.Replica{Node: node(id)}
	r.Host = randomHost(t)
	r.Lag = cluster.Lag{
		State: rapid.SampledFrom([]cluster.LagState{cluster.LagUnknown, cluster.LagStale, cluster.LagFrozen, cluster.LagLive}).Draw(t, "state"), Seconds: fig("lag"), Why: texts().Draw(t, "why"),
		Age: time.Duration(rapid.Int64().Draw(t, "age")), Taken: at,
	}
	r.Assertions = cluster.Assertions{Behind: fig("behind"), PerSecond: fig("applies"), Why: texts().Draw(t, "why")}
	r.Sync = cluster.Sync{
		State: rapid.SampledFrom([]cluster.SyncState{cluster.SyncUnknown, cluster.SyncIdle, cluster.SyncRunning, cluster.SyncStalled}).Draw(t, "sync"), Progress: fig("progress"), PerSecond: fig("rate"),
		ErrorsPerSecond: fig("errors"), LastDuration: fig("duration"), Why: texts().Draw(t, "why"), Since: at.Add(-time.Hour),
	}
	randomJudgement(t, &r)
	return r
}

// randomJudgement fills in what may be concluded, in no way that makes sense.
func randomJudgement(t *rapid.T, r *cluster.Replica) {
	fig := func(n string) cluster.Figure { return figures().Draw(t, n) }
	some := rapid.SliceOfN(texts(), 0, 4)
	when := at.Add(-time.Duration(rapid.Int64().Draw(t, "ago")))
	r.Network = cluster.Network{
		Access: access(time.Second), Method: cluster.ProbeMethod(rapid.Byte().Draw(t, "method")), RTT: fig("rtt"), Median: fig("median"),
		P95: fig("p95"), Jitter: fig("jitter"), Loss: fig("loss"), Port: cluster.PortState(rapid.Byte().Draw(t, "port")), PortWhy: texts().Draw(t, "why"),
	}
	r.Network.Configured, r.Network.Reachable = rapid.Bool().Draw(t, "probed"), rapid.Bool().Draw(t, "answered")
	r.Breaker = cluster.Breaker{
		State: cluster.BreakerState(rapid.Byte().Draw(t, "breaker")), Agent: cluster.NodeID(rapid.String().Draw(t, "agent")),
		Since: when, Failures: fig("failures"), Reason: texts().Draw(t, "reason"),
	}
	r.Verdict = cluster.Verdict{
		Cause: cluster.Cause(rapid.Byte().Draw(t, "cause")), Confidence: cluster.Confidence(rapid.Byte().Draw(t, "confidence")), Since: when,
		For: some.Draw(t, "for"), Against: some.Draw(t, "against"), Missing: some.Draw(t, "missing"), Advice: some.Draw(t, "advice"), Next: texts().Draw(t, "next"),
	}
	r.Alerts = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.AlertChange {
		return cluster.AlertChange{
			Rule: texts().Draw(t, "rule"), Replica: r.ID, Critical: rapid.Bool().Draw(t, "critical"),
			State: cluster.AlertState(rapid.Byte().Draw(t, "alert")), Since: when, FiresAt: when, Was: cluster.AlertState(rapid.Byte().Draw(t, "was")),
		}
	}), 0, 4).Draw(t, "alerts")
}

func randomFrame(t *rapid.T) *Frame {
	rs := rapid.SliceOfN(rapid.Custom(randomReplica), 0, 4).Draw(t, "replicas")
	s := fakeSeries{}
	for i := range rs {
		v := rapid.Float64().Draw(t, "series")
		s[seriesKey{rs[i].ID, cluster.QuantityLag}] = until(rapid.Float64Range(0, 900).Draw(t, "gap"), constant(v))
	}
	f := frame(snapshot(s, rs...))
	f.Top = rapid.IntRange(-2, 9).Draw(t, "top")
	f.Window = time.Duration(rapid.Int64().Draw(t, "window"))
	f.Mode, f.Speed = rapid.SampledFrom([]Mode{Live, Paused, Replay}).Draw(t, "mode"), rapid.Float64().Draw(t, "speed")
	f.Message, f.Filter = texts().Draw(t, "message"), texts().Draw(t, "filter")
	f.Snap.Session.Cluster = texts().Draw(t, "cluster")
	f.Scroll[PaneHost] = rapid.IntRange(-1, 20).Draw(t, "scroll")
	f.Escalation = rapid.SliceOfN(texts(), 0, 4).Draw(t, "path")
	f.Snap.Escalations = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.Escalation {
		return cluster.Escalation{Reason: texts().Draw(t, "reason"), Replicas: f.Rows, Since: at}
	}), 0, 3).Draw(t, "escalations")
	f.Snap.Unmatched = []cluster.TrippedBreaker{{Agent: cluster.NodeID(rapid.String().Draw(t, "agent")), State: texts().Draw(t, "state")}}
	f.Scroll[PaneAlerts] = rapid.IntRange(-1, 20).Draw(t, "scroll")
	f.Snap.Primary.IngestPerSecond = figures().Draw(t, "ingest")
	if rapid.Bool().Draw(t, "primary fails") {
		f.Snap.Primary.Metrics.Err = &cluster.Failure{Kind: cluster.FailOther, What: texts().Draw(t, "what"), Hint: texts().Draw(t, "hint")}
		f.Snap.Primary.Metrics.Reachable = rapid.Bool().Draw(t, "partial")
	}
	return f
}

// TestSizeProperty: whatever is known or not, every pane fills its place exactly.
func TestSizeProperty(t *testing.T) {
	ds := all()
	rapid.Check(t, func(t *rapid.T) {
		f := randomFrame(t)
		w, h := rapid.IntRange(-1, 210).Draw(t, "w"), rapid.IntRange(-1, 60).Draw(t, "h")
		for name, draw := range ds {
			checkSize(t, name, draw(f, w, h), w, h)
		}
	})
}

// TestSame: a pane is a function: the same frame gives the same bytes.
func TestSame(t *testing.T) {
	for scene, f := range scenes() {
		for name, draw := range all() {
			if a, b := draw(f, 97, 23), draw(f, 97, 23); a != b {
				t.Errorf("%s %s differs from itself", scene, name)
			}
		}
	}
}
