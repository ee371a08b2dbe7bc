package cluster

import (
	"net/netip"
	"slices"
)

// peers is what is known of who has which address, to say whose the other end of
// a connection is.
type peers struct {
	rpc     map[netip.AddrPort][]NodeID // the RPC ports, as configured
	owner   map[netip.Addr][]NodeID     // addresses of the RPC ports and of the hosts themselves
	mirrors map[[2]netip.AddrPort][]NodeID
}

// ends are the two ends of a connection, as a host tells them.
type ends struct{ local, peer netip.AddrPort }

// endsOf reads the addresses of a connection; ok is false if they are none.
func endsOf(c *Connection) (e ends, ok bool) {
	var err1, err2 error
	e.local, err1 = netip.ParseAddrPort(c.Local.s)
	e.peer, err2 = netip.ParseAddrPort(c.Peer.s)
	return e, err1 == nil && err2 == nil
}

// peersSeenBy gathers what is known of all nodes but viewer, with names as the
// viewer's host resolves them.
func (s *State) peersSeenBy(viewer NodeID) *peers {
	p := &peers{map[netip.AddrPort][]NodeID{}, map[netip.Addr][]NodeID{}, map[[2]netip.AddrPort][]NodeID{}}
	names := map[string][]Text{}
	if n := s.nodes[viewer]; n != nil && n.hostFacts() != nil {
		for _, r := range n.hostFacts().Resolved {
			names[r.Name.s] = r.Addresses
		}
	}
	for _, spec := range append([]NodeSpec{s.session.Primary}, s.session.Replicas...) {
		if spec.ID != viewer {
			p.configured(spec, names)
			p.told(spec.ID, s.nodes[spec.ID])
		}
	}
	return p
}

// configured takes in the address of a node's RPC port, of which the host may be
// a name.
func (p *peers) configured(spec NodeSpec, names map[string][]Text) {
	host, port, ok := splitAddress(spec.RPC.s)
	if !ok {
		return
	}
	for _, a := range append(slices.Clone(names[host]), Text{host}) {
		if ip, err := netip.ParseAddr(a.s); err == nil {
			ip = ip.Unmap().WithZone("")
			at := netip.AddrPortFrom(ip, port)
			p.rpc[at] = with(p.rpc[at], spec.ID)
			p.owner[ip] = with(p.owner[ip], spec.ID)
		}
	}
}

// told takes in what a node's own host says: its addresses, and its connections
// from the other end.
func (p *peers) told(id NodeID, n *nodeState) {
	if n == nil {
		return
	}
	if f := n.hostFacts(); f != nil {
		for _, a := range f.Addresses {
			if ip, err := netip.ParseAddr(a.s); err == nil {
				p.owner[ip] = with(p.owner[ip], id)
			}
		}
	}
	for _, o := range []*Observation{n.socketBase, n.sockets} {
		r := socketReading(o)
		if r == nil {
			continue
		}
		for i := range r.Connections {
			if e, ok := endsOf(&r.Connections[i]); ok {
				mirror := [2]netip.AddrPort{e.peer, e.local}
				p.mirrors[mirror] = with(p.mirrors[mirror], id)
			}
		}
	}
}

func with(ids []NodeID, id NodeID) []NodeID {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// of says whose the other end is, else why that can't be said. It is never
// guessed: the other end is at the RPC port of one node alone; or one node alone
// lists the same connection from there; or the address is one node's alone.
func (p *peers) of(e ends) (NodeID, string) {
	list := p.rpc[e.peer]
	if len(list) != 1 {
		if m := p.mirrors[[2]netip.AddrPort{e.local, e.peer}]; len(m) == 1 {
			return m[0], ""
		}
	}
	if len(list) == 0 && !e.peer.Addr().IsLoopback() {
		list = p.owner[e.peer.Addr()]
	}
	switch len(list) {
	case 1:
		return list[0], ""
	case 0:
		return "", "no node is known to have that address"
	}
	return "", "more than one node has that address: " + list[0].Text().s + ", " + list[1].Text().s
}
