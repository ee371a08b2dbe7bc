package physics

import "time"

// What a packet and its answer meet between the primary and a replica: within a
// data centre, and on a path in trouble.
const (
	normalTrip = 320 * time.Microsecond
	badTrip    = 48 * time.Millisecond
	badLoss    = 0.12
)

// SegmentBytes is what a TCP segment of the replication carries.
const SegmentBytes = 1448

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

// BestTrip is what a packet and its answer meet where nothing is wrong.
const BestTrip = normalTrip

// resend counts the segments of so many bytes that were lost on the way.
func (n *Node) resend(sent uint64) {
	if n.net >= 1 {
		return
	}
	n.resentTok += badLoss * float64(sent) / SegmentBytes
	whole := uint64(n.resentTok)
	n.Resent += whole
	n.resentTok -= float64(whole)
}

// receiveBuffer is what the kernel of a replica keeps of what came, in bytes: half
// of Linux's default, which does not grow for a program that reads slowly.
const receiveBuffer = 64 << 10

// Unread returns how many bytes came to n that it has no time to read.
func (w *World) Unread(n *Node) uint64 {
	if !n.pressed {
		return 0
	}
	return min(receiveBuffer, w.Backlog(n))
}

// Backlog returns how many bytes wait at the primary to be sent to n.
func (w *World) Backlog(n *Node) uint64 {
	if n.Breaker.Open || w.produced <= n.Received {
		return 0
	}
	return (w.produced - n.Received) * assertionBytes
}
