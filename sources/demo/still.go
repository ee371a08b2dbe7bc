package demo

import (
	"fmt"
	"math"
)

// shape is a family that stands still: a realistic page is mostly series that
// nobody watching a lag asks for, and a reader must cope with them.
type shape struct {
	name, kind, help string
	label            string
	values           []string
}

var durationBounds = []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}

// shapes lists the families; together with the live ones a page has about 500
// series in 55 kB.
func shapes() []shape {
	handlers := []string{"/v1/assert", "/v1/query", "/v1/retract", "/v1/batch", "/v1/subscribe", "/v1/health", "/v1/admin", "/metrics"}
	indexes := []string{"spo", "pos", "osp", "time", "agent", "context", "hash", "vector"}
	shards := make([]string, 16)
	for i := range shards {
		shards[i] = fmt.Sprintf("shard-%02d", i)
	}
	codes := []string{"200", "202", "204", "400", "401", "404", "409", "413", "422", "429", "500", "503"}
	gc := []string{"heap_alloc_bytes", "heap_idle_bytes", "heap_inuse_bytes", "heap_objects", "stack_inuse_bytes", "next_gc_bytes", "sys_bytes", "mspan_inuse_bytes"}
	return []shape{
		{"stemedb_http_request_duration_seconds", histogram, "Latency of HTTP requests by handler.", "handler", handlers},
		{"stemedb_index_lookup_duration_seconds", histogram, "Latency of index lookups by index.", "index", indexes},
		{"stemedb_compaction_duration_seconds", histogram, "Duration of compactions by level.", "level", []string{"0", "1", "2", "3", "4", "5"}},
		{"stemedb_wal_fsync_duration_seconds", histogram, "Duration of fsync calls on the write-ahead log by segment kind.", "kind", []string{"active", "sealed"}},
		{"stemedb_rpc_request_duration_seconds", histogram, "Latency of RPC requests between nodes by method.", "method", []string{"append", "ack", "merkle_root", "merkle_range", "snapshot"}},
		{"stemedb_http_requests_total", counter, "HTTP requests by status code.", "code", codes},
		{"stemedb_shard_assertions", gauge, "Assertions stored by shard.", "shard", shards},
		{"stemedb_shard_bytes", gauge, "Bytes stored by shard.", "shard", shards},
		{"stemedb_shard_compactions_total", counter, "Compactions by shard.", "shard", shards},
		{"stemedb_index_cache_hits_total", counter, "Hits of the index cache by index.", "index", indexes},
		{"stemedb_index_cache_misses_total", counter, "Misses of the index cache by index.", "index", indexes},
		{"stemedb_index_cache_bytes", gauge, "Size of the index cache by index.", "index", indexes},
		{"go_memstats", gauge, "Memory statistics of the runtime.", "stat", gc},
		{"go_goroutines", gauge, "Number of goroutines that currently exist.", "", []string{""}},
		{"process_open_fds", gauge, "Number of open file descriptors.", "", []string{""}},
		{"process_max_fds", gauge, "Maximum number of open file descriptors.", "", []string{""}},
	}
}

// still appends the families that never change.
func (e *encoder) still() {
	for i, s := range shapes() {
		e.family(s.name, s.kind, s.help)
		for j, value := range s.values {
			labels := []string{s.label, value}
			if s.label == "" {
				labels = nil
			}
			n := uint64(1000 * (i + 3) * (j + 7) % 99_991)
			if s.kind == histogram {
				counts := bell(n)
				e.buckets(durationBounds, counts, float64(n)*0.0217, s.name, labels...)
				continue
			}
			e.count(n, s.name, labels...)
		}
	}
}

// bell spreads n over the buckets around the fourth.
func bell(n uint64) []uint64 {
	counts := make([]uint64, len(durationBounds)+1)
	for i := range counts {
		d := float64(i) - 3.5
		counts[i] = uint64(float64(n) * 0.3 * math.Exp(-d*d/4))
	}
	return counts
}
