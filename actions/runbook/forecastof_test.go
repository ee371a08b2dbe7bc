package runbook

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestForecastOfLateReadings: a monitor or a network that is busy answers late
// now and then, and the gauge moved on meanwhile. A steady recovery is forecast
// all the same, at every look and rightly.
func TestForecastOfLateReadings(t *testing.T) {
	const pace, from = -0.5, 240.0 // seconds per second, seconds
	for _, late := range []float64{0, 0.05, 0.2} {
		rnd := rand.New(rand.NewPCG(1, uint64(late*100)))
		state, history := cluster.NewState(), cluster.NewHistory(cluster.HistoryOptions{})
		apply := func(o cluster.Observation) {
			state.Apply(&o)
			history.Apply(&o, state)
		}
		apply(cluster.Observation{Received: now, Taken: now, Source: cluster.Source{Kind: cluster.FromMonitor}, Body: &cluster.Session{
			Run: "1", Interval: time.Second, Primary: cluster.NodeSpec{ID: "node1", Metrics: true}, Replicas: []cluster.NodeSpec{{ID: "node2"}},
		}})
		missed, looks, worst := 0, 0, 0.0
		for i := range 400 {
			at := now.Add(time.Duration(i)*time.Second + 37*time.Millisecond + time.Duration(rnd.IntN(3000))*time.Microsecond)
			if rnd.Float64() < late {
				at = at.Add(time.Duration(rnd.IntN(950)) * time.Millisecond)
			}
			lag := math.Round(1000*(from+pace*at.Sub(now).Seconds())) / 1000
			apply(cluster.Observation{
				Received: at, Taken: at, Source: cluster.Source{Kind: cluster.FromMetrics, Node: "node1"},
				Body: &cluster.MetricsReading{Asked: cluster.Families(0).With(cluster.FamilyLag), Samples: []cluster.Sample{{Family: cluster.FamilyLag, Replica: "node2", Value: lag}}},
			})
			if i < 60 {
				continue
			}
			s := state.Snapshot(at.Add(20*time.Millisecond), history)
			looks++
			f := ForecastOf(s, &s.Replicas[0])
			eta, ok := f.ToCaughtUp.Estimate.Value()
			if !ok {
				missed++
				continue
			}
			worst = max(worst, math.Abs(eta-(lag-1)/-pace))
		}
		t.Logf("%.0f %% late: %d of %d looks without, off by at most %.2f s", 100*late, missed, looks, worst)
		if missed > 0 || worst > 3 {
			t.Errorf("%.0f %% late: no forecast at %d of %d looks, off by %.1f s", 100*late, missed, looks, worst)
		}
	}
}
