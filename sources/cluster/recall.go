package cluster

import "time"

// Recall is what a State remembers beyond the readings that a keyframe repeats.
// It stands only in keyframes.
type Recall struct {
	FirstSeen time.Time
	Lags      []LagRecall
	Counts    []CountRecall
	Syncs     []SyncRecall
	Probes    []ProbeRecall
	Peers     []PeerRecall
	Services  []ServiceRecall
	Logs      []LogRecall
	Hosts     []HostRecall
}

// LagRecall is the memory of one replica's lag gauge: how long its digits have
// stood still, and how the gap to the primary moved meanwhile.
type LagRecall struct {
	Replica            NodeID
	Seen               bool // was in the primary's series once
	Value              float64
	Equal              int       // readings in a row with the same value
	LastRun            int       // how long the run before was, if not of zeros
	EqualSince         time.Time // Taken of the first of them
	GapMin, GapMax     float64   // extremes of primary's count less replica's since then or later
	GapSkew            float64   // the greatest error of those by scrape skew
	GapKnown           bool
	Burst              float64   // the primary's greatest rate since then, between two readings
	RateMin, RateMax   float64   // extremes of the primary's rate since then, over about as long as the lag
	CountMin, CountMax float64   // extremes of the replica's own count since then
	CountTaken         time.Time // of the newest count that is in them
	CountEqual         int       // such counts in a row with the same value
	CountRun           int       // how many the run of equal counts before was
	Decimals           int       // most decimals the gauge ever showed: its resolution
	Taken              time.Time // of the last valid value
	State              LagState
	StateSince         time.Time
	Problem            Text // why the newest reading gave no valid value; empty if it did
}

// CountRecall is the recent past of one counter, oldest first, for its rate.
type CountRecall struct {
	Node    NodeID // whose /metrics
	Replica NodeID // the label; empty for the node itself
	Family  Family
	Points  []CountPoint
	Anew    bool // it fell once, by a restart or a rebuild
}

// CountPoint is one reading of a counter.
type CountPoint struct {
	Taken time.Time
	Half  time.Duration // the error of Taken: half of Took, and what was rounded
	Value float64
}

// SyncRecall is the memory of one replica's sync progress gauge.
type SyncRecall struct {
	Replica  NodeID
	Value    float64      // raw
	Max      float64      // greatest raw value ever, which tells percent from ratio
	Fraction bool         // a value between 0 and 1 was seen
	Unit     ProgressUnit // as the target declares it
	Taken    time.Time    // of the newest reading
	Moved    time.Time    // of the newest reading that differed from the one before
	State    SyncState
	Since    time.Time // since when State holds
	Problem  Text      // why State is unknown
	Began    time.Time // when the sync that runs or stands still was first seen to run
}
