// Package sources brings observations in and hands them on: collectors, their
// polling, the one stream with its readers, and the clock they all share. What
// is read lives in the packages below: metrics, host, ssh, recording, demo.
package sources

import (
	"context"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Reading is what one attempt of a collector gave. Its times are the
// collector's own; the stream adds when it came in.
type Reading struct {
	Taken time.Time        // estimate of the instant it describes
	Took  time.Duration    // from asking to the whole answer
	Body  cluster.Body     // nil if nothing was learned
	Err   *cluster.Failure // nil for a complete and valid reading
}

// Collector takes readings of one source of one node. It keeps no history.
// Collect is never called twice at once; it returns by itself when ctx ends.
// It gives one reading, or several when more became known at once (facts and
// counters of a host).
type Collector interface {
	Source() cluster.Source
	Collect(ctx context.Context) []Reading
	// Close frees what is held between readings (connections, children).
	Close() error
}
