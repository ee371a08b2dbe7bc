package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// concludeAlerts appends the alerts that changed since they were last said.
func (j *Judge) concludeAlerts(s *cluster.Snapshot, out []cluster.Body) []cluster.Body {
	for i := range s.Replicas {
		for _, a := range j.alerts.Of(s.Replicas[i].ID, s.At) {
			if a.Since.IsZero() && a.Seen {
				continue // not evaluated yet
			}
			c := change(&a, s.At)
			key := saidAlert{c.Rule, c.Replica}
			if had, ok := j.said.alerts[key]; ok && sameAlert(&had, &c) {
				continue
			}
			j.said.alerts[key] = c
			out = append(out, &c)
		}
	}
	return out
}

// change puts an alert into the words of the stream.
func change(a *Alert, at time.Time) cluster.AlertChange {
	c := cluster.AlertChange{
		Rule: a.Rule.Name, Replica: a.Replica, Critical: a.Rule.Severity == SeverityCritical,
		State: recorded(a.State), Since: a.Since, Was: recorded(a.Was),
	}
	if a.State == AlertPending {
		c.FiresAt = at.Add(a.FiresIn)
	}
	return c
}

// recorded is a state as the stream numbers it, which has the worst last.
func recorded(s AlertState) cluster.AlertState {
	switch s {
	case AlertPending:
		return cluster.AlertPending
	case AlertFiring:
		return cluster.AlertFiring
	case AlertNoData:
		return cluster.AlertNoData
	default:
		return cluster.AlertInactive
	}
}

// firesSlack is by how much the instant of firing may differ and be the same: an
// evaluation that is due a little late moves it.
const firesSlack = 2 * time.Second

func sameAlert(a, b *cluster.AlertChange) bool {
	return a.State == b.State && a.Since.Equal(b.Since) && a.Was == b.Was && a.Critical == b.Critical &&
		a.FiresAt.Sub(b.FiresAt).Abs() <= firesSlack
}
