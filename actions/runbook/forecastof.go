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
//
// Of one that is caught up it says no more than that: TrendOf does, at the price
// of a forecast for each replica that is well.
func ForecastOf(s *cluster.Snapshot, r *cluster.Replica) Forecast {
	limits := limitsOf(s)
	if v, known := r.Lag.Seconds.Value(); known && r.Lag.State == cluster.LagLive && v <= limits.CaughtUp && s.Series != nil {
		return Forecast{At: s.At, Limits: limits, CaughtUp: true}
	}
	return TrendOf(s, r)
}

// TrendOf is ForecastOf with the slope of a lag that is caught up too.
func TrendOf(s *cluster.Snapshot, r *cluster.Replica) Forecast {
	limits := limitsOf(s)
	if r.Lag.State != cluster.LagLive || !r.Lag.Seconds.Known() || s.Series == nil {
		return Forecast{At: s.At, Limits: limits, Gone: true}
	}
	return Predict(lagPoints(s, r.ID, s.At), s.Touched(), s.At, limits)
}

// limitsOf are what the forecasts of a cluster are about.
func limitsOf(s *cluster.Snapshot) ForecastLimits {
	return ForecastLimits{CaughtUp: 1, Escalate: orDefault(s.Session.Thresholds.Escalate.Seconds(), 60)}
}

func lagWidth(s *cluster.Snapshot) time.Duration { return max(s.Interval, time.Second) }

// lagPoints are the last readings of a lag as of at, each at its own time. What
// is held for the eye until the next one comes is none: a lag that stood still
// for a moment would seem to have bent.
func lagPoints(s *cluster.Snapshot, id cluster.NodeID, at time.Time) []Point {
	points := make([]Point, 0, forecastReadings)
	for _, b := range s.Series.Buckets(id, cluster.QuantityLag, at, lagWidth(s), forecastReadings) {
		if b.N > 0 && !b.Taken.IsZero() {
			points = append(points, Point{At: b.Taken, Seconds: b.Last})
		}
	}
	return points
}
