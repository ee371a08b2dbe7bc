package tui

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// t0 is when the synthetic cluster begins to be watched.
var t0 = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// handClock stands until it is moved. Its time is as long as real time.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Real(d time.Duration) time.Duration { return d }
func (c *handClock) Speed() float64                     { return 1 }

func (c *handClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// wallClock is real time.
type wallClock struct{}

func (wallClock) Now() time.Time                     { return time.Now() }
func (wallClock) Real(d time.Duration) time.Duration { return d }
func (wallClock) Speed() float64                     { return 1 }

// fakeTimeline is a cluster whose every figure is a function of time.
type fakeTimeline struct {
	replicas int
	hosts    int // replicas with a host
	from     time.Time
	to       func() time.Time
	lag      func(i int, t time.Time) float64 // nil: waves
	rename   func(id string) string           // hostile names
}

func (f *fakeTimeline) Bounds() (first, last time.Time) { return f.from, f.to() }

func (f *fakeTimeline) lagAt(i int, t time.Time) float64 {
	if f.lag != nil {
		return f.lag(i, t)
	}
	s := t.Sub(t0).Seconds()
	return math.Round(100*math.Abs(float64(20-i)*math.Sin(s/300+float64(i)))) / 100
}

func (f *fakeTimeline) id(i int) cluster.NodeID {
	id := fmt.Sprintf("node%d", i+2)
	if f.rename != nil {
		id = f.rename(id)
	}
	return cluster.NodeID(id)
}

func (f *fakeTimeline) Latest(now func() time.Time) *cluster.Snapshot { return f.At(now()) }

func (f *fakeTimeline) At(t time.Time) *cluster.Snapshot {
	s := &cluster.Snapshot{
		At: t, Interval: time.Second, Series: f, FirstSeen: f.from, LastSeq: 1,
		Session: cluster.Session{Cluster: cluster.Clean("prod-eu"), Interval: time.Second, Thresholds: cluster.Thresholds{
			Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute,
		}},
		Replicas: make([]cluster.Replica, f.replicas),
	}
	ok := cluster.Access{Configured: true, Reachable: true, Newest: t.Add(-150 * time.Millisecond), Attempt: t}
	s.Primary.Node = cluster.Node{ID: "node1", Name: cluster.Clean("node1"), Configured: true, Metrics: ok}
	s.Primary.Assertions = cluster.Known(1e6 + 1500*t.Sub(f.from).Seconds())
	s.Primary.IngestPerSecond = cluster.Known(1500)
	for i := range s.Replicas {
		r := &s.Replicas[i]
		lag := f.lagAt(i, t)
		r.Node = cluster.Node{ID: f.id(i), Name: f.id(i).Text(), Configured: true, Metrics: ok}
		r.Lag = cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(lag), Taken: ok.Newest, Age: 150 * time.Millisecond}
		r.Assertions = cluster.Assertions{Behind: cluster.Known(math.Floor(lag * 400)), PerSecond: cluster.Known(1400 + lag)}
		r.Sync = cluster.Sync{State: cluster.SyncIdle, Progress: cluster.Known(1)}
		if i < f.hosts {
			r.Host = f.host(ok, lag)
		}
	}
	return s
}

func (f *fakeTimeline) host(ok cluster.Access, x float64) cluster.Host {
	k := cluster.Known
	d := cluster.DiskUsage{
		Name: cluster.Clean("nvme0n1"), WAL: true, ReadsPerSecond: k(5), WritesPerSecond: k(300 + x),
		ReadKBPerSecond: k(20), WriteKBPerSecond: k(4000 + x), ReadAwait: k(0.4), WriteAwait: k(2 + x),
		QueueSize: k(x / 4), Util: k(40 + x),
	}
	return cluster.Host{
		Access: ok, Interval: time.Second, Disks: []cluster.DiskUsage{d, d}, ProcessesKnown: true,
		Facts: &cluster.HostFacts{Hostname: cluster.Clean("db-2"), Kernel: cluster.Clean("6.1.0"), OS: cluster.Clean("Linux"), Cores: 8},
		CPU: cluster.CPUUsage{
			User: k(5 + x/10), Nice: k(0), System: k(3), IOWait: k(20 - x/10), Steal: k(0), Idle: k(72), Busiest: k(30), Count: 8,
		},
		Processes: []cluster.ProcessUsage{{PID: 812, Command: cluster.Clean("stemedb-api"), State: 'S', CPU: k(42 + x), RSSBytes: 1 << 30, Threads: 24}},
		Pressure:  cluster.PressureUsage{CPUSome: k(1), IOSome: k(x), IOFull: k(x / 2), MemorySome: k(0), MemoryFull: k(0)},
		Uptime:    99 * time.Hour,
	}
}

