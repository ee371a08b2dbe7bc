package cluster

import (
	"testing"
	"time"
)

// TestAfterTheClockWasSet: rates, lags and ages go on as if nothing had happened, and
// what is not read any more grows old from then on.
func TestAfterTheClockWasSet(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		f := newFeed(t)
		count, own := 0.0, 0.0
		round := func(at time.Duration, ingest, applies float64) {
			count, own = count+ingest, own+applies
			f.primary(at, count, map[NodeID]float64{"node2": 3, "node3": 30.5})
			f.replica("node2", at+time.Millisecond, own)
		}
		for i := range 20 {
			round(sec(float64(i)), 1000, 800)
		}
		if by > 0 { // the machine slept, and they went on
			count, own = count+3600*1000, own+3600*800
		}
		f.publish(sec(19.5)+by, Source{Kind: FromMonitor}, &ClockStep{By: by}, nil)
		for i := range 3 {
			round(sec(20+float64(i))+by, 1000, 800)
			s := f.at(sec(20+float64(i)) + by + 10*time.Millisecond)
			if by < 0 || i > 0 { // after a gap a rate takes two readings
				wantFigure(t, "ingest", s.Primary.IngestPerSecond, 1000)
				wantFigure(t, "applies", s.Replica("node2").Assertions.PerSecond, 800)
			} else if s.Primary.IngestPerSecond.Known() {
				t.Errorf("a rate over a gap: %v", s.Primary.IngestPerSecond)
			}
			if l := s.Replica("node2").Lag; l.Age < 0 || l.Age > time.Second {
				t.Errorf("set by %v: a lag of %v ago", by, l.Age)
			}
		}
		for i := range 12 {
			round(sec(23+float64(i))+by, 100, 90)
		}
		s := f.at(sec(34.1) + by)
		wantFigure(t, "later: ingest", s.Primary.IngestPerSecond, 100)
		wantFigure(t, "later: applies", s.Replica("node2").Assertions.PerSecond, 90)
		// One that was read last before the clock was set is as old as it looks, or older
		// where the machine may have slept.
		g := newFeed(t)
		g.primary(0, 5, map[NodeID]float64{"node2": 3})
		g.publish(sec(0.5)+by, Source{Kind: FromMonitor}, &ClockStep{By: by}, nil)
		if l := g.lag("node2", sec(10)+by); l.State != LagStale || l.Age < sec(9) || l.Age > sec(11)+max(0, by) {
			t.Errorf("set by %v: %+v", by, l)
		}
		var raw int
		for _, b := range f.at(sec(34)+by).Series.Buckets("node2", QuantityLag, t0.Add(sec(34)+by), sec(5), 4) {
			raw += b.N
		}
		if raw < 14 {
			t.Errorf("set by %v: %d points in the last 20 s of the chart", by, raw)
		}
	}
}

// TestCorruptionOverAStep: what was reported stays reported, and a figure that is not
// known after a gap is none.
func TestCorruptionOverAStep(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, 10 * time.Minute} {
		f := newFeed(t)
		f.primary(0, 5, map[NodeID]float64{"node2": 1})
		for i, n := range []float64{0, 2} {
			f.publish(sec(float64(i)), Source{FromMetrics, "node1"}, &MetricsReading{Asked: allFamilies(), Samples: []Sample{
				{FamilySyncErrors, "node2", 10 * n}, {FamilySyncDurationSum, "node2", n}, {FamilySyncDurationCount, "node2", n}, {FamilyCorruption, "node2", n},
			}}, nil)
		}
		f.publish(sec(2)+by, Source{Kind: FromMonitor}, &ClockStep{By: by}, nil)
		y := f.at(sec(2) + by).Replica("node2").Sync
		wantFigure(t, "corruptions", y.Corruptions, 2)
		wantFigure(t, "new corruptions", y.NewCorruptions, 2)
		if by > 0 && (y.ErrorsPerSecond.Known() || y.LastDuration.Known()) {
			t.Errorf("over a gap: %+v", y)
		}
	}
}
