package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/peer"
)

// fromPrimary appends what asks how the primary's host reaches each replica.
func (w *wiring) fromPrimary(list []sources.Collector) ([]sources.Collector, error) {
	peers, err := w.peers()
	for _, c := range peers {
		list = append(list, c)
	}
	return list, err
}

// peers are the collectors of it; none where the primary's host is not configured.
func (w *wiring) peers() ([]*peer.Collector, error) {
	p := w.nodes()[0]
	var targets []peer.Target
	for _, n := range w.config.Replicas {
		if address := w.rpc(n); address != "" {
			targets = append(targets, peer.Target{
				Node: cluster.NodeID(n.ID), Address: address, Unfit: ownAddress(address, p.ID, n.ID, p.SSH),
			})
		}
	}
	if p.SSH == "" || len(targets) == 0 {
		return nil, nil
	}
	t, err := w.transport(p)
	if err != nil {
		return nil, err
	}
	return peer.New(peer.Options{Transport: t, Clock: w.clock, Targets: targets}), nil
}

// ownAddress refuses a replica's address that means this machine, as at the end of
// a tunnel, where the primary is another: it would reach itself.
func ownAddress(address, primary, replica, ssh string) *cluster.Failure {
	if host, _, _ := net.SplitHostPort(address); !loopback(host) || loopback(sshHost(ssh)) {
		return nil
	}
	return cluster.Fail(cluster.FailConfig,
		fmt.Sprintf("%s is an address of this machine: %s would reach itself", address, primary),
		fmt.Sprintf("configure rpc: of %s as %s reaches it", replica, primary))
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// sshHost is the host of "[user@]host[:port]".
func sshHost(target string) string {
	host := target[strings.LastIndexByte(target, '@')+1:]
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}
