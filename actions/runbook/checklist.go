package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// ItemState is how a step of the investigation stands.
type ItemState uint8

// The states of a step.
const (
	ItemNotLooked  ItemState = iota // no answer came yet
	ItemFine                        // looked at, and normal
	ItemFinding                     // looked at, and not
	ItemCannotKnow                  // its source fails or is not configured
)

// String returns the word for the state.
func (s ItemState) String() string {
	if s > ItemCannotKnow {
		return "unknown"
	}
	return [...]string{"not looked at", "fine", "finding", "cannot be known"}[s]
}

// Item is a step of the runbook's investigation, as the snapshot answers it.
type Item struct {
	Step     cluster.Text // the runbook's words
	State    ItemState
	Evidence cluster.Text // what was seen, or why it can't be
	At       time.Time    // when that was taken; zero if never
}

// check answers one step.
type check struct {
	step string
	// source is what the step reads.
	source func(s *cluster.Snapshot, r *cluster.Replica) cluster.Access
	// look judges what was read: the evidence, and whether it is a finding.
	// Known is false where the source answers but lacks the figure.
	look func(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool)
}

// Checklist returns the runbook's investigation of a replica, step by step, by
// what s knows; nil for a replica that is not in s.
func Checklist(s *cluster.Snapshot, replica cluster.NodeID) []Item {
	r := s.Replica(replica)
	if r == nil {
		return nil
	}
	list := make([]Item, 0, len(checks))
	for i := range checks {
		list = append(list, checks[i].item(s, r))
	}
	return list
}

func (c *check) item(s *cluster.Snapshot, r *cluster.Replica) Item {
	a := c.source(s, r)
	v := Item{Step: cluster.Clean(c.step), At: a.Newest}
	if !a.Reachable {
		v.State = ItemCannotKnow
		if a.Err != nil {
			v.Evidence = a.Err.What
			if a.Err.Kind == cluster.FailConnecting {
				v.State = ItemNotLooked
			}
		}
		return v
	}
	evidence, finding, known := c.look(s, r)
	v.Evidence = cluster.Clean(evidence)
	switch {
	case !known:
		v.State = ItemCannotKnow
	case finding:
		v.State = ItemFinding
	default:
		v.State = ItemFine
	}
	return v
}

func fromPrimary(s *cluster.Snapshot, _ *cluster.Replica) cluster.Access { return s.Primary.Metrics }
func fromAdmin(s *cluster.Snapshot, _ *cluster.Replica) cluster.Access   { return s.Primary.Admin }
func fromReplica(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access { return r.Metrics }
func fromHost(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access    { return r.Host.Access }

// checks are the steps in the runbook's order, its words first.
var checks = [...]check{
	{"1. Query replication lag metric", fromPrimary, lookAtLag},
	{"2A. Ping replica", fromPing, lookAtPing},
	{"2A. Check bandwidth usage", fromKernels, lookAtBandwidth},
	{"2A. Verify firewall rules: RPC port open", fromConnect, lookAtPort},
	{"2A. Check network path: traceroute, mtr", fromTrace, lookAtTrace},
	{"2B. Replica disk I/O: iostat -x", fromHost, lookAtDisk},
	{"2B. Check for competing I/O: iotop", fromWriters, lookAtWriters},
	{"2C. Replica CPU saturation: top", fromHost, lookAtCPU},
	{"3. Check for Merkle sync errors", fromPrimary, lookAtSyncErrors},
	{"4. Compare assertion counts", fromReplica, lookAtCounts},
	{"Check for circuit breaker trip", fromAdmin, lookAtBreaker},
	{"Monitor sync progress", fromPrimary, lookAtSync},
	{"Replica hardware matches primary", fromHost, lookAtHardware},
	{"Backpressure and RPC timeout: api.toml", fromAPIConfig, lookAtAPIConfig},
	{"Merkle sync reports corruption", fromPrimary, lookAtCorruption},
	{"Crash loop: service start and restarts", fromService, lookAtService},
}
