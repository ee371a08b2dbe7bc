package demo

import (
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// What the runbook's metrics say of themselves.
const (
	helpLag        = "Age of the oldest assertion that the replica has not applied."
	helpAssertions = "Assertions indexed by this node."
	helpProgress   = "Progress of the Merkle sync as a ratio from 0 to 1; 1 when the last one completed."
	helpErrors     = "Merkle syncs that failed."
	helpDuration   = "Duration of completed Merkle syncs."
	helpSent       = "Bytes sent for replication."
	helpCorruption = "Merkle syncs that reported corruption."
)

// live appends the families that change: those of the runbook, and of the
// process. The rest of a page never changes and is built once (still).
func (e *encoder) live(s *sim, w *physics.World, n *physics.Node) {
	e.process(s, n)
	e.family("stemedb_assertions_indexed_total", counter, helpAssertions)
	e.count(n.Applied, "stemedb_assertions_indexed_total")
	replicas, label := []*physics.Node{n}, false
	if n.Index == 0 {
		replicas, label = replicasOf(w), true
		e.primary(w, replicas)
	}
	e.sync(replicas, label)
	e.end()
}

func replicasOf(w *physics.World) []*physics.Node {
	list := make([]*physics.Node, 0, w.Len()-1)
	for i := 1; i < w.Len(); i++ {
		list = append(list, w.Node(i))
	}
	return list
}

// primary appends what only the primary knows.
func (e *encoder) primary(w *physics.World, replicas []*physics.Node) {
	const lag, sent = "stemedb_replication_lag_seconds", "stemedb_network_bytes_sent_total"
	e.family(lag, gauge, helpLag)
	for _, r := range replicas {
		e.float(w.ReportedLag(r), -1, lag, "replica", r.ID)
	}
	e.family(sent, counter, helpSent)
	for _, r := range replicas {
		e.count(r.SentBytes, sent, "replica", r.ID)
	}
	const trips = "stemedb_circuit_breaker_trips_total"
	e.family(trips, counter, "Trips of the circuit breaker of an agent.")
	for _, r := range replicas {
		e.count(r.Breaker.Trips, trips, "agent_id", r.AgentID)
	}
	if limit := w.Limit(); limit > 0 {
		e.family("stemedb_ingest_rate_limit", gauge, "Assertions per second that the admin endpoint allows.")
		e.count(uint64(limit), "stemedb_ingest_rate_limit")
	}
}

// sync appends the Merkle families: on the primary about each replica, on a
// replica about itself.
func (e *encoder) sync(replicas []*physics.Node, label bool) {
	of := func(r *physics.Node) []string {
		if label {
			return []string{"replica", r.ID}
		}
		return nil
	}
	e.family("stemedb_merkle_sync_progress", gauge, helpProgress)
	for _, r := range replicas {
		e.float(r.Sync.Progress, 4, "stemedb_merkle_sync_progress", of(r)...)
	}
	e.family("stemedb_merkle_sync_errors_total", counter, helpErrors)
	for _, r := range replicas {
		e.count(r.Sync.Errors, "stemedb_merkle_sync_errors_total", of(r)...)
	}
	e.family("stemedb_merkle_sync_corruption_total", counter, helpCorruption)
	for _, r := range replicas {
		e.count(r.Sync.Corruptions, "stemedb_merkle_sync_corruption_total", of(r)...)
	}
	e.family("stemedb_merkle_sync_duration_seconds", histogram, helpDuration)
	for _, r := range replicas {
		e.buckets(physics.SyncBounds[:], r.Sync.Buckets[:], r.Sync.SumSeconds, "stemedb_merkle_sync_duration_seconds", of(r)...)
	}
}

// process appends what every client library says of its process.
func (e *encoder) process(s *sim, n *physics.Node) {
	p := &n.Process
	e.family("process_cpu_seconds_total", counter, "Total user and system CPU time spent in seconds.")
	e.float((p.UserTicks+p.SystemTicks)/100, 2, "process_cpu_seconds_total")
	e.family("process_resident_memory_bytes", gauge, "Resident memory size in bytes.")
	e.count(p.RSSBytes, "process_resident_memory_bytes")
	e.family("process_start_time_seconds", gauge, "Start time of the process since unix epoch in seconds.")
	started := s.at(time.Duration(p.StartTicks)*10*time.Millisecond - physics.BootOffset)
	e.float(float64(started.UnixMilli())/1000, 2, "process_start_time_seconds")
}
