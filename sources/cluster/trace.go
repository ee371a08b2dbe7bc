package cluster

import "time"

// TraceReading is the path from the primary's host to a replica, hop by hop, as far
// as it is measured by now. It is measured only while somebody looks.
type TraceReading struct {
	By        Text // what measured: "mtr", "traceroute" or "tracepath"; empty for nothing
	Why, Hint Text // why there is no path, and what to do about it
	For       time.Duration
	Hops      []Hop
	Ended     bool // nothing more comes: nobody looks any more
}

// Hop is one step of a path: the answers of whoever is so many steps away.
type Hop struct {
	TTL     int
	Address Text // of the one who answered last; empty if nobody did
	Others  int  // how many further addresses answered: the path forks or changes
	Note    Text // what it said beside that, e.g. "!X"
	// Probes of which the fate is known, and those that came back.
	Sent, Back              int
	Last, Best, Mean, Worst time.Duration // of those that came back; 0 for none
}

// Trace is the newest reading of a path, and when it was taken.
type Trace struct {
	TraceReading
	At time.Time // zero if nobody has looked
}

func (s *State) viewTrace(id NodeID) Trace {
	n := s.nodes[id]
	if n == nil || n.trace == nil {
		return Trace{}
	}
	return Trace{body[TraceReading](n.trace), n.trace.Taken}
}
