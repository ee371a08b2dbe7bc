package metrics

import (
	"fmt"

	"github.com/prometheus/common/model"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Names are what the families are called on the wire. A family with an empty
// name is not asked.
type Names struct {
	Lag          string // gauge, seconds, with the replica label
	ReplicaLabel string // the label that names the replica
	Assertions   string // counter
	SyncProgress string // gauge
	SyncErrors   string // counter
	SyncDuration string // histogram or summary, seconds: its _sum and _count are read
	SentBytes    string // counter
	Corruption   string // counter; many servers have none
	SyncDiff     string // gauge; none is known, so it is empty by default
	StartTime    string // gauge, Unix time in seconds: the client libraries' own
}

// Defaults returns the names that StemeDB uses.
func Defaults() Names {
	return Names{
		Lag:          "stemedb_replication_lag_seconds",
		ReplicaLabel: "replica",
		Assertions:   "stemedb_assertions_indexed_total",
		SyncProgress: "stemedb_merkle_sync_progress",
		SyncErrors:   "stemedb_merkle_sync_errors_total",
		SyncDuration: "stemedb_merkle_sync_duration_seconds",
		SentBytes:    "stemedb_network_bytes_sent_total",
		Corruption:   "stemedb_merkle_sync_corruption_total",
		StartTime:    "process_start_time_seconds",
	}
}

// want is one name on the wire that is read, and the family that it is.
type want struct {
	name   string
	quoted []byte // the name as it stands in quotes: {"name", ...}
	family cluster.Family
}

// wants returns what is read, in the order of the families.
func (n Names) wants() []want {
	var ws []want
	add := func(name, suffix string, f cluster.Family) {
		if name != "" {
			ws = append(ws, newWant(name+suffix, f))
		}
	}
	add(n.Lag, "", cluster.FamilyLag)
	add(n.Assertions, "", cluster.FamilyAssertions)
	add(n.SyncProgress, "", cluster.FamilySyncProgress)
	add(n.SyncErrors, "", cluster.FamilySyncErrors)
	add(n.SyncDuration, "_sum", cluster.FamilySyncDurationSum)
	add(n.SyncDuration, "_count", cluster.FamilySyncDurationCount)
	add(n.SentBytes, "", cluster.FamilySentBytes)
	add(n.Corruption, "", cluster.FamilyCorruption)
	add(n.SyncDiff, "", cluster.FamilySyncDiff)
	add(n.StartTime, "", cluster.FamilyStartTime)
	return ws
}

func newWant(name string, f cluster.Family) want {
	return want{name: name, quoted: quoteName(name), family: f}
}

// check tells whether the names can be looked for: valid, and no two the same.
func (n Names) check() error {
	seen := make(map[string]bool)
	for _, w := range n.wants() {
		if !model.UTF8Validation.IsValidMetricName(w.name) {
			return cluster.Fail(cluster.FailConfig, fmt.Sprintf("%q can't be the name of a metric", w.name), "see metrics: in the configuration")
		}
		if seen[w.name] {
			return cluster.Fail(cluster.FailConfig, fmt.Sprintf("two metrics are both called %q", w.name), "see metrics: in the configuration")
		}
		seen[w.name] = true
	}
	if !model.UTF8Validation.IsValidLabelName(n.ReplicaLabel) {
		return cluster.Fail(cluster.FailConfig, fmt.Sprintf("%q can't be the name of a label", n.ReplicaLabel), "set metrics.replica_label")
	}
	return nil
}

// isCounter tells whether the series of a family add up.
func isCounter(f cluster.Family) bool {
	switch f {
	case cluster.FamilyLag, cluster.FamilySyncProgress, cluster.FamilySyncDiff, cluster.FamilyStartTime:
		return false
	default:
		return true
	}
}
