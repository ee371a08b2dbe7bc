package physics

import "time"

// What a packet and its answer meet between the primary and a replica: within a
// data centre, and on a path in trouble.
const (
	normalTrip = 320 * time.Microsecond
	badTrip    = 48 * time.Millisecond
	badLoss    = 0.12
)

// Trip returns what the i-th of the packets sent now from the primary to n
// meets: how long until its answer, false if either is lost.
func (w *World) Trip(n *Node, i int) (time.Duration, bool) {
	k := w.k + uint64(i)*7919
	if n.net >= 1 {
		return time.Duration(float64(normalTrip) * (1 + 0.2*noise(w.seed, n.stream, k))), true
	}
	rtt := time.Duration(float64(badTrip) * (1 + 0.6*noise(w.seed, n.stream, k)))
	return rtt, noise(w.seed, n.stream+streamLoss, k) > 2*badLoss-1
}
