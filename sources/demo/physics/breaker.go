package physics

import (
	"errors"
	"fmt"
	"time"
)

// Breaker is the circuit breaker of the primary for one replica: while it is
// open nothing is sent. It closes when someone resets it.
type Breaker struct {
	Open     bool
	Since    time.Duration // simulated time of the last trip
	Failures int           // consecutive failures that tripped it
	Reason   string
	Trips    uint64 // counter
}

// What an action can be refused for.
var (
	ErrUnknownReplica = errors.New("no such replica")
	ErrUnknownAgent   = errors.New("no such agent")
	ErrSyncRunning    = errors.New("a sync of this replica is already running")
)

const breakerFailures = 5

func (w *World) trip(n *Node, reason string) {
	if n.Index == 0 || n.Breaker.Open {
		return
	}
	n.Breaker = Breaker{Open: true, Since: w.now, Failures: breakerFailures, Reason: reason, Trips: n.Breaker.Trips + 1}
	w.logf(w.nodes[0], Error, "circuit breaker: tripped for %s after %d failures: %s", n.AgentID, breakerFailures, reason)
	w.logf(n, Warn, "replication: stream closed by primary")
}

func (w *World) closeBreaker(n *Node, why string) {
	if !n.Breaker.Open {
		return
	}
	n.Breaker.Open = false
	n.Breaker.Failures = 0
	w.logf(w.nodes[0], Info, "circuit breaker: closed for %s: %s", n.AgentID, why)
	w.logf(n, Info, "replication: stream resumed at assertion %d", n.Received)
}

// ResetBreaker closes the breaker of the agent, and tells whether it was open.
func (w *World) ResetBreaker(agent string) (wasOpen bool, err error) {
	for _, n := range w.nodes[1:] {
		if n.AgentID == agent {
			wasOpen = n.Breaker.Open
			w.closeBreaker(n, "reset by admin")
			return wasOpen, nil
		}
	}
	return false, fmt.Errorf("agent %q: %w", agent, ErrUnknownAgent)
}
