// Package probe asks over the network, from the monitor, how far away a node is
// and whether its RPC port answers: what the runbook does with ping and telnet.
//
// A round is one echo request and one connect to the port, side by side, each
// with its own deadline. The connection is closed when the round ends. Where more than
// 200 nodes are probed, a port that was open is tried again only after a while, of 5 s
// with a thousand, for as long as each echo is answered at once. The echo
// goes through an unprivileged ICMP socket, else a raw one, which some collectors
// share (Pingers) and which stays open until the last of them is closed. Where
// neither is permitted, or where the port answers and echoes do not (many networks
// drop ICMP and nothing else), the time to connect is the round trip, and the
// reading says so and why. A round trip ends when the kernel has the reply, not
// when this process, on a busy machine, comes to read it.
//
// What a connect can't tell: a firewall that rejects with an RST, or with ICMP
// port-unreachable as nft and iptables do unless told otherwise, looks like a
// closed port; a full backlog, whose host stays silent, looks like a firewall
// that drops.
package probe
