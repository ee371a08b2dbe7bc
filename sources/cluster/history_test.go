package cluster

import (
	"math"
	"testing"
	"time"
)

func lagSeries(h *History, id NodeID, from, n int, f func(i int) Figure) {
	for i := from; i < from+n; i++ {
		h.add(id, QuantityLag, t0.Add(time.Duration(i)*time.Second), f(i))
	}
}

func TestBucketsAreAlignedAndKeepGaps(t *testing.T) {
	h := NewHistory(HistoryOptions{})
	lagSeries(h, "node2", 0, 60, func(i int) Figure {
		if i >= 20 && i < 40 {
			return Figure{}
		}
		return Known(float64(i))
	})
	b := h.Buckets("node2", QuantityLag, t0.Add(55*time.Second), 10*time.Second, 6)
	for i, want := range []struct {
		n              bool
		min, max, last float64
	}{{true, 0, 9, 9}, {true, 10, 19, 19}, {}, {}, {true, 40, 49, 49}, {true, 50, 55, 55}} {
		if !b[i].From.Equal(t0.Add(time.Duration(i) * 10 * time.Second)) {
			t.Errorf("bucket %d begins at %v", i, b[i].From)
		}
		if (b[i].N > 0) != want.n || b[i].Min != want.min || b[i].Max != want.max || b[i].Last != want.last {
			t.Errorf("bucket %d: %+v, want %+v", i, b[i], want)
		}
	}
}

func TestStepsDoNotSmearBackwards(t *testing.T) {
	h := NewHistory(HistoryOptions{})
	begin := 14 // s into the minute
	lagSeries(h, "n", begin, 40, func(i int) Figure { return Known(float64(i)) })
	b := h.Buckets("n", QuantityLag, t0.Add(59*time.Second), 2*time.Second, 30)
	for i := range b {
		from := 2 * i
		if from+1 < begin && b[i].N != 0 {
			t.Errorf("second %d, before the first reading: %+v", from, b[i])
		}
		if b[i].N != 0 && b[i].Max > float64(from+1) && from < begin+40 {
			t.Errorf("second %d: %+v", from, b[i])
		}
	}
}

func TestNarrowBucketsHoldFreshValues(t *testing.T) {
	h := NewHistory(HistoryOptions{})
	h.interval = 5 * time.Second
	h.add("n", QuantityLag, t0, Known(3))
	h.add("n", QuantityLag, t0.Add(5*time.Second), Known(4))
	b := h.Buckets("n", QuantityLag, t0.Add(29*time.Second), time.Second, 30)
	for i := range b {
		want := 3.0
		if i >= 5 {
			want = 4
		}
		if held := i < 20; held != (b[i].N > 0) || (held && b[i].Last != want) {
			t.Errorf("second %d: %+v", i, b[i])
		}
		if read := i == 0 || i == 5; read != b[i].Taken.Equal(b[i].From) || !read && !b[i].Taken.IsZero() {
			t.Errorf("second %d was read at %v", i, b[i].Taken)
		}
	}
}

func TestASpikeSurvivesADay(t *testing.T) {
	h := NewHistory(HistoryOptions{})
	lagSeries(h, "n", 0, 24*3600, func(i int) Figure {
		if i == 7000 {
			return Known(42)
		}
		return Known(1)
	})
	b := h.Buckets("n", QuantityLag, t0.Add(24*time.Hour-time.Second), time.Hour, 24)
	for i := range b {
		want := 1.0
		if i == 1 {
			want = 42
		}
		if b[i].N == 0 || b[i].Max != want || b[i].Min != 1 {
			t.Errorf("hour %d: %+v", i, b[i])
		}
	}
	if s := h.series[seriesKey{"n", QuantityLag}]; s.raw.len() != 900 || s.tiers[0].len() != 360 || s.tiers[1].len() != 720 {
		t.Errorf("kept %d points, %d and %d steps", s.raw.len(), s.tiers[0].len(), s.tiers[1].len())
	}
}

func TestHistoryCoarsensToItsCap(t *testing.T) {
	h := NewHistory(HistoryOptions{MaxBytes: 1 << 20})
	for n := range 100 {
		lagSeries(h, NodeID(rune('a'+n)), 0, 2, func(int) Figure { return Known(1) })
	}
	if got := h.shape.bytes() * int64(len(h.series)); got > 1<<20 {
		t.Errorf("full it takes %d bytes", got)
	}
	if h.Notice().IsZero() {
		t.Error("it does not say so")
	}
}

func TestMergedStepsKeepExtremes(t *testing.T) {
	h := NewHistory(HistoryOptions{})
	lagSeries(h, "n", 0, 2*3600, func(i int) Figure { return Known(float64(i % 977)) })
	wide := h.shape
	for wide.coarsen() {
	}
	s := h.series[seriesKey{"n", QuantityLag}]
	s.reshape(&wide)
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range s.tiers[1].len() {
		lo, hi = min(lo, float64(s.tiers[1].at(i).min)), max(hi, float64(s.tiers[1].at(i).max))
	}
	if lo != 0 || hi != 976 {
		t.Errorf("extremes %v to %v", lo, hi)
	}
}

func TestFailedReadingIsAHole(t *testing.T) {
	f := newFeed(t)
	for i := range 10 {
		if i == 4 || i == 5 {
			f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, nil, Fail(FailRefused, "refused", ""))
			continue
		}
		f.primary(sec(float64(i)), 1e6, map[NodeID]float64{"node2": float64(i)})
	}
	b := f.hist.Buckets("node2", QuantityLag, t0.Add(sec(9)), time.Second, 10)
	for i := range b {
		if (b[i].N > 0) != (i != 4 && i != 5) {
			t.Errorf("second %d: %+v", i, b[i])
		}
	}
}

// 24 hours at 1 s for one series; budget 100 ns a point, no allocation a point.
func BenchmarkHistoryAdd(b *testing.B) {
	h := NewHistory(HistoryOptions{})
	b.ReportAllocs()
	for i := range b.N {
		h.add("n", QuantityLag, t0.Add(time.Duration(i)*time.Second), Known(float64(i%100)))
	}
}

// A sparkline of 22 columns over 10 minutes; budget 10 µs.
func BenchmarkBuckets(b *testing.B) {
	h := NewHistory(HistoryOptions{})
	lagSeries(h, "n", 0, 24*3600, func(i int) Figure { return Known(float64(i % 100)) })
	b.ReportAllocs()
	for b.Loop() {
		h.Buckets("n", QuantityLag, t0.Add(24*time.Hour), 27*time.Second, 22)
	}
}
