package main

import "github.com/stemedb/stemetop/sources/cluster"

// newReportNetwork is how the monitor reaches the replica, and where that is not
// known how the primary's host does: a monitor may stand where it reaches nobody.
// It leaves the round trip out when the newest probe was lost. The
// schema has one word for every port that lets nobody in without refusing.
func newReportNetwork(n *cluster.Network) reportNetwork {
	rtt, loss, state := n.RTT, n.Loss, n.Port
	if byPeer(n) {
		t, _ := n.Peer.Trips()
		rtt, loss, state = t.RTT, t.Loss, n.Peer.Port
	}
	port := state.String()
	switch state {
	case cluster.PortUnreachable:
		port = cluster.PortFiltered.String()
	case cluster.PortNoRoute:
		port = unknown
	case cluster.PortUnknown, cluster.PortOpen, cluster.PortClosed, cluster.PortFiltered:
	}
	return reportNetwork{rtt, loss, port}
}

// byPeer tells whether the way to a replica is told by the primary's host.
func byPeer(n *cluster.Network) bool {
	_, by := n.Peer.Trips()
	return !n.Reachable && (by != "" || n.Peer.Port != cluster.PortUnknown)
}

// networkWhy is why a figure of the way to a replica is missing; empty if none is.
func networkWhy(n *cluster.Network) cluster.Text {
	r := newReportNetwork(n)
	switch {
	case r.RTT.Known() && r.Loss.Known():
		return cluster.Text{}
	case n.Reachable, byPeer(n) && r.Loss.Known():
		return cluster.Clean("network: the newest probe was lost")
	case byPeer(n) && r.RTT.Known():
		return cluster.Clean("network: a forwarded connection tells no loss")
	case byPeer(n):
		return cluster.Clean("network: no round trip from the primary's host yet")
	}
	return cluster.Clean("network: " + accessError(n.Access).String())
}
