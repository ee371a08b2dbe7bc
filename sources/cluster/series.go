package cluster

import "time"

// Quantity is a number that is kept over time.
type Quantity uint8

// The quantities of the history.
const (
	QuantityLag       Quantity = iota // seconds, replica, as the primary told it
	QuantityRate                      // assertions per second: applied by a replica, taken in by the primary
	QuantityCPU                       // percent busy (100 less idle and iowait), host
	QuantityIOWait                    // percent, host
	QuantityDiskUtil                  // percent, the WAL device of a host, else its busiest
	QuantityDiskAwait                 // ms, mean wait of the same device's requests
	QuantityNetTx                     // bytes/s, all interfaces but lo
	NumQuantities     = int(QuantityNetTx) + 1
)

// Bucket is a span of a series. N is 0 where nothing was measured: a gap, drawn
// as one. From is aligned to wall time, so that only the last bucket of a chart
// changes until it closes.
type Bucket struct {
	From           time.Time
	N              int
	Min, Max, Last float64
	// Taken is when Last was read; of a coarse step its beginning. Zero where Last
	// is an earlier bucket's, held for the eye: that is no reading.
	Taken time.Time
}

// Series answers what was measured over time. Implementations are safe for use
// beside the one writer.
type Series interface {
	// Buckets returns n buckets of the given width; the last holds to, its start
	// being aligned to a multiple of width in Unix time. Nothing received after
	// to is in them.
	Buckets(node NodeID, q Quantity, to time.Time, width time.Duration, n int) []Bucket
	// Span returns the time of the oldest and of the newest point of a series;
	// zero times if there is none.
	Span(node NodeID, q Quantity) (oldest, newest time.Time)
	// Lines returns the newest lines of a node's log that were received until to,
	// in the order of the log: those of the last minutes, at most a few hundred.
	// The caller must not change them.
	Lines(node NodeID, to time.Time) []HeardLine
}
