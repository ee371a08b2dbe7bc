package host

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// Options say what to read of a host. Node, Transport and Clock are needed.
type Options struct {
	Node      cluster.NodeID
	Transport remote.Transport
	Clock     sources.Clock
	// Proc and Sys are the roots of the two on the host; /proc and /sys by
	// default. A container may have the host's elsewhere.
	Proc, Sys string
	// WALPath is where the write-ahead log is on the host; its device is looked
	// up. May be empty.
	WALPath string
	// Process is what the names of the wanted processes begin with, of which the
	// kernel keeps 15 bytes; "stemedb" by default.
	Process string
	// Dialect forces what answers the ticks: "gawk", "mawk", "busybox awk" or
	// "sh". Empty takes the first of them that the host has.
	Dialect string
	// Ports are the TCP ports of the RPC, of all nodes: the connections from and to
	// them are listed. None if empty.
	Ports []uint16
	// Names are host names at which nodes have their RPC ports: the host resolves
	// them, since it may know them otherwise than the monitor.
	Names []string
	// Unit is the systemd unit of the database, which tells when it was started and
	// how often again. Not asked if empty, or if it can be no unit's name.
	Unit string
	// APIConfig is where the database's own configuration is on the host, of which two
	// settings of replication are read. Not read if empty.
	APIConfig string
	// ProcessEvery is how often processes are read (2 s), ScanEvery how often
	// new ones are looked for, which starts a process on the host (10 s),
	// SocketsEvery how often connections are listed, which starts one or two (10 s),
	// ServiceEvery how often the unit is asked for (30 s), ConfigEvery how often the
	// configuration is read (1 min), each of which starts a few, and FactsEvery how
	// often the facts are read, which does too (30 s).
	ProcessEvery, ScanEvery, SocketsEvery, ServiceEvery, ConfigEvery, FactsEvery time.Duration
	// Backoff is how long to wait before the next attempt after n failed ones,
	// from 1; by default 1, 2, 4 s and so on up to 30 s, each 30 % more or less.
	Backoff func(n int) time.Duration
}

func (o *Options) setDefaults() {
	for _, d := range []struct {
		at *string
		to string
	}{{&o.Proc, "/proc"}, {&o.Sys, "/sys"}, {&o.Process, "stemedb"}} {
		if *d.at == "" {
			*d.at = d.to
		}
	}
	for _, d := range []struct {
		at *time.Duration
		to time.Duration
	}{
		{&o.ProcessEvery, 2 * time.Second},
		{&o.ScanEvery, 10 * time.Second},
		{&o.SocketsEvery, 10 * time.Second},
		{&o.ServiceEvery, 30 * time.Second},
		{&o.ConfigEvery, time.Minute},
		{&o.FactsEvery, 30 * time.Second},
	} {
		if *d.at <= 0 {
			*d.at = d.to
		}
	}
	if o.Backoff == nil {
		o.Backoff = remote.Backoff
	}
	o.Process = o.Process[:min(len(o.Process), maxComm)]
	if !unitName.MatchString(o.Unit) {
		o.Unit = ""
	}
}

// unitName is what systemd.unit(5) lets a name have, but no dash at its beginning.
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,254}$`)

// maxPorts bounds the filter that the host gives to ss.
const maxPorts = 32

// ports are the words of a line.
func (o *Options) ports() string {
	var words []string
	for _, p := range o.Ports[:min(len(o.Ports), maxPorts)] {
		words = append(words, strconv.Itoa(int(p)))
	}
	return strings.Join(words, " ")
}

// names are the words of a line: those that can be host names.
func (o *Options) names() string {
	return strings.Join(slices.DeleteFunc(slices.Clone(o.Names), func(n string) bool {
		return !hostName.MatchString(n)
	}), " ")
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$`)

// limits are deadlines of I/O, in real time.
type limits struct {
	remote.Limits
	tick time.Duration // an answer, at the least
}

var defaultLimits = limits{Limits: remote.DefaultLimits, tick: 3 * time.Second}

// Collector reads one host over one session. It implements sources.Collector.
type Collector struct {
	o      Options
	limits limits

	mu      sync.Mutex // Collect against Close
	link    *link      // nil when not connected
	retry   remote.Retry
	tick    uint64     // number of the last tick asked, over all sessions
	waiting *tickAsked // the one outstanding, nil if none
	trips   trips
	facts   *facts
	wal     cluster.WALDevice        // as found last
	walHung bool                     // looking for it blocked the host's answer
	running int                      // wanted processes in the last reading of them
	due     map[string]time.Duration // by section, on the monotonic clock
}

// New returns a collector. It does nothing until Collect.
func New(o Options) *Collector {
	o.setDefaults()
	return &Collector{o: o, limits: defaultLimits, due: map[string]time.Duration{}}
}

// Source returns the host of the node.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromHost, Node: c.o.Node}
}

// Close ends the session and the connection. Nothing stays on the host: the
// script ends with its input.
func (c *Collector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
	if err := c.o.Transport.Close(); err != nil {
		return fmt.Errorf("close the transport to the host of %s: %w", c.o.Node.Text(), err)
	}
	return nil
}

// Collect asks the host for one reading, connecting when it has to. When the
// facts are due it returns them first. While the host is slow, or between two
// attempts to connect, it returns the failure that stands.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	begin := c.now()
	readings, failure := c.collect(ctx)
	if failure == nil || ctx.Err() != nil {
		return readings
	}
	return append(readings, c.reading(begin, c.now(), nil, failure))
}

func (c *Collector) collect(ctx context.Context) ([]sources.Reading, *cluster.Failure) {
	if c.link == nil {
		if failure := c.retry.Wait(c.o.Clock.Mono()); failure != nil {
			return nil, failure
		}
		if failure := c.connect(ctx); failure != nil {
			c.retry.Failed(failure, c.o.Clock.Mono(), c.o.Backoff)
			return nil, failure
		}
	}
	if failure := c.settle(ctx); failure != nil {
		return nil, failure
	}
	var readings []sources.Reading
	fresh := c.isDue(sectionFacts)
	if fresh {
		r, failure := c.readFacts(ctx)
		if failure != nil {
			return nil, failure
		}
		readings = append(readings, r)
	}
	counters, failure := c.readCounters(ctx, fresh)
	if failure != nil {
		return readings, failure
	}
	c.retry.Succeeded()
	return slices.Concat(readings, counters, c.readSlow(ctx)), nil
}

// connect opens a session and has the script running in it.
func (c *Collector) connect(ctx context.Context) *cluster.Failure {
	wal := c.o.WALPath
	if c.walHung {
		wal = "" // each try would leave one more blocked process on the host
	}
	answers := make(chan answer, 1)
	l, failure := remote.Open(ctx, c.o.Transport, script,
		[]string{c.o.Proc, c.o.Sys, wal, c.o.Process, c.o.Dialect, c.o.ports(), c.o.names(), c.o.Unit, c.o.APIConfig}, c.limits.Limits, hear(answers))
	if failure != nil {
		return failure
	}
	c.link, c.waiting, c.trips, c.facts = &link{l, answers}, nil, trips{}, newFacts()
	clear(c.due)
	return nil
}

// drop ends the session, if there is one.
func (c *Collector) drop() {
	if c.link != nil {
		c.link.Close()
		c.link = nil
	}
}

// isDue tells whether a section that is not asked on every tick is due.
func (c *Collector) isDue(section string) bool { return c.o.Clock.Mono() >= c.due[section] }

// put makes a section due after an interval, less the jitter of the ticks.
func (c *Collector) put(section string, off time.Duration) {
	c.due[section] = c.o.Clock.Mono() + off - off/16
}
