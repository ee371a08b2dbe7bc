package cluster

import "time"

// ProbeMethod is how a round trip was measured.
type ProbeMethod uint8

// The methods. Their numbers are recorded: append only.
const (
	ProbeNone ProbeMethod = iota
	ProbeICMP             // echo request
	ProbeTCP              // time to connect to the RPC port
)

// String returns the word for the method.
func (m ProbeMethod) String() string {
	switch m {
	case ProbeICMP:
		return "icmp"
	case ProbeTCP:
		return "tcp"
	case ProbeNone:
	}
	return "none"
}

// PortState is what connecting to a TCP port told.
type PortState uint8

// The states of a port, each told apart. Their numbers are recorded: append only.
const (
	PortUnknown     PortState = iota
	PortOpen                  // accepted
	PortClosed                // refused: the host answers, nobody listens
	PortFiltered              // no answer: dropped on the way, or a full backlog
	PortUnreachable           // a router or firewall says so
	PortNoRoute               // this machine has no way there
)

// String returns the word for the state.
func (s PortState) String() string {
	if s > PortNoRoute {
		return "unknown"
	}
	return [...]string{"unknown", "open", "closed", "filtered", "unreachable", "no route"}[s]
}

// ProbeReading is one round of probing a node over the network, from the monitor.
type ProbeReading struct {
	Method ProbeMethod
	Sent   int             // probes in this round
	RTTs   []time.Duration // of those that came back, in order
	Why    Text            // why it is not ICMP, where it is not

	Port    PortState // of the RPC port
	PortWhy Text      // what the system said, where it is not open
}

// ProbePoint is one probe of a round: how long it took, or that it was lost.
type ProbePoint struct {
	Taken time.Time
	RTT   time.Duration
	Lost  bool
}

// ProbeRecall is the memory of one node's probes, oldest first.
type ProbeRecall struct {
	Node   NodeID
	Points []ProbePoint
}

// Network is how a replica is reached: from the monitor, but where a field says
// otherwise.
type Network struct {
	Access
	Method                ProbeMethod
	MethodWhy             Text   // why it is not ICMP
	RTT, Min, Median, P95 Figure // ms; of the newest probe, and of those remembered
	Jitter                Figure // ms, mean difference between neighbours (RFC 3550 calls it interarrival jitter)
	Loss                  Figure // percent of those remembered
	Probes                int    // how many are remembered
	Ceased                bool   // what was lost was so in a while that is over
	Port                  PortState
	PortWhy               Text

	Kernel Kernel // by the connections themselves; not from the monitor
	Trace  Trace  // hop by hop from there, where somebody asked
	Peer   Peer   // from the primary's host: the path that matters
}
