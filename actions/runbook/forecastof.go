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
	limits := ForecastLimits{Escalate: s.Session.Thresholds.Escalate.Seconds()}
	v, known := r.Lag.Seconds.Value()
	if r.Lag.State != cluster.LagLive || !known || s.Series == nil {
		return Forecast{At: s.At, Limits: limits, Gone: true}
	}
	if v <= orDefault(limits.CaughtUp, 1) {
		return Forecast{At: s.At, Limits: limits, CaughtUp: true}
	}
	width := max(s.Interval, time.Second)
	// Readings come at about the same phase of each bucket.
	phase := r.Lag.Taken.Sub(r.Lag.Taken.Truncate(width))
	points := make([]Point, 0, forecastReadings)
	for _, b := range s.Series.Buckets(r.ID, cluster.QuantityLag, s.At, width, forecastReadings) {
		if b.N == 0 {
			continue
		}
		at := b.From.Add(phase)
		if at.After(s.At) {
			at = s.At
		}
		points = append(points, Point{At: at, Seconds: b.Last})
	}
	return Predict(points, s.Touched(), s.At, limits)
}
