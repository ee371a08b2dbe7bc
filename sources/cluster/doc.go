// Package cluster is the vocabulary and the memory of stemetop: what an
// observation is, what is known of each node as of an instant, and how rates,
// states and ages are reckoned from raw counters.
//
// It is pure: standard library only, no goroutines, no clock. Time is always an
// argument, so that the same code serves the live screen, a pause, a replay and
// a test. The flow is one way:
//
//	Observation ──▶ State.Apply ──▶ State.Snapshot(at) ──▶ panes, status, report
//	            └─▶ History.Apply ─▶ History.Buckets(series, from, to)
//
// Two rules hold everywhere. Missing is never zero: a number that may be absent
// is a Figure, and the zero Figure is unknown. Text from outside is hostile: it
// is turned into a Text where it comes in, and nothing else may be drawn.
package cluster
