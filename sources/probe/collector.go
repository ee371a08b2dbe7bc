package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// DefaultTimeout is how long a probe is waited for. A silent node then takes
// just less than two of the default intervals: with two whole seconds its round
// would end after the third had begun, and miss that as well.
const DefaultTimeout = 1900 * time.Millisecond

// MinSpacing is the least time between the starts of two rounds, in time of the
// Clock, however short the interval.
const MinSpacing = 200 * time.Millisecond

// Options say what is probed. Node, Address and Clock are needed.
type Options struct {
	Node    cluster.NodeID
	Address string // host:port of the RPC port; an IPv6 address in brackets
	Clock   sources.Clock
	Timeout time.Duration // for each probe and each look-up of the name, in real time; DefaultTimeout if 0
	Pingers *Pingers      // of all collectors that share sockets; nil for sockets of its own
}

// Collector probes one node. It implements sources.Collector.
type Collector struct {
	node    cluster.NodeID
	address string
	clock   sources.Clock
	timeout time.Duration
	pingers *Pingers
	pinger  *pinger
	// The rest belongs to Collect.
	target  target
	trust   trust
	next    time.Duration // Mono before which no round starts
	last    knock
	lastAt  netip.Addr    // where that was
	knocked time.Duration // Mono of it
}

var _ sources.Collector = (*Collector)(nil)

// New returns the collector of a node and sends nothing. An address that can't
// be is the failure of every reading.
func New(o Options) *Collector {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Pingers == nil {
		o.Pingers = new(Pingers)
	}
	return &Collector{
		node: o.Node, address: o.Address, clock: o.Clock, timeout: o.Timeout, pingers: o.Pingers, pinger: o.Pingers.join(),
		target: newTarget(o.Address, net.DefaultResolver, o.Timeout),
	}
}

// Source returns the node's probe.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromProbe, Node: c.node}
}

// Close closes what no other collector uses. It is called once, while no round is
// under way.
func (c *Collector) Close() error {
	c.pingers.leave(c.pinger)
	return nil
}

// Collect probes once. It returns one reading, or none if ctx was cancelled. It
// takes two timeouts at most, and one where the name need not be looked up.
//
// Without Body nothing was learned: the name does not resolve, or this machine
// can't probe. Err beside a Body says that there is no route, or that the name
// no longer resolves and its earlier address was probed. Taken is midway
// through the round.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	if c.clock.Sleep(ctx, c.next-c.clock.Mono()) != nil {
		return nil
	}
	start := c.clock.Mono()
	c.next = start + MinSpacing
	addr, failure := c.target.resolve(ctx, start)
	var r sources.Reading
	if addr.IsValid() {
		r = c.round(ctx, addr)
	} else {
		r.Taken, r.Took = c.clock.Now(), c.clock.Mono()-start
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	if r.Err == nil {
		r.Err = failure
	}
	return []sources.Reading{r}
}

// round probes addr by both ways at once.
func (c *Collector) round(ctx context.Context, addr netip.Addr) sources.Reading {
	now, start := c.clock.Now(), c.clock.Mono()
	var sent *request
	var e echo
	if !c.trust.paused(start) {
		sent, e = c.pinger.send(addr)
	}
	if sent != nil && c.rests(addr, start) {
		if heard, ok := sent.soon(ctx); ok {
			sent, e = nil, heard
		}
	}
	k := c.last
	if !e.answered || !c.rests(addr, start) {
		k = c.knock(ctx, netip.AddrPortFrom(addr, c.target.port))
		c.last, c.lastAt, c.knocked = k, addr, start
	}
	if sent != nil {
		e = sent.await(ctx, c.timeout)
	}
	c.target.note(e.answered || k.answered)
	took := c.clock.Mono() - start
	r := sources.Reading{Taken: now.Add(took / 2), Took: took}
	if b := reading(e, k, c.trust.judge(e, k, start)); b.Sent > 0 || b.Port != cluster.PortUnknown {
		r.Body = b
	}
	switch {
	case k.state == cluster.PortNoRoute:
		r.Err = cluster.Fail(cluster.FailUnreachable, "no route to "+c.address+": "+k.why, "check the route, or the VPN")
	case r.Body == nil:
		r.Err = cluster.Fail(k.kind, "probe "+c.address+": "+k.why, k.hint)
	}
	return r
}

// rests tells whether the port, open when it was tried last, need not be tried now if
// the node answers an echo at once.
func (c *Collector) rests(addr netip.Addr, now time.Duration) bool {
	return c.lastAt == addr && c.last.state == cluster.PortOpen && c.trust.proven && now-c.knocked < c.pingers.spacing()
}

// reading makes one of both results: why is the reason not to go by the echo,
// empty to go by it.
func reading(e echo, k knock, why string) *cluster.ProbeReading {
	r := &cluster.ProbeReading{
		Method: cluster.ProbeICMP, Sent: 1, Why: cluster.Clean(why),
		Port: k.state, PortWhy: cluster.Clean(k.why),
	}
	rtt, answered := e.rtt, e.answered
	if why != "" {
		r.Method = cluster.ProbeTCP
		rtt, answered = k.rtt, k.answered && k.rtt < synRetry
	}
	if answered {
		// No network is steady to less, and each digit of noise is recorded.
		r.RTTs = []time.Duration{rtt.Round(time.Microsecond)}
	} else if r.Method == cluster.ProbeTCP && k.state == cluster.PortUnknown {
		r.Method, r.Sent = cluster.ProbeNone, 0
	}
	return r
}
