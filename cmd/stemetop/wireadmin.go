package main

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/admin"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/probe"
	"github.com/stemedb/stemetop/sources/web"
)

// admin is the collector of the primary's list of tripped breakers.
func (w *wiring) admin() (*admin.Collector, error) {
	a := w.config.Admin
	tls, err := web.LoadTLS(w.adminTLS())
	if err != nil {
		return nil, err
	}
	return admin.New(admin.Options{
		Node: cluster.NodeID(w.config.PrimaryID()), URL: w.adminURL(), Clock: w.clock,
		Timeout: w.config.HTTP.Timeout.D(), TLS: tls, TokenFile: home(a.TokenFile), Proxy: a.Proxy,
	})
}

// adminTLS are the files for the admin interface; those of http where it has none
// of its own.
func (w *wiring) adminTLS() web.TLSFiles {
	a, h := w.config.Admin, w.config.HTTP
	return web.TLSFiles{
		CA:   home(cmp.Or(a.CAFile, h.CAFile)),
		Cert: home(cmp.Or(a.CertFile, h.CertFile)), Key: home(cmp.Or(a.KeyFile, h.KeyFile)),
	}
}

// adminURL is the configured one, else the primary's without its path. Where a
// token is configured too, a password in the primary's URL is not for here.
func (w *wiring) adminURL() string {
	if w.config.Admin.URL != "" {
		return strings.TrimRight(w.config.Admin.URL, "/")
	}
	u, err := url.Parse(w.config.Primary.URL)
	if err != nil {
		return ""
	}
	u.Path, u.RawPath = "", ""
	if w.config.Admin.TokenFile != "" {
		u.User = nil
	}
	return u.String()
}

// probe is the collector that probes a replica over the network; nil where it is
// not known at which address its RPC port is.
func (w *wiring) probe(n config.Node) *probe.Collector {
	address := w.rpc(n)
	if address == "" {
		return nil
	}
	return probe.New(probe.Options{Node: cluster.NodeID(n.ID), Address: address, Clock: w.clock, Pingers: &w.pingers})
}

// rpc is where a node's RPC port is: as configured, else at the address of its
// metrics.
func (w *wiring) rpc(n config.Node) string {
	if n.RPC != "" {
		return n.RPC
	}
	u, err := url.Parse(n.URL)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return net.JoinHostPort(u.Hostname(), strconv.Itoa(w.config.RPCPort))
}

// rpcPorts are the ports of the RPC of all nodes, for their connections to be
// listed by: the configured one, and those of nodes that have another.
func (w *wiring) rpcPorts() []uint16 {
	ports := []uint16{uint16(w.config.RPCPort)}
	for _, n := range w.nodes() {
		_, word, err := net.SplitHostPort(w.rpc(n))
		port, bad := strconv.ParseUint(word, 10, 16)
		if err == nil && bad == nil && !slices.Contains(ports, uint16(port)) {
			ports = append(ports, uint16(port))
		}
	}
	return ports
}

// rpcNames are the names, unlike addresses, at which nodes have their RPC ports.
func (w *wiring) rpcNames() []string {
	var names []string
	for _, n := range w.nodes() {
		name, _, err := net.SplitHostPort(w.rpc(n))
		if _, bad := netip.ParseAddr(name); err == nil && bad != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
