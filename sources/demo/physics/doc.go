// Package physics is the pure model below the embedded cluster: one primary
// that ingests, replicas that receive and apply, and the hosts below them.
//
// The model, per replica: an assertion is produced on the primary, becomes
// visible to the replica after a transit delay, is received (written to its
// WAL) and then applied (indexed). Receiving and applying share the replica's
// disk and one core, so that a lower ingest rate leaves more of both for
// catching up: that is why throttling helps a saturated replica. Replication
// lag is the age of the oldest assertion not yet applied; it is 0 when there is
// none.
//
// Everything is a function of the seed, of simulated time and of the actions
// with their instants. The step is fixed, so that how often the model is asked
// to advance changes nothing. It reads no clock and starts no goroutine, and is
// not safe for concurrent use.
package physics

import "time"

// Step is the fixed time step. It is a multiple of 10 ms, since that is the
// resolution of /proc/uptime: counters and uptime then belong to one instant.
const Step = 20 * time.Millisecond

const stepSeconds = float64(Step) / float64(time.Second)

// The sizes of a healthy node. Disk and CPU are counted in work units per
// second; an assertion costs receiveCost units to receive and applyCost to
// apply on each of the two. They are chosen so that a healthy replica sustains
// 4,000 assertions a second, more than the runbook's ramp ever asks for.
const (
	normalOffered = 1500  // assertions/s that clients send
	ingestLimit   = 6600  // assertions/s, all that the primary's own CPU can take
	diskUnits     = 12000 // work units/s of a healthy disk
	cpuUnits      = 15000 // work units/s of the one core that receives and applies
	netRate       = 20000 // assertions/s over a healthy link
	sendLimit     = 3500  // assertions/s to each replica, of a primary that others begin to press
	receiveCost   = 2
	applyCost     = 1
	// receiveShare is the part of a resource that receiving may take: the
	// stream is acknowledged before it is applied, so it comes first.
	receiveShare   = 0.85
	assertionBytes = 1200 // on the wire, mean
	transitDelay   = 120 * time.Millisecond
)
