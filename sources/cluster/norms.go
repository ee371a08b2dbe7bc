package cluster

import "time"

// Norms are what was normal for the nodes of this cluster in earlier recordings,
// read once at the start of a run.
type Norms struct {
	// Recordings is how many were used; 0 says that none could be.
	Recordings int
	From, To   time.Time // of the healthy time in them, the oldest and the newest
	Nodes      []NodeNorms
}

// NodeNorms are the norms of one node.
type NodeNorms struct {
	Node NodeID
	// Cores and Rotational, of the WAL's device, are what its host was then: on
	// other hardware other things are normal. Known is false where neither is known.
	Cores      int
	Rotational bool
	Known      bool
	Norms      []Norm
}

// Norm is the normal of one sensor, in the sensor's unit.
type Norm struct {
	Sensor string // the judge's name of it; recorded, so it never changes
	Mid    float64
	Spread float64 // comparable with a standard deviation
}

func (*Norms) body() {}
