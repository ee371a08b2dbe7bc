package cluster

import "time"

// Kernel is what the kernels at both ends tell of the RPC connections between the
// primary and a replica: the path that replication takes, unlike what the monitor
// probes.
type Kernel struct {
	Primary Flow // as the primary's host tells, where "sent" is what goes to the replica
	Replica Flow // as the replica's host tells, where "received" is what comes from the primary
}

// Flow is what one host tells of its connections to another node, all together.
type Flow struct {
	// Known tells whether the host listed its connections; nothing below but Why
	// means anything if not. No connection at all is known: then it is 0 of them.
	Known bool
	// Why says why it is not known, or why a rate is not.
	Why         Text
	At          time.Time // when they were listed
	Via         Text      // "ss" or "proc"; see SocketReading
	Connections int       // established
	Opening     int       // being opened, with no answer yet: a firewall that drops shows like this

	Interval                                   time.Duration // host time below the rates; 0 if there are none
	SentBytesPerSecond, ReceivedBytesPerSecond Figure
	RetransmissionsPerSecond                   Figure
	Retransmitted                              Figure // percent of the segments sent between the two readings; unknown if there were none

	// Of the connection that sent the most between the two readings. RTT is
	// unknown where nothing was sent for so long that it tells of the past.
	RTT, RTTVar, MinRTT Figure // ms
	Cwnd, Unacked       Figure // segments

	SendQueue Figure // bytes that the other end has not acknowledged, of all connections
	NotSent   Figure // bytes of those that were not sent yet
	// Withheld is how many bytes wait to be sent on an established connection while
	// nothing is on its way: the other end takes no more. On a way that lets nothing
	// through what was sent last would be. In both of the last two readings, of the
	// connection with the most; unknown after a single one, or where it isn't told.
	Withheld Figure
	// RecvQueue is how many bytes that came the program here has not read, of the
	// established connection that has the most: in both of the last two readings,
	// since one that reads has some before it at any moment. Where more came on any
	// between them, it is of those. Unknown after a single reading.
	RecvQueue Figure
	// RecvQueueNow is the same in the last reading alone, of any of them.
	RecvQueueNow Figure
}

// Sockets is how the connections of a host's RPC ports stand as a whole.
type Sockets struct {
	Known     bool
	Why       Text // why not, or why less is told than could be
	At        time.Time
	Via       Text
	Total     int             // connections listed
	Unmatched []UnmatchedPeer // that belong to no node that is known
}

// UnmatchedPeer is another end that could not be joined to a node.
type UnmatchedPeer struct {
	Address     Text // without port
	Connections int
	Why         Text
}
