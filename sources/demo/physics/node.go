package physics

import (
	"fmt"
	"time"
)

// Node is one node of the cluster. What is exported is to be read only.
type Node struct {
	Index   int    // 0 is the primary
	ID      string // node1, node2, ...
	AgentID string // the name that its circuit breaker goes by; empty on the primary

	// Received are the assertions that reached the replica's WAL, Applied those
	// indexed. On the primary both are what was produced.
	Received, Applied uint64
	SentBytes         uint64 // from the primary to this replica, replication only
	Resent            uint64 // TCP segments of those that had to be sent again

	Breaker Breaker
	Sync    Sync
	Process Process
	Host    *Host // nil if it has none

	disk, cpu, net       float64 // capacity as a part of a healthy node's
	trouble              trouble
	frozen               *float64 // the lag that is reported for ever; nil if it is not
	lagOff               float64  // s, by which the reported lag is wrong
	receiveTok, applyTok float64  // fractions of an assertion carried to the next step
	syncTok              float64
	resentTok            float64 // likewise, of a segment
	pressed              bool    // its disk or processor, not what comes, bounds what it receives
	stream               uint64  // of its noise
}

// NodeID returns the id of node i: node1 is the primary, node 0.
func NodeID(i int) string { return fmt.Sprintf("node%d", i+1) }

func newNode(w *World, i int, host bool) *Node {
	n := &Node{
		Index: i, ID: NodeID(i), disk: 1, cpu: 1, net: 1,
		stream: uint64(nodeStream + i),
	}
	n.Process = newProcess(w.seed, n.stream)
	if host {
		n.Host = newHost(w.seed, n.stream)
	}
	n.Received, n.Applied = w.produced, w.produced
	if i == 0 {
		return n
	}
	n.AgentID = "agent-" + n.ID
	n.Received = w.log.producedBy(-transitDelay)
	n.Applied = n.Received
	n.SentBytes = uint64((1 + noise(w.seed, n.stream, 1)/20) * 9e10)
	n.Sync = newSync(i)
	return n
}

// work is what a replica did in one step.
type work struct {
	received, applied uint64
	disk, cpu         float64 // units, syncing included
	syncBytes         float64
}

// replicate lets replica n receive and apply for one step, and returns the
// bytes that the primary sent to it.
func (w *World) replicate(n *Node) uint64 {
	w.stepProcess(n)
	var did work
	if n.Process.Up {
		diskLeft := n.disk * diskUnits * stepSeconds * (1 + 0.03*noise(w.seed, n.stream, w.k))
		diskLeft *= 1 - n.trouble.ioStall
		cpuLeft := n.cpu * n.trouble.cores() * cpuUnits * stepSeconds
		w.stepSync(n, &did, diskLeft)
		w.receive(n, &did, min(diskLeft, cpuLeft))
		n.apply(&did, diskLeft, cpuLeft)
	}
	sent := did.received*assertionBytes + uint64(did.syncBytes)
	n.SentBytes += sent
	n.resend(sent)
	n.stepHost(w, did)
	return sent
}

// receive takes what has come over the network into the WAL.
func (w *World) receive(n *Node, did *work, units float64) {
	n.pressed = false
	if n.Breaker.Open {
		n.receiveTok = 0
		return
	}
	comes, can := min(n.net*netRate, w.sendRate())*stepSeconds, receiveShare*units/receiveCost
	arrived := w.log.producedBy(w.now - n.delay(w))
	did.received = take(&n.receiveTok, min(comes, can), arrived, n.Received)
	n.Received += did.received
	n.pressed = can < comes && n.Received < arrived
	did.disk += receiveCost * float64(did.received)
	did.cpu += receiveCost * float64(did.received)
}

// apply indexes from the WAL with what receiving left.
func (n *Node) apply(did *work, disk, cpu float64) {
	capacity := max(0, min(disk-did.disk, cpu-did.cpu)/applyCost) * n.Sync.applyFactor()
	applied := take(&n.applyTok, capacity, n.Received, n.Applied)
	n.Applied += applied
	did.applied += applied
	did.disk += applyCost * float64(applied)
	did.cpu += applyCost * float64(applied)
}

// delay is the way from the primary: batching and transit, more on a bad link.
func (n *Node) delay(w *World) time.Duration {
	d := float64(transitDelay) * (1 + 0.4*wave(w.seed, n.stream, w.k))
	if n.net < 1 {
		d *= 3
	}
	return time.Duration(d)
}

// take returns how many of the assertions between done and upTo can be handled
// with capacity more tokens. Tokens that find no work are lost, but for one.
func take(tokens *float64, capacity float64, upTo, done uint64) uint64 {
	*tokens += capacity
	if upTo <= done {
		*tokens = min(*tokens, 1)
		return 0
	}
	n := min(uint64(*tokens), upTo-done)
	*tokens -= float64(n)
	if n == upTo-done {
		*tokens = min(*tokens, 1)
	}
	return n
}
