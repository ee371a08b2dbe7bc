package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// When a name is looked up again, in time of the Clock.
const (
	refreshEvery  = 5 * time.Minute
	refreshSilent = 30 * time.Second // while the node does not answer: it may have moved
	refreshFailed = 5 * time.Second  // while there is no address at all
)

// target is the address that is probed, and the name that it comes from.
type target struct {
	host     string
	port     uint16
	resolver *net.Resolver
	timeout  time.Duration // real time

	addrs   []netip.Addr // as resolved, best first (RFC 6724)
	current netip.Addr
	settled bool // current has answered
	silent  bool // the last round brought no answer
	tried   bool
	at      time.Duration    // Mono of the last look-up
	failure *cluster.Failure // of that look-up
}

func newTarget(address string, resolver *net.Resolver, timeout time.Duration) target {
	host, service, err := net.SplitHostPort(address)
	port, portErr := strconv.ParseUint(service, 10, 16)
	if err != nil || portErr != nil || host == "" || port == 0 {
		return target{failure: cluster.Fail(cluster.FailConfig, "not an address of an RPC port: "+address, "give it as host:port, an IPv6 address in brackets")}
	}
	t := target{host: host, port: uint16(port), resolver: resolver, timeout: timeout}
	if ip, err := netip.ParseAddr(host); err == nil {
		t.current = ip.Unmap()
	}
	return t
}

// resolve returns the address to probe. A failure beside it says that the name
// no longer resolves; without an address there is always one.
func (t *target) resolve(ctx context.Context, now time.Duration) (netip.Addr, *cluster.Failure) {
	if !t.due(now) {
		return t.current, t.failure
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	addrs, err := t.resolver.LookupNetIP(ctx, "ip", t.host)
	t.tried, t.at = true, now
	if err != nil {
		t.failure = t.unresolved(err)
		return t.current, t.failure
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	t.addrs, t.failure = addrs, nil
	if !slices.Contains(addrs, t.current) {
		t.current, t.settled = addrs[0], false
	}
	return t.current, nil
}

func (t *target) due(now time.Duration) bool {
	wait := refreshEvery
	switch {
	case t.host == "" || (t.current.IsValid() && len(t.addrs) == 0):
		return false // not an address at all, or given as a number
	case !t.tried:
		return true
	case !t.current.IsValid():
		wait = refreshFailed
	case t.silent || t.failure != nil:
		wait = refreshSilent
	}
	return now-t.at >= wait
}

// note keeps whether the round was answered. An address that never was makes
// room for the name's next one: a host may have IPv6 where the way has not.
func (t *target) note(answered bool) {
	t.silent = !answered
	t.settled = t.settled || answered
	if t.settled || len(t.addrs) < 2 {
		return
	}
	i := slices.Index(t.addrs, t.current)
	t.current = t.addrs[(i+1)%len(t.addrs)]
}

func (t *target) unresolved(err error) *cluster.Failure {
	what, hint := "host name "+t.host+" can't be looked up now: "+err.Error(), "the name server fails; give the address instead"
	var dns *net.DNSError
	if errors.As(err, &dns) {
		what = "host name " + t.host + " can't be looked up now: " + dns.Err
		switch {
		case dns.IsNotFound:
			what, hint = "host name "+t.host+" is not known", "check the name, or give the address"
		case dns.IsTimeout:
			what = fmt.Sprintf("host name %s: no answer from the name server within %v", t.host, t.timeout)
		}
	}
	if t.current.IsValid() {
		what += "; its earlier address is still probed"
	}
	return cluster.Fail(cluster.FailDNS, what, hint)
}
