package physics

import "time"

// Kind is what an Event changes.
type Kind uint8

// The kinds of events. Capacities are parts of what a healthy node has, 1 being
// healthy; they stay until another event changes them.
const (
	DiskCapacity   Kind = iota // Value: 0 to 1
	CPUCapacity                // Value: 0 to 1; what is missing is taken by another program
	NetCapacity                // Value: 0 to 1; below 1 there is delay and loss too
	BreakerTrip                // Text: the reason
	BreakerReset               // as the cluster does by itself when a probe succeeds
	SyncFailing                // Merkle syncs fail, but for a forced one, which cures
	SyncCorruption             // Merkle syncs find corruption; nothing cures
	SyncHealthy                // ends either
	CrashLoop                  // Value: 1 begins, 0 ends: the process dies again and again while it syncs
	OfferedRate                // Value: assertions/s that clients send; cluster-wide
	LogLine                    // Text, with level WARN
)

// Event is a change of circumstances at an instant.
type Event struct {
	At    time.Duration // since the start
	Node  int           // 0 is the primary, 1 the first replica
	Kind  Kind
	Value float64
	Text  string
}

// handle applies e; an event about a node that does not exist does nothing.
func (w *World) handle(e Event) {
	if e.Node < 0 || e.Node >= len(w.nodes) {
		return
	}
	n := w.nodes[e.Node]
	switch e.Kind {
	case DiskCapacity:
		n.disk = max(minCapacity, e.Value)
	case CPUCapacity:
		n.cpu = max(minCapacity, e.Value)
	case NetCapacity:
		n.net = max(0, e.Value)
	case BreakerTrip:
		w.trip(n, e.Text)
	case BreakerReset:
		w.closeBreaker(n, "probe succeeded")
	case SyncFailing, SyncCorruption, SyncHealthy:
		n.setSyncFault(e.Kind, w.now)
	case CrashLoop:
		n.Process.crashing = e.Value > 0
		n.Process.nextFlip = w.now
	case OfferedRate:
		w.offered = e.Value
	case LogLine:
		w.logf(n, Warn, "%s", e.Text)
	}
}

// minCapacity keeps a capacity above zero: it is divided by.
const minCapacity = 0.01
