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
	IOStall                    // Value: 0 to 1, the part of the time that the service's I/O is held back above the device
	CoreSpeed                  // Value: 0 to 1; what the processors do in a second of theirs, as when they are too hot
	Steal                      // Value: 0 to 1, the part of the processors that a neighbour on the machine takes
	OneCore                    // Value: 0 to 1, the part of one core, not the service's, that another program takes
	ParallelReads              // Value: 0 to 1, the share of time with reads in the WAL's device, each as fast as ever
	OtherDisk                  // Value: 0 to 1, how busy another program keeps the system's disk
	LagFrozen                  // Value: 1 begins, 0 ends: the primary reports the same lag of the replica
	LagOff                     // Value: seconds by which the reported lag is wrong; may be NaN
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
	case LagFrozen:
		n.frozen = nil
		if e.Value > 0 {
			lag := w.ReportedLag(n)
			n.frozen = &lag
		}
	case LagOff:
		n.lagOff = e.Value
	default:
		n.trouble.set(e)
	}
}

// minCapacity keeps a capacity above zero: it is divided by.
const minCapacity = 0.01
