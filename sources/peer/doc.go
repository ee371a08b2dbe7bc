// Package peer asks how the primary's host reaches each replica: what the runbook
// does with ping and telnet there, and the path that matters, since replication
// takes it and the monitor does not.
//
// It asks in two ways, each at its slow rate and each labelled as what it is:
//
//   - ping, run on the primary's host: three packets;
//   - a TCP connection to the RPC port, which the SSH server of the primary opens
//     and closes at once (a forwarded one), without a process on the host. Its
//     time less SSH's own round trip is a round trip, and how it fails tells the
//     state of the port.
//
// Where forwarding is forbidden, or the transport can't, the port is asked by bash
// or nc on the host, and the round trip of a forwarded connection is unknown: it
// never makes a port closed. While a forwarded connection has no answer, no second
// one is asked for, as the server's system goes on trying for two minutes.
//
// All replicas share one session, and one process at a time runs on the host.
package peer
