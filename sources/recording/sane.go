package recording

import (
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// sane takes out of a decoded body the enumerated values that this version does
// not have: they come from a newer one, or from a file made to do harm.
func sane(b cluster.Body) {
	switch b := b.(type) {
	case *cluster.MetricsReading:
		b.Unit = known(b.Unit, cluster.ProgressPercent)
		b.Samples = slices.DeleteFunc(b.Samples, func(s cluster.Sample) bool { return !isFamily(s.Family) })
	case *cluster.Session:
		b.ProgressUnit = known(b.ProgressUnit, cluster.ProgressPercent)
		b.Version = cluster.Clean(b.Version).String()
		b.Run = cluster.Clean(b.Run).String()
	case *cluster.ProbeReading:
		b.Method, b.Port = known(b.Method, cluster.ProbeTCP), known(b.Port, cluster.PortNoRoute)
	case *cluster.AlertChange:
		b.State, b.Was = known(b.State, cluster.AlertFiring), known(b.Was, cluster.AlertFiring)
	case *cluster.Verdict:
		b.Cause, b.Confidence = known(b.Cause, cluster.CauseMeasurement), known(b.Confidence, cluster.ConfidenceLikely)
	case *cluster.Recall:
		b.Counts = slices.DeleteFunc(b.Counts, func(c cluster.CountRecall) bool { return !isFamily(c.Family) })
		for i := range b.Lags {
			b.Lags[i].State = known(b.Lags[i].State, cluster.LagLive)
		}
		for i := range b.Syncs {
			b.Syncs[i].State = known(b.Syncs[i].State, cluster.SyncStalled)
			b.Syncs[i].Unit = known(b.Syncs[i].Unit, cluster.ProgressPercent)
		}
	}
}

func isFamily(f cluster.Family) bool { return int(f) < cluster.NumFamilies }

// known returns v, or the zero value, which says unknown, if v is above the last.
func known[E ~uint8](v, last E) E {
	if v > last {
		return 0
	}
	return v
}
