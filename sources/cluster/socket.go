package cluster

import "time"

// SocketReading is what the kernel of a host tells of the TCP connections of the
// RPC ports: those from and to one of them, whatever is at the other end. It is
// read more rarely than the counters. Raw counters, as in HostReading.
type SocketReading struct {
	Uptime time.Duration // the host's clock for rates, of the same answer
	// Via is what told: "ss"; or "proc", which knows states and queues and no
	// more; empty where nothing did.
	Via Text
	// Why says why nothing told, or why Via tells less than it could.
	Why         Text
	Cut         bool // there were more than are listed: no rates
	Connections []Connection
}

// Connection is one TCP connection at one end of it. Addresses are "10.0.0.1:18182"
// or "[fd00::1]:18182"; one of IPv4 that is mapped into IPv6 is told as IPv4, and a
// zone is left out.
type Connection struct {
	State       Text // in the words of ss: "ESTAB", "SYN-SENT", "CLOSE-WAIT", ...
	Local, Peer Text
	RecvQueue   uint64 // bytes that the program here has not read
	SendQueue   uint64 // bytes that the other end has not acknowledged, unsent ones among them

	// Told is whether the kernel told the rest (its tcp_info). Counters are since
	// the connection began.
	Told            bool
	RTT, RTTVar     time.Duration // smoothed by the kernel; 0 where it has none
	MinRTT          time.Duration // the least within the kernel's window, minutes; 0 where it has none
	LastSent        time.Duration // since data were last sent
	Cwnd, Unacked   uint32        // segments
	NotSent         uint64        // bytes of SendQueue that were not sent yet
	Counted         bool          // the kernel counts bytes: Linux 4.1 and newer
	SentBytes       uint64        // since Linux 4.19 with what was sent again, before that what was acknowledged
	ReceivedBytes   uint64
	Segments        uint64 // sent with data, also again; of Linux before 4.6 all that were sent
	Retransmissions uint64 // segments sent again
}
