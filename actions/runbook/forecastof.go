package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// forecastReadings is how many readings a forecast is of at most.
const forecastReadings = 120

// ForecastOf forecasts a replica's lag from the last two minutes of its readings,
// or from as many of them where they come less often than every second, but from
// none before the last action, which may have changed where it goes. A lag that
// is not live goes nowhere that is known.
func ForecastOf(s *cluster.Snapshot, r *cluster.Replica) Forecast {
	limits := limitsOf(s)
	v, known := r.Lag.Seconds.Value()
	if r.Lag.State != cluster.LagLive || !known || s.Series == nil {
		return Forecast{At: s.At, Limits: limits, Gone: true}
	}
	if v <= limits.CaughtUp {
		return Forecast{At: s.At, Limits: limits, CaughtUp: true}
	}
	// Readings come at about the same phase of each bucket.
	width := lagWidth(s)
	phase := r.Lag.Taken.Sub(r.Lag.Taken.Truncate(width))
	return Predict(lagPoints(s, r.ID, s.At, phase), s.Touched(), s.At, limits)
}

// limitsOf are what the forecasts of a cluster are about.
func limitsOf(s *cluster.Snapshot) ForecastLimits {
	return ForecastLimits{CaughtUp: 1, Escalate: orDefault(s.Session.Thresholds.Escalate.Seconds(), 60)}
}

func lagWidth(s *cluster.Snapshot) time.Duration { return max(s.Interval, time.Second) }

// lagPoints are the last readings of a lag as of at, each at the given phase of
// its bucket.
func lagPoints(s *cluster.Snapshot, id cluster.NodeID, at time.Time, phase time.Duration) []Point {
	points := make([]Point, 0, forecastReadings)
	for _, b := range s.Series.Buckets(id, cluster.QuantityLag, at, lagWidth(s), forecastReadings) {
		if b.N == 0 {
			continue
		}
		taken := b.From.Add(phase)
		if taken.After(at) {
			taken = at
		}
		points = append(points, Point{At: taken, Seconds: b.Last})
	}
	return points
}
