package panes

import (
	"fmt"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// ready is a series whose buckets are there already, so that benchmarks measure
// the drawing alone.
type ready struct{ bs []cluster.Bucket }

func (r ready) Buckets(_ cluster.NodeID, _ cluster.Quantity, _ time.Time, _ time.Duration, n int) []cluster.Bucket {
	return r.bs[:min(n, len(r.bs))]
}

func (ready) Lines(cluster.NodeID, time.Time) []cluster.HeardLine { return nil }

func (ready) Span(cluster.NodeID, cluster.Quantity) (oldest, newest time.Time) { return }

func fleet(n int) *Frame {
	rs := make([]cluster.Replica, n)
	for i := range rs {
		rs[i] = live(cluster.NodeID(fmt.Sprintf("replica-%04d", i)), float64(i%13), float64(i)*100, 1500)
		rs[i].Host, rs[i].Verdict, rs[i].Network = busyHost(), diskVerdict(), linked()
		rs[i].Alerts = alerts(rs[i].ID, cluster.AlertFiring, cluster.AlertPending)
	}
	f := frame(snapshot(nil, rs...))
	f.Snap.Series = ready{fakeSeries{{"x", cluster.QuantityLag}: rising(14, 500)}.Buckets("x", cluster.QuantityLag, at, 5*time.Second, 400)}
	f.Styles, f.Forecasts = vivid(), &Forecasts{} // as for a key
	return f
}

// BenchmarkReplicas: 12 rows at most 150 us, 56 visible of 1,000 at most 500 us.
func BenchmarkReplicas(b *testing.B) {
	for _, c := range []struct{ n, w, h int }{{12, 120, 13}, {1000, 200, 57}} {
		f := fleet(c.n)
		b.Run(fmt.Sprintf("%d", c.n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Replicas(f, c.w, c.h)
			}
		})
	}
}

// BenchmarkLagChart: at most 400 us at the size it has on 120x40. Most of it is
// the canvas of ntcharts, whose cells hold a whole style each.
func BenchmarkLagChart(b *testing.B) {
	f := fleet(12)
	b.ReportAllocs()
	for b.Loop() {
		LagChart(f, 52, 11)
	}
}

// BenchmarkOverview: all panes of 120x40 with 12 replicas at most 1 ms, with
// 1,000 on 200x60 at most 2 ms.
func BenchmarkOverview(b *testing.B) {
	for _, c := range []struct{ n, w, h int }{{12, 120, 40}, {1000, 200, 60}} {
		f := fleet(c.n)
		b.Run(fmt.Sprintf("%d", c.n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				overview(f, c.w, c.h)
			}
		})
	}
}
