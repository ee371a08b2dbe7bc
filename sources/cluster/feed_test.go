package cluster

import (
	"testing"
	"time"
)

// t0 is aligned to a day, so that buckets in tests are easy to name.
var t0 = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// feed makes a stream of observations by hand.
type feed struct {
	t     testing.TB
	state *State
	hist  *History
	seq   uint64
	all   []Observation
}

func newFeed(t testing.TB) *feed {
	f := &feed{t: t, state: NewState(), hist: NewHistory(HistoryOptions{})}
	f.publish(0, Source{Kind: FromMonitor}, &Session{
		Run: "r", Cluster: Clean("test"), Interval: time.Second, Speed: 1,
		Primary:    NodeSpec{ID: "node1", Metrics: true},
		Replicas:   []NodeSpec{{ID: "node2", Metrics: true, Host: true, RPC: Clean("10.0.0.2:18182")}, {ID: "node3", Metrics: true}},
		Thresholds: Thresholds{5 * time.Second, 10 * time.Second, time.Minute},
	}, nil)
	return f
}

func (f *feed) publish(at time.Duration, src Source, b Body, err *Failure) {
	f.seq++
	o := Observation{
		Seq: f.seq, Received: t0.Add(at), Mono: at, Taken: t0.Add(at), Took: 2 * time.Millisecond,
		Source: src, Body: b, Err: err,
	}
	f.all = append(f.all, o)
	f.state.Apply(&o)
	f.hist.Apply(&o, f.state)
}

func allFamilies() Families { return 1<<NumFamilies - 1 }

// primary publishes a scrape of the primary: its count, and lags by replica.
func (f *feed) primary(at time.Duration, count float64, lags map[NodeID]float64) {
	r := &MetricsReading{Asked: allFamilies(), Samples: []Sample{{Family: FamilyAssertions, Value: count}}}
	for _, id := range sortedKeys(lags) {
		r.Samples = append(r.Samples, Sample{Family: FamilyLag, Replica: id, Value: lags[id]})
	}
	f.publish(at, Source{FromMetrics, "node1"}, r, nil)
}

func (f *feed) replica(id NodeID, at time.Duration, count float64) {
	f.publish(at, Source{FromMetrics, id}, &MetricsReading{
		Asked: allFamilies(), Samples: []Sample{{Family: FamilyAssertions, Value: count}},
	}, nil)
}

func (f *feed) at(at time.Duration) *Snapshot { return f.state.Snapshot(t0.Add(at), f.hist) }

func (f *feed) lag(id NodeID, at time.Duration) Lag {
	f.t.Helper()
	r := f.at(at).Replica(id)
	if r == nil {
		f.t.Fatalf("no replica %q", id)
	}
	return r.Lag
}

func sec(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func wantFigure(t testing.TB, name string, f Figure, want float64) {
	t.Helper()
	v, ok := f.Value()
	if !ok || v < want-1e-6*(1+want) || v > want+1e-6*(1+want) {
		t.Errorf("%s = %v (known %v), want %v", name, v, ok, want)
	}
}

func wantUnknown(t testing.TB, name string, f Figure) {
	t.Helper()
	if v, ok := f.Value(); ok {
		t.Errorf("%s = %v, want unknown", name, v)
	}
}
