package recording

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// story is a run in which much goes wrong: a target that hangs, a late answer, a
// loss, a replica that vanishes, a changed interval, a step of the clock.
func story(replicas, hosts, seconds int) []cluster.Observation {
	s := newSim(replicas, hosts)
	s.unit, s.wall = resolution, s.wall.Truncate(coarse)
	list := append([]cluster.Observation{s.session()}, s.facts()...)
	own := func(b cluster.Body, kind cluster.SourceKind) {
		s.seq++
		list = append(list, cluster.Observation{Seq: s.seq, Received: s.wall, Taken: s.wall, Source: cluster.Source{Kind: kind}, Body: b})
	}
	for i := range seconds {
		for _, o := range s.next() {
			hang := o.Source.Node == "node2" && i%100 >= 40 && i%100 < 60
			switch m, _ := o.Body.(*cluster.MetricsReading); {
			case hang && i%100 < 57:
				continue
			case hang:
				o.Body, o.Err = nil, cluster.Fail(cluster.FailTimeout, "no answer from node2 within 5 s", "look whether it runs")
			case m != nil && o.Source.Node == "node1" && i%150 > 120: // the last replica is gone
				m.Samples = append(m.Samples[:replicas-1:replicas-1], m.Samples[replicas:]...)
			case m != nil && o.Source.Node == "node3" && i%30 == 7: // late
				o.Taken, o.Took = o.Taken.Add(-4*time.Second), 5*time.Second
			}
			list = append(list, o)
		}
		switch i {
		case 77:
			own(&cluster.Gap{Reader: cluster.Clean("recorder"), Lost: 12}, cluster.FromMonitor)
		case 90:
			own(&cluster.Settings{Interval: 2 * time.Second}, cluster.FromOperator)
		case 95:
			own(&cluster.Note{Author: cluster.Clean("ops"), Text: cluster.Clean("throttled to 500")}, cluster.FromOperator)
		case 130:
			own(&cluster.ClockStep{By: 3 * time.Second}, cluster.FromMonitor)
		}
	}
	var last time.Time
	for i := range list { // so that the timeline cuts nothing
		list[i] = *cut(&list[i], last)
		last = list[i].Received
	}
	return list
}

func diffSnapshots(t testing.TB, a, b *cluster.Snapshot) string {
	t.Helper()
	opts := cmp.Options{
		cmp.AllowUnexported(cluster.Text{}, cluster.Figure{}), cmpopts.IgnoreFields(cluster.Snapshot{}, "Series"),
		cmpopts.EquateNaNs(),
	}
	x, y := *a, *b
	x.Series, y.Series = nil, nil
	if !reflect.DeepEqual(x, y) { // a hundred times quicker
		if d := cmp.Diff(a, b, opts); d != "" {
			return d
		}
	}
	for _, r := range a.Replicas {
		for q := cluster.QuantityLag; q <= cluster.QuantityNetTx; q++ {
			x := a.Series.Buckets(r.ID, q, a.At, time.Second, 60)
			y := b.Series.Buckets(r.ID, q, b.At, time.Second, 60)
			if !reflect.DeepEqual(x, y) {
				return string(r.ID) + " series: " + cmp.Diff(x, y)
			}
		}
	}
	return ""
}

