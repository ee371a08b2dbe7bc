package peer

import (
	"context"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// How often a replica is pinged, and its port tried, in time of the Clock: this
// much for few replicas, and so much for each of many, since they take turns.
const (
	leastEvery = 10 * time.Second
	shareEvery = 1500 * time.Millisecond
)

// leastReal is the same in real time, however fast the Clock.
const leastReal = 2 * time.Second

// The requests of the script.
const (
	askPing  = "P"
	askPort  = "C"
	askRoute = "R"
)

// Options say what is asked. All but Every are needed.
type Options struct {
	Transport remote.Transport // to the primary's host; one that is a Forwarder forwards
	Clock     sources.Clock
	Targets   []Target
	Every     time.Duration // how often, of each of the two ways; by default at least 10 s
}

// Target is a replica.
type Target struct {
	Node    cluster.NodeID
	Address string           // host:port of its RPC port, as the primary's host reaches it
	Unfit   *cluster.Failure // why it can't be asked for; nil if it can
}

// Collector asks for one replica. It implements sources.Collector.
type Collector struct {
	session *session
	knocker knocker
	target  Target
	every   time.Duration
	// The rest belongs to Collect.
	host, port string
	next       time.Duration // Mono before which nothing is asked
	rounds     int
}

var _ sources.Collector = (*Collector)(nil)

// New returns a collector for each target, which must all be closed. It sends
// nothing.
func New(o Options) []*Collector {
	if o.Every <= 0 {
		o.Every = max(leastEvery, shareEvery*time.Duration(len(o.Targets)))
	}
	o.Every = max(o.Every, time.Duration(float64(leastReal)*o.Clock.Speed()))
	s := newSession(o.Transport, o.Clock, len(o.Targets))
	forwarder, _ := o.Transport.(remote.Forwarder)
	var list []*Collector
	for _, t := range o.Targets {
		c := &Collector{session: s, target: t, every: o.Every, knocker: knocker{forwarder: forwarder, clock: o.Clock}}
		c.host, c.port = split(&c.target)
		list = append(list, c)
	}
	return list
}

// plain is what a host may be called: it becomes an argument of tools.
var plain = regexp.MustCompile(`^[0-9A-Za-z_:][0-9A-Za-z._:%-]*$`)

func split(t *Target) (host, port string) {
	host, port, err := net.SplitHostPort(t.Address)
	if t.Unfit == nil && (err != nil || !plain.MatchString(host) || !plain.MatchString(port)) {
		t.Unfit = cluster.Fail(cluster.FailConfig, "not an address of an RPC port: "+t.Address, "give it as host:port, an IPv6 address in brackets")
	}
	return host, port
}

// Source returns the replica as its primary's host reaches it.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromPeer, Node: c.target.Node}
}

// Close ends the session with the last collector.
func (c *Collector) Close() error { return c.session.leave() }

// Collect returns one reading: of the port and of ping in turn. In rounds before
// the next is due it returns none, and none if ctx was cancelled. A failure
// without a Body is that of the way to the primary's host.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	clock := c.session.clock
	start, now := clock.Mono(), clock.Now()
	if start < c.next {
		return nil
	}
	var r sources.Reading
	switch {
	case c.target.Unfit != nil:
		r = sources.Reading{Taken: now, Err: c.target.Unfit}
	case c.rounds%2 == 0:
		r = c.tryPort(ctx)
	default:
		r = c.ping(ctx)
	}
	c.rounds++
	if c.rounds != 1 { // ping follows the first look at the port at once
		// A round that comes a moment early must not cost another round.
		c.next = start + c.every/2 - min(c.every/10, time.Second)
	}
	if ctx.Err() != nil {
		return nil
	}
	return []sources.Reading{r}
}

// timed makes a reading of what was begun then.
func (c *Collector) timed(at time.Time, mono time.Duration, body cluster.Body, failure *cluster.Failure) sources.Reading {
	took := c.session.clock.Mono() - mono
	return sources.Reading{Taken: at.Add(took / 2), Took: took, Body: body, Err: failure}
}

func (c *Collector) ping(ctx context.Context) sources.Reading {
	at, mono := c.session.clock.Now(), c.session.clock.Mono()
	lines, code, failure := c.session.ask(ctx, askPing, c.host, c.port)
	if failure != nil {
		return c.timed(at, mono, nil, failure)
	}
	b := readPing(lines, code)
	b.Every = c.every
	return c.timed(at, mono, b, nil)
}

// tryPort connects through SSH, and by the host's own tools where that can't tell.
func (c *Collector) tryPort(ctx context.Context) sources.Reading {
	at, mono := c.session.clock.Now(), c.session.clock.Mono()
	b := &cluster.PeerPort{Every: c.every}
	// The way to the host comes first: the time that it takes is not the port's.
	if failure := c.session.take(ctx, func(*remote.Talk) *cluster.Failure { return nil }); failure != nil {
		return c.timed(at, mono, nil, failure)
	}
	at, mono = c.session.clock.Now(), c.session.clock.Mono()
	more, failure := c.knocker.knock(ctx, c.target.Address, b)
	if failure != nil {
		return c.timed(at, mono, nil, failure)
	}
	if more == "" {
		return c.timed(at, mono, b, nil)
	}
	lines, code, failure := c.session.ask(ctx, more, c.host, c.port)
	if failure != nil {
		return c.timed(at, mono, nil, failure)
	}
	if more == askRoute {
		readRoute(b, lines)
	} else {
		readConnect(b, lines, code)
	}
	return c.timed(at, mono, b, nil)
}

// has tells whether any of words is in text.
func has(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