// Buckets implements cluster.Series.
func (f *fakeTimeline) Buckets(node cluster.NodeID, q cluster.Quantity, to time.Time, width time.Duration, n int) []cluster.Bucket {
	bs := make([]cluster.Bucket, n)
	last := to.Truncate(width)
	for i := range bs {
		from := last.Add(time.Duration(i-n+1) * width)
		bs[i].From = from
		if from.Before(f.from.Truncate(width)) {
			continue
		}
		at := min(to.Sub(from), width-1)
		v := f.lagAt(int(q)+len(node)+int(node[len(node)-1])%20, from.Add(at))
		bs[i] = cluster.Bucket{From: from, N: 1, Min: v, Max: v, Last: v, Taken: from.Add(at)}
	}
	return bs
}

// Lines implements cluster.Series: a line a second, every tenth on a sync that
// fails.
func (f *fakeTimeline) Lines(_ cluster.NodeID, to time.Time) []cluster.HeardLine {
	var lines []cluster.HeardLine
	for t := to.Truncate(time.Second).Add(-99 * time.Second); !t.After(to); t = t.Add(time.Second) {
		l := cluster.LogLine{At: t, Level: cluster.LevelInfo, Text: cluster.Clean("checkpoint " + t.Format("15:04:05"))}
		if t.Second()%10 == 0 {
			l.Level, l.Text = cluster.LevelError, cluster.Clean("sync error: closed "+t.Format("15:04:05"))
		}
		lines = append(lines, cluster.HeardLine{LogLine: l, Received: t})
	}
	return lines
}

// Span implements cluster.Series.
func (f *fakeTimeline) Span(cluster.NodeID, cluster.Quantity) (oldest, newest time.Time) {
	return f.from, f.to()
}

// rig is a model on a synthetic cluster, with what it did to the outside.
type rig struct {
	*model
	t        testing.TB
	clock    *handClock
	timeline *fakeTimeline
	clip     []string
	did      []string
	notes    []cluster.Text
}

func newRig(t testing.TB, w, h, replicas int, change ...func(*Options)) *rig {
	r := &rig{t: t, clock: &handClock{now: t0.Add(time.Hour)}}
	r.timeline = &fakeTimeline{replicas: replicas, hosts: 6, from: t0, to: r.clock.Now}
	o := Options{
		Timeline: r.timeline, Clock: r.clock, Theme: "dark", Environ: []string{"TERM=xterm-256color"},
		SetInterval: func(d time.Duration) { r.did = append(r.did, "interval "+d.String()) },
		AddNote:     func(n cluster.Text) { r.notes = append(r.notes, n) },
	}
	for _, f := range change {
		f(&o)
	}
	did := func(what string) func() { return func() { r.did = append(r.did, what) } }
	r.model = newModel(t.Context(), o.withDefaults(), colorprofile.TrueColor, w, h, effects{
		copy:    func(s string) { r.clip = append(r.clip, s) },
		repaint: did("repaint"), suspend: did("suspend"), reopen: did("reopen"),
	})
	return r
}

// keys presses keys by name.
func (r *rig) keys(names ...string) {
	for _, n := range names {
		r.Update(press(n))
	}
}

// tick lets d pass and the tick of its end come.
func (r *rig) tick(d time.Duration) {
	r.clock.add(d)
	r.Update(tickMsg{gen: r.pace.gen, at: r.clock.Now()})
}

// text returns the screen without styles.
func (r *rig) text() string { return ansi.Strip(r.View().Content) }

// cursorRow returns on which line of the table the selected replica is.
func (r *rig) cursorRow() int {
	for i, id := range r.rows.ids {
		if id == r.rows.sel {
			return i - r.rows.top
		}
	}
	return -1
}
