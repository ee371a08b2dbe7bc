package host

import (
	"encoding/hex"
	"net/netip"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxAddresses is how many addresses of a host are kept: enough to know it by.
const maxAddresses = 64

// address takes in "10.0.0.1", or "fd00…" in 32 hexadecimal digits as
// /proc/net/if_inet6 has it.
func (f *facts) address(w []string) {
	if len(w) != 1 || len(f.host.Addresses) >= maxAddresses {
		return
	}
	ip, err := netip.ParseAddr(w[0])
	if b, bad := hex.DecodeString(w[0]); bad == nil && len(b) == 16 {
		ip, err = netip.AddrFrom16([16]byte(b)), nil
	}
	if err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() || !ip.IsGlobalUnicast() {
		return
	}
	if a := cluster.Clean(ip.Unmap().String()); !slices.Contains(f.host.Addresses, a) {
		f.host.Addresses = append(f.host.Addresses, a)
	}
}

// resolved takes in "NAME 10.0.0.2", a line for each address of a name.
func (f *facts) resolved(w []string) {
	if len(w) != 2 {
		return
	}
	ip, err := netip.ParseAddr(w[1])
	if err != nil {
		return
	}
	name, a := cluster.Clean(w[0]), cluster.Clean(ip.Unmap().WithZone("").String())
	list := f.host.Resolved
	i := slices.IndexFunc(list, func(r cluster.Resolved) bool { return r.Name == name })
	if i < 0 {
		i, list = len(list), append(list, cluster.Resolved{Name: name})
	}
	if !slices.Contains(list[i].Addresses, a) && len(list[i].Addresses) < maxAddresses {
		list[i].Addresses = append(list[i].Addresses, a)
	}
	f.host.Resolved = list
}
