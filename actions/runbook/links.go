package runbook

import (
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The runbook's own documents, where no link to them is configured.
const (
	rebuildDocument    = "docs/operations/runbooks/rebuild-replica.md"
	splitBrainDocument = "docs/operations/runbooks/split-brain.md"
)

// The names of links.
const (
	LinkRebuild    = "rebuild"
	LinkSplitBrain = "split brain"
	LinkDashboard  = "dashboard"
)

// The alerts of a Prometheus server that call for a document.
const splitBrainAlert = "ClusterSplitBrain"

// isSyncAlert tells whether an alert says that syncs fail.
func isSyncAlert(name string) bool {
	return name == "MerkleSyncFailures" || name == "MerkleSyncFailure"
}

// Link is a document or page that a finding calls for. Following it is a
// person's: a rebuild is not done here, and what justifies one is said.
type Link struct {
	Name   string       // one of the names above
	Target cluster.Text // as configured, else the runbook's own document
	Facts  cluster.Text // that call for it; empty for the dashboard
}

// Words says what the link is for, where it leads and why.
func (l Link) Words() string {
	words := l.Name + ": " + l.Target.String()
	if !l.Facts.IsZero() {
		words += " (" + l.Facts.String() + ")"
	}
	return words
}

// Links returns what the state of a replica calls for: the rebuild where its lag
// is over the limit of escalation or its syncs fail repeatedly, the split brain
// where that alert is there, and the dashboard beside any finding. r may be nil,
// for the whole cluster.
func Links(s *cluster.Snapshot, r *cluster.Replica) []Link {
	var list []Link
	to := &s.Session.Links
	if r != nil {
		if facts := rebuildFacts(s, r); len(facts) > 0 {
			list = append(list, Link{LinkRebuild, orText(to.Rebuild, rebuildDocument), cluster.Clean(strings.Join(facts, ", "))})
		}
	}
	if a := splitBrain(s); a != nil {
		facts := a.Name.String() + " " + a.State.String()
		if !a.Active.IsZero() {
			facts += " since " + hhmm(a.Active)
		}
		list = append(list, Link{LinkSplitBrain, orText(to.SplitBrain, splitBrainDocument), cluster.Clean(facts)})
	}
	if found := len(list) > 0 || (r != nil && sick(s, r)); found && !to.Dashboard.IsZero() {
		list = append(list, Link{Name: LinkDashboard, Target: to.Dashboard})
	}
	return list
}

func orText(t cluster.Text, otherwise string) cluster.Text {
	if t.IsZero() {
		return cluster.Clean(otherwise)
	}
	return t
}

// rebuildFacts are what justifies a rebuild of the replica; none if nothing does.
func rebuildFacts(s *cluster.Snapshot, r *cluster.Replica) []string {
	var facts []string
	limit := s.Session.Thresholds.Escalate
	lag, known := r.Lag.Seconds.Value()
	if over := known && limit > 0 && lag > limit.Seconds(); over {
		facts = append(facts, fmt.Sprintf("%s s behind, over %s s", brief(lag), brief(limit.Seconds())))
	}
	// Errors stay in the rate for five minutes after the cure; that shows by the lag.
	if rate, ok := r.Sync.ErrorsPerSecond.Value(); ok && rate > fewErrors && sick(s, r) {
		facts = append(facts, fmt.Sprintf("%.2g sync errors/s %s", rate, ErrorsOver(&r.Sync)))
	}
	for i := range r.Prometheus {
		if a := &r.Prometheus[i]; isSyncAlert(a.Name.String()) && a.State == cluster.AlertFiring {
			facts = append(facts, a.Name.String()+" fires in Prometheus")
		}
	}
	if behind, ok := r.Assertions.Behind.Value(); ok && len(facts) > 0 {
		facts = append(facts, brief(behind)+" assertions behind")
	}
	return facts
}

// splitBrain returns the alert of a split brain, of the cluster or of any
// replica, or nil.
func splitBrain(s *cluster.Snapshot) *cluster.PrometheusAlert {
	find := func(list []cluster.PrometheusAlert) *cluster.PrometheusAlert {
		for i := range list {
			if list[i].Name.String() == splitBrainAlert {
				return &list[i]
			}
		}
		return nil
	}
	if a := find(s.Prometheus.Alerts); a != nil {
		return a
	}
	for i := range s.Replicas {
		if a := find(s.Replicas[i].Prometheus); a != nil {
			return a
		}
	}
	return nil
}
