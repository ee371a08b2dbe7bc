package onhost

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The times of a restart.
const (
	UpWithin  = time.Minute     // of the restart, with metrics
	CrashSpan = 2 * time.Minute // in which two starts are a crash loop
	CalmFor   = 20 * time.Second
)

// Health judges a restart by what is seen of the unit afterwards. Its zero value
// with Before set is ready.
type Health struct {
	Before  *Unit
	starts  []time.Duration // distinct starts that were seen since
	healthy time.Duration   // since when it is, after the restart; 0 if it is not
}

// Finding is what is known of a restart.
type Finding uint8

// The findings.
const (
	Restarting Finding = iota // not known yet
	Healthy
	NotRestarted // the old process runs on
	Unhealthy    // not up in time, or a crash loop
)

// See takes in a look, after since the restart; u is nil where the host did not
// answer. metrics says that the primary's metrics were read since the new start.
func (h *Health) See(after time.Duration, u *Unit, metrics bool) (Finding, cluster.Text) {
	why := "the host does not answer"
	if u != nil {
		why = u.String()
		if u.Start > 0 && u.Start != h.Before.Start && !slices.Contains(h.starts, u.Start) {
			h.starts = append(slices.Clone(h.starts), u.Start) // others may have a copy
		}
	}
	fresh := len(h.starts) > 0
	up := u != nil && u.Running() && fresh && metrics
	switch {
	case !up:
		h.healthy = 0
	case h.healthy == 0:
		h.healthy = max(after, 1)
	}
	switch {
	case len(h.starts) >= 2 && after <= CrashSpan || u != nil && fresh && u.Restarts > 0 && u.Restarts != h.Before.Restarts:
		return Unhealthy, cluster.Clean("a crash loop: it started more than once in " + secs(after) + "; " + why)
	case up && after-h.healthy >= CalmFor:
		return Healthy, cluster.Clean(why + ", metrics answer")
	case up || after < UpWithin:
		return Restarting, cluster.Clean(why)
	case !fresh && u != nil && u.Running():
		return NotRestarted, cluster.Clean("the old process runs on: " + why)
	case fresh && u != nil && u.Running():
		return Unhealthy, cluster.Clean("no metrics in " + secs(UpWithin) + "; " + why)
	}
	return Unhealthy, cluster.Clean("not up in " + secs(UpWithin) + ": " + why)
}
