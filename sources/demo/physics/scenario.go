package physics

import "time"

// Scenario is a named script of events.
type Scenario struct {
	Name   string
	Help   string // one line, lower case
	Events []Event
}

// What the scripts set, in words of the model. At 1,500 assertions a second a
// replica with 29 % of its disk or its core is left with a third of the apply
// rate that it needs: 10 s of lag come within 20 s. At 500 it catches up.
const (
	saturated = 0.29
	lossy     = 0.025 // of the network: 500 assertions/s
	overload  = 6000  // assertions/s, above what any replica sustains
)

// Scenarios returns all scripts, the default last.
func Scenarios() []Scenario {
	const s = time.Second
	return []Scenario{
		{"healthy", "nothing is wrong", nil},
		{"disk", "node2's WAL disk is saturated; throttling lets it catch up", []Event{
			{At: 2 * s, Node: 1, Kind: DiskCapacity, Value: saturated},
			{At: 6 * s, Node: 1, Kind: LogLine, Text: "wal: fsync took 61 ms (slow disk?)"},
		}},
		{"cpu", "a backup takes node3's processors", []Event{
			{At: 2 * s, Node: 2, Kind: CPUCapacity, Value: saturated - 0.055},
			{At: 7 * s, Node: 2, Kind: LogLine, Text: "apply: worker starved for 1.2 s"},
		}},
		{"network", "the path to node5 is slow and loses packets", []Event{
			{At: 2 * s, Node: 4, Kind: NetCapacity, Value: lossy},
			{At: 6 * s, Kind: LogLine, Text: "rpc: node5 answered after 4810 ms (rpc_timeout_ms=5000)"},
		}},
		{"breaker", "the circuit breaker of node4 tripped; a reset cures it", []Event{
			{At: 2 * s, Kind: LogLine, Text: "rpc: node4 timed out (rpc_timeout_ms=5000)"},
			{At: 3 * s, Node: 3, Kind: BreakerTrip, Text: "5 consecutive rpc timeouts"},
		}},
		{"sync-errors", "Merkle syncs of node3 fail; a forced one cures it", []Event{
			{At: 2 * s, Node: 2, Kind: SyncFailing},
		}},
		{"overload", "clients send more than any replica can apply", []Event{
			{At: 2 * s, Kind: OfferedRate, Value: overload},
			{At: 5 * s, Kind: LogLine, Text: "ingest: queue above high-water mark"},
		}},
		{"corruption", "Merkle syncs of node4 report corruption; nothing cures it", []Event{
			{At: 2 * s, Node: 3, Kind: SyncCorruption},
		}},
		{"crash-loop", "node3 crashes again and again while it syncs; nothing cures it", []Event{
			{At: 2 * s, Node: 2, Kind: CrashLoop, Value: 1},
		}},
		{"incident", "ten minutes: disk, breaker, sync errors, network, recovery", incident()},
	}
}

// incident is a story of ten minutes. Each trouble is cured by its runbook step
// at once, and by itself after a while, so that the story goes on unattended;
// it ends healthy and stays so.
func incident() []Event {
	const s = time.Second
	return []Event{
		{At: 2 * s, Node: 1, Kind: DiskCapacity, Value: saturated},
		{At: 6 * s, Node: 1, Kind: LogLine, Text: "wal: fsync took 61 ms (slow disk?)"},
		{At: 120 * s, Node: 1, Kind: DiskCapacity, Value: 0.5},
		{At: 150 * s, Node: 1, Kind: DiskCapacity, Value: 1},
		{At: 205 * s, Kind: LogLine, Text: "rpc: node4 timed out (rpc_timeout_ms=5000)"},
		{At: 210 * s, Node: 3, Kind: BreakerTrip, Text: "5 consecutive rpc timeouts"},
		{At: 285 * s, Node: 3, Kind: BreakerReset},
		{At: 330 * s, Node: 2, Kind: SyncFailing},
		{At: 400 * s, Node: 2, Kind: SyncHealthy},
		{At: 440 * s, Node: 4, Kind: NetCapacity, Value: lossy},
		{At: 446 * s, Kind: LogLine, Text: "rpc: node5 answered after 4810 ms (rpc_timeout_ms=5000)"},
		{At: 510 * s, Node: 4, Kind: NetCapacity, Value: 1},
	}
}
