package cluster

import "time"

// PeerPing is one round of ping towards a replica, run on the primary's host.
type PeerPing struct {
	Every time.Duration   // how long until the next one
	Sent  int             // 0 if none could be sent
	RTTs  []time.Duration // of those that came back, in order
	Why   Text            // why none was sent, or what the system said of those lost
	Hint  Text            // what to do about it
}

// PeerPort is what came of connecting to a replica's RPC port from the primary's
// host.
type PeerPort struct {
	Every time.Duration // how long until the next one
	Port  PortState
	By    Text // what connected: "ssh", "bash" or "nc"; empty for nothing
	Why   Text // what was said, where it is not open

	// A connection forwarded through SSH.
	Forwarded   bool
	RTT         time.Duration // of connecting, less Trip; not known unless Forwarded
	Trip        time.Duration // SSH's own round trip; likewise
	ForwardWhy  Text          // why it is not known
	ForwardHint Text          // what to do about it
}

// PeerRecall is the memory of how the primary's host reached a replica, oldest
// first.
type PeerRecall struct {
	Node            NodeID
	Pings, Forwards []ProbePoint
}

// Trips are the figures of probes of one way, by one method.
type Trips struct {
	RTT, Min, Median, P95 Figure // ms; of the newest probe, and of those remembered
	Jitter                Figure // ms, mean difference between neighbours (RFC 3550 calls it interarrival jitter)
	Loss                  Figure // percent of those remembered
	Probes                int    // how many are remembered
	Ceased                bool   // what was lost was so in a while that is over
}

// Peer is how the primary's host reaches a replica.
type Peer struct {
	Ping Access // as of ping
	Echo Trips  // by ping
	Why  Text   // why it told nothing, or what the system said of packets lost
	Hint Text

	Connect Access // as of connecting to the RPC port
	Port    PortState
	PortBy  Text
	PortWhy Text

	Forward     Trips  // by a connection forwarded through SSH, less SSH's own round trip
	SSH         Figure // ms: that round trip
	ForwardWhy  Text   // why it is not known
	ForwardHint Text
}

// Trips returns the round trips by the better of the two methods that told
// anything, and its words; empty words if neither did.
func (p *Peer) Trips() (t Trips, by string) {
	switch {
	case p.Ping.Reachable && p.Echo.Probes > 0:
		return p.Echo, "icmp"
	case p.Connect.Reachable && p.Forward.RTT.Known():
		return p.Forward, "tcp through ssh"
	}
	return Trips{}, ""
}
