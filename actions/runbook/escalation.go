package runbook

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The contract's words for the runbook's four conditions.
const (
	reasonLag        = "lag_over_60s"
	reasonCrashLoop  = "crash_loop"
	reasonCorruption = "corruption"
	reasonSeveral    = "multiple_replicas"
)

// Reasons are the runbook's four conditions of escalation by the contract's words, in
// its order.
var Reasons = [...]string{reasonLag, reasonCrashLoop, reasonCorruption, reasonSeveral}

// ReasonWords returns what a condition of escalation means; limit is that of the lag,
// in words.
func ReasonWords(reason, limit string) string {
	switch reason {
	case reasonLag:
		return "lag over " + limit
	case reasonCrashLoop:
		return "crash loop during sync"
	case reasonCorruption:
		return "corruption reported"
	case reasonSeveral:
		return "several replicas lag at once"
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// Escalations is a fold over snapshots: the runbook's conditions for escalating,
// since when each holds, and of whom. Not safe for concurrent use.
//
// A replica whose lag is not known any more is not known to be well: it stays in
// the conditions that it was in.
type Escalations struct {
	over     map[cluster.NodeID]time.Time // lag above the limit of escalation, since
	critical map[cluster.NodeID]time.Time // lag above critical
	since    map[string]time.Time
}

// NewEscalations returns escalations of which none holds.
func NewEscalations() *Escalations {
	return &Escalations{
		over: map[cluster.NodeID]time.Time{}, critical: map[cluster.NodeID]time.Time{},
		since: map[string]time.Time{},
	}
}

// Note takes a snapshot and returns the conditions that hold, in the runbook's order.
func (e *Escalations) Note(s *cluster.Snapshot) []cluster.Escalation {
	limits := s.Session.Thresholds
	var crashed, corrupt []cluster.NodeID
	for i := range s.Replicas {
		r := &s.Replicas[i]
		above(e.over, r, limits.Escalate, s.At)
		above(e.critical, r, limits.Critical, s.At)
		if r.Host.Service.Looping() {
			crashed = append(crashed, r.ID)
		}
		if _, reported, _ := corruption(s, r); reported {
			corrupt = append(corrupt, r.ID)
		}
	}
	if s.Primary.Host.Service.Looping() {
		crashed = append(crashed, s.Primary.ID)
	}
	if primaryCorrupt(s) {
		corrupt = append(corrupt, s.Primary.ID)
	}
	several := held(s, e.critical)
	if len(several) < 2 {
		several = nil
	}
	var list []cluster.Escalation
	for _, c := range []struct {
		reason string
		nodes  []cluster.NodeID
	}{{reasonLag, held(s, e.over)}, {reasonCrashLoop, crashed}, {reasonCorruption, corrupt}, {reasonSeveral, several}} {
		if len(c.nodes) == 0 {
			delete(e.since, c.reason)
			continue
		}
		if e.since[c.reason].IsZero() {
			e.since[c.reason] = s.At
		}
		list = append(list, cluster.Escalation{Reason: cluster.Clean(c.reason), Replicas: c.nodes, Since: e.since[c.reason]})
	}
	return list
}

// above notes whether a replica's lag is above a limit. Only a live lag ends it.
func above(since map[cluster.NodeID]time.Time, r *cluster.Replica, limit time.Duration, at time.Time) {
	if r.Lag.State != cluster.LagLive || limit <= 0 {
		return
	}
	lag, _ := r.Lag.Seconds.Value()
	if lag <= limit.Seconds() {
		delete(since, r.ID)
	} else if since[r.ID].IsZero() {
		since[r.ID] = at
	}
}

// held returns the replicas in a set, in the order of the snapshot.
func held(s *cluster.Snapshot, set map[cluster.NodeID]time.Time) []cluster.NodeID {
	if len(set) == 0 {
		return nil
	}
	var list []cluster.NodeID
	for i := range s.Replicas {
		if id := s.Replicas[i].ID; !set[id].IsZero() {
			list = append(list, id)
		}
	}
	return list
}

// shift moves all times by a step of the wall clock.
func (e *Escalations) shift(by time.Duration) {
	for _, set := range []map[cluster.NodeID]time.Time{e.over, e.critical} {
		for id, t := range set {
			set[id] = t.Add(by)
		}
	}
	for reason, t := range e.since {
		e.since[reason] = t.Add(by)
	}
}
