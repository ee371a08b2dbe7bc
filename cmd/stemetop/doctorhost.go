package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// tryHost connects to a host, runs the script until it told its facts and one
// reading, and then tries the log, since a server may allow one session only.
func (w *wiring) tryHost(ctx context.Context, n config.Node) []finding {
	begin := time.Now()
	c, err := w.host(n)
	if err != nil {
		return []finding{{node: n.ID, what: "ssh", bad: failureOf(err)}}
	}
	first, err := firstReading(ctx, c, w.clock)
	took := time.Since(begin)
	slow := w.slowFindings(ctx, n, c, first)
	_ = c.Close() // nothing is lost with it
	facts, reading := first.facts, first.counters
	f := finding{node: n.ID, what: "ssh", took: took, bad: failureOf(err)}
	if f.bad != nil {
		return []finding{f}
	}
	f.good = fmt.Sprintf("%s %s, ticks answered by %s", facts.OS, facts.Kernel, facts.Dialect)
	found := append([]finding{f}, figureFindings(n, reading, first.tick)...)
	found = append(found, w.walFinding(n, &facts.WAL))
	if !lacks(reading, "processes") {
		found = append(found, w.processFinding(n, reading))
	}
	return append(append(found, slow...), w.tryLog(ctx, n))
}

// figures are what a tick tells, by the section that it comes from.
var figures = []struct{ section, name string }{
	{"stat", "cpu"}, {"diskstats", "disks"}, {"net/dev", "network"}, {"meminfo", "memory"}, {"processes", "processes"},
}

// lacks tells whether a section could not be read.
func lacks(r *cluster.HostReading, section string) bool {
	return slices.ContainsFunc(r.Missing, func(m cluster.MissingSection) bool { return m.Section.String() == section })
}

// figureFindings tell which figures there are, and why the others are not.
func figureFindings(n config.Node, r *cluster.HostReading, took time.Duration) []finding {
	var there []string
	for _, f := range figures {
		if !lacks(r, f.section) {
			there = append(there, f.name)
		}
	}
	var found []finding
	if len(there) > 0 {
		found = append(found, finding{node: n.ID, what: "figures", took: took, good: strings.Join(there, ", ")})
	}
	for _, m := range r.Missing {
		hint := "check proc of " + n.ID + " in the configuration, and what the account may read there"
		if m.Section.String() == "processes" {
			hint = "log in as the account that the database runs as, or as one in the group that /proc is mounted for (gid=)"
		}
		found = append(found, finding{
			node: n.ID, what: "figures",
			bad: cluster.Fail(cluster.FailPermission, m.Section.String()+": "+m.Why.String(), hint),
		})
	}
	return found
}

// first is what a host tells at first.
type first struct {
	facts    *cluster.HostFacts
	counters *cluster.HostReading
	sockets  *cluster.SocketReading
	service  *cluster.ServiceReading
	api      *cluster.APIConfig
	tick     time.Duration
}

// firstReading collects until there are facts and counters, and processes unless
// they can't be had, or a failure.
func firstReading(ctx context.Context, c sources.Collector, clock sources.Clock) (f first, err error) {
	for f.facts == nil || f.counters == nil || !f.counters.AskedProcesses && !lacks(f.counters, "processes") {
		for _, r := range c.Collect(ctx) {
			switch b := r.Body.(type) {
			case *cluster.HostFacts:
				f.facts = b
			case *cluster.HostReading:
				f.counters, f.tick = b, r.Took
			case *cluster.SocketReading:
				f.sockets = b
			case *cluster.ServiceReading:
				f.service = b
			case *cluster.APIConfig:
				f.api = b
			}
			if r.Err != nil && r.Body == nil {
				return first{}, r.Err
			}
		}
		if err := clock.Sleep(ctx, time.Second/2); err != nil {
			return first{}, err
		}
	}
	return f, nil
}

func (w *wiring) walFinding(n config.Node, wal *cluster.WALDevice) finding {
	f := finding{node: n.ID, what: "wal"}
	if !wal.Device.IsZero() {
		f.good = fmt.Sprintf("%s is on %s", w.config.WALPath, wal.Device)
		return f
	}
	hint := "set wal_path in the configuration"
	if strings.HasPrefix(wal.Why.String(), "the account may not") {
		hint = "let the account enter it, to look at where it is, or set wal_path in the configuration"
	}
	f.bad = cluster.Fail(cluster.FailMissing, "the disk of "+w.config.WALPath+" is not known: "+wal.Why.String(),
		hint+"; until then no disk is marked as the log's")
	return f
}

func (w *wiring) processFinding(n config.Node, r *cluster.HostReading) finding {
	f := finding{node: n.ID, what: "process"}
	if len(r.Processes) > 0 {
		p := r.Processes[0]
		f.good = fmt.Sprintf("%d found, the first %s, pid %d", len(r.Processes), p.Command, p.PID)
		return f
	}
	f.bad = cluster.Fail(cluster.FailMissing, "no process called "+w.config.Process+"* runs",
		"set process in the configuration to the beginning of its name, and proc where the host's /proc is elsewhere")
	return f
}

// tryLog tells whether the log that explains a failing sync can be read, as the
// monitor reads it.
func (w *wiring) tryLog(ctx context.Context, n config.Node) finding {
	f := finding{node: n.ID, what: "log"}
	begin := time.Now()
	t, err := w.transport(n)
	if err != nil {
		f.bad = failureOf(err)
		return f
	}
	c := w.logBy(n, t)
	defer func() { _ = c.Close() }() // nothing is lost with it
	list := c.Collect(ctx)
	f.took = time.Since(begin)
	if len(list) == 0 {
		f.bad = failureOf(ctx.Err())
		return f
	}
	b, read := list[0].Body.(*cluster.LogReading)
	switch {
	case list[0].Err != nil:
		f.bad = list[0].Err
	case read && b.Status == cluster.LogEmpty:
		// It can be read; whether it is the right one nobody knows.
		f.none = true
		f.bad = cluster.Fail(cluster.FailMissing, b.Of.String()+" is there, and without a line",
			"is it the one? else set log_file of "+n.ID+" in the configuration, or unit")
	case read:
		f.good = b.Of.String() + " can be read"
	}
	return f
}