// record writes a run to a file and returns its timeline and path.
func record(t testing.TB, list []cluster.Observation, o RecorderOptions, between func(i int, live *Timeline)) *Timeline {
	t.Helper()
	if o.Dir == "" && o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "run"+Extension)
	}
	o.Clock, o.Program = sources.NewClock(1), "stemetop test"
	live := NewLive(LiveOptions{})
	r := NewRecorder(o, live)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	for i := range list {
		live.Apply(&list[i])
		if between != nil {
			between(i, live)
		}
		for len(r.queue) > queued/2 { // minutes pass here in no time: the disk can't keep up
			runtime.Gosched()
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return live
}

func TestReplayShowsWhatWasLive(t *testing.T) {
	list := story(3, 2, 300)
	path := filepath.Join(t.TempDir(), "run"+Extension)
	var seen []*cluster.Snapshot
	pick := rand.New(rand.NewPCG(3, 4))
	live := record(t, list, RecorderOptions{Path: path}, func(i int, live *Timeline) {
		if pick.IntN(len(list)/60) == 0 && i+1 < len(list) {
			at := list[i].Received.Add(list[i+1].Received.Sub(list[i].Received) / 2)
			seen = append(seen, freeze(live.At(at)))
		}
	})
	defer closing(t, live)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	replay := NewReplay(f, cluster.HistoryOptions{})
	check := func(name string, tl *Timeline, want *cluster.Snapshot) {
		t.Helper()
		if d := diffSnapshots(t, want, tl.At(want.At)); d != "" {
			t.Fatalf("%s at %v: -live +seen again\n%s", name, want.At, d)
		}
		if f := tl.Trouble(); f != nil {
			t.Fatal(f)
		}
	}
	for _, s := range seen {
		check("forward", replay, s)
	}
	for _, s := range slices.Backward(seen) {
		check("backward", replay, s)
	}
	pick.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
	for i, s := range seen {
		check("seek", []*Timeline{replay, live}[i%2], s)
	}
	if len(seen) < 40 {
		t.Fatalf("only %d instants", len(seen))
	}
}

// What is shown live must never cost a seek, whatever the clock says, and what
// was read to look back is no longer held after it.
func TestLatestReadsNothingAgain(t *testing.T) {
	list := story(3, 2, 100)
	live := NewLive(LiveOptions{})
	for i := range list {
		live.Apply(&list[i])
	}
	last := list[len(list)-1]
	early := last.Received.Add(-time.Millisecond)
	if s := live.At(early); !s.At.Equal(early) || live.past.cursor == nil {
		t.Fatal("looking back read nothing")
	}
	s := live.Latest(func() time.Time { return early })
	if want := last.Received.Truncate(resolution); !s.At.Equal(want) || s.LastSeq != last.Seq {
		t.Errorf("at %v with %d, want %v with %d", s.At, s.LastSeq, want, last.Seq)
	}
	if p := live.past; p.cursor != nil || p.state != nil || p.history != nil || p.mark != nil {
		t.Error("what was read is still held")
	}
	later := last.Received.Add(time.Hour)
	if s := live.Latest(func() time.Time { return later }); !s.At.Equal(later) {
		t.Errorf("at %v, want %v", s.At, later)
	}
}

// frozen is a series as it was, since a live one grows.
type frozen struct {
	cluster.Series
	buckets map[cluster.NodeID][][]cluster.Bucket
}

func freeze(s *cluster.Snapshot) *cluster.Snapshot {
	f := frozen{s.Series, map[cluster.NodeID][][]cluster.Bucket{}}
	for _, r := range s.Replicas {
		for q := cluster.QuantityLag; q <= cluster.QuantityNetTx; q++ {
			f.buckets[r.ID] = append(f.buckets[r.ID], s.Series.Buckets(r.ID, q, s.At, time.Second, 60))
		}
	}
	s.Series = f
	return s
}

func (f frozen) Buckets(n cluster.NodeID, q cluster.Quantity, _ time.Time, _ time.Duration, _ int) []cluster.Bucket {
	return f.buckets[n][q]
}

func closing(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestReadersBesideTheWriter is for the race detector.
func TestReadersBesideTheWriter(t *testing.T) {
	list := story(2, 1, 150)
	live := NewLive(LiveOptions{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range list {
			live.Apply(&list[i])
		}
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			if s := live.At(list[len(list)-1].Received); s.LastSeq != list[len(list)-1].Seq {
				t.Errorf("seq %d", s.LastSeq)
			}
			return
		default:
			live.At(list[0].Received.Add(time.Duration(i%150) * time.Second))
			live.Bounds()
		}
	}
}

func TestKeyframeRebuildsTheState(t *testing.T) {
	list := story(3, 2, 200)
	whole, cut := cluster.NewState(), rand.New(rand.NewPCG(5, 6)).IntN(len(list))
	var later *cluster.State
	for i := range list {
		if i == cut {
			later = cluster.NewState()
			for _, o := range whole.Keyframe() {
				later.Apply(&o)
			}
		}
		whole.Apply(&list[i])
		if later != nil {
			later.Apply(&list[i])
			if (i-cut)%50 > 1 {
				continue
			}
			h := cluster.NewHistory(cluster.HistoryOptions{})
			if d := diffSnapshots(t, whole.Snapshot(list[i].Received, h), later.Snapshot(list[i].Received, h)); d != "" {
				t.Fatalf("cut at %d, at %d: %s", cut, i, d)
			}
		}
	}
}

func TestClockSetBack(t *testing.T) {
	list := story(2, 1, 400)
	half := len(list) / 2
	for i := range list[half:] {
		list[half+i].Received = list[half+i].Received.Add(-30 * time.Minute)
		list[half+i].Taken = list[half+i].Taken.Add(-30 * time.Minute)
	}
	path := filepath.Join(t.TempDir(), "run"+Extension)
	var seen []*cluster.Snapshot
	live := record(t, list, RecorderOptions{Path: path}, func(i int, live *Timeline) {
		if i%150 == 0 && (i == len(list)-1 || list[i].Received.Before(list[i+1].Received)) {
			seen = append(seen, live.At(list[i].Received))
		}
	})
	defer closing(t, live)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	replay := NewReplay(f, cluster.HistoryOptions{})
	for _, want := range seen {
		for _, tl := range []*Timeline{replay, live} {
			if tl == live && want.At.After(list[len(list)-1].Received) {
				continue // live, what is later than the newest is now
			}
			got := tl.At(want.At)
			want.Series, got.Series = nil, nil
			if d := cmp.Diff(want, got, cmp.AllowUnexported(cluster.Text{}, cluster.Figure{})); d != "" {
				t.Fatal(d)
			}
		}
	}
}
