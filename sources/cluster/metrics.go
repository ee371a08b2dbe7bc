package cluster

import "time"

// Family is one of the metric families that stemetop reads. What they are
// called on the wire is configuration.
type Family uint8

// The families. Their numbers are recorded: append only.
const (
	FamilyLag               Family = iota // seconds behind, per replica label, from the primary
	FamilyAssertions                      // counter of assertions indexed, of the node itself
	FamilySyncProgress                    // Merkle sync progress, per replica label or of the node itself
	FamilySyncErrors                      // counter of Merkle sync errors, likewise
	FamilySyncDurationSum                 // seconds, sum of the duration histogram
	FamilySyncDurationCount               // count of the duration histogram
	FamilySentBytes                       // counter of bytes sent for replication
	FamilyCorruption                      // counter of Merkle syncs that reported corruption, like that of errors
	FamilySyncDiff                        // gauge, size of the Merkle diff, per replica label or of the node itself
	FamilyStartTime                       // gauge, Unix time in seconds at which the node's process began
	NumFamilies             = int(FamilyStartTime) + 1
)

// Families is a set of Family.
type Families uint16

// Has tells whether f is in the set.
func (s Families) Has(f Family) bool { return s&(1<<f) != 0 }

// With returns the set with f added.
func (s Families) With(f Family) Families { return s | 1<<f }

// ProgressUnit says how a progress gauge counts.
type ProgressUnit uint8

// The units of progress. Their numbers are recorded: append only.
const (
	ProgressAuto    ProgressUnit = iota // not declared
	ProgressRatio                       // 0 to 1
	ProgressPercent                     // 0 to 100
)

// Sample is one series of a wanted family as the target exposed it. Value is
// raw: NaN, infinities and negatives are kept, since that they were said is a
// finding too.
type Sample struct {
	Family  Family
	Replica NodeID // the value of the replica label; empty when the series is about the scraped node
	Value   float64
}

// MetricsReading is one scrape of one target's /metrics, raw.
type MetricsReading struct {
	// Asked are the families that this scrape looked for. One that was asked and
	// has no sample in a complete reading is missing; one not asked says nothing.
	Asked Families
	// Samples are in the order of (Family, Replica); a duplicate series is an
	// error of the reading and kept out.
	Samples []Sample
	// Twice are the replicas whose lag was kept out for that reason. They are there
	// though nothing is known of their lag. Where Err is of kind FailDuplicate it
	// is about series that stand twice alone, and the reading is whole else.
	Twice []NodeID
	// Unit is the unit of the progress gauge where its HELP, UNIT or name declares it.
	Unit ProgressUnit
	// ServerDate is the target's own clock by its Date header; zero if none.
	ServerDate time.Time
}

// Value returns the sample of family f about replica (empty for the node itself).
func (m *MetricsReading) Value(f Family, replica NodeID) (float64, bool) {
	for i := range m.Samples {
		if s := &m.Samples[i]; s.Family == f && s.Replica == replica {
			return s.Value, true
		}
	}
	return 0, false
}
