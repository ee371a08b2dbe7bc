package host

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// tickAsked is a tick that was sent.
type tickAsked struct {
	number uint64
	facts  bool
	sent   time.Time // real time, for the deadlines
}

// instant is a point on both of the monitor's clocks.
type instant struct {
	wall time.Time
	mono time.Duration
}

func (c *Collector) now() instant { return instant{c.o.Clock.Now(), c.o.Clock.Mono()} }

// reading makes a reading of what was asked at begin and answered at end: it
// describes an instant between the two.
func (c *Collector) reading(begin, end instant, body cluster.Body, failure *cluster.Failure) sources.Reading {
	took := end.mono - begin.mono
	return sources.Reading{Taken: begin.wall.Add(took / 2), Took: took, Body: body, Err: failure}
}

// settle waits for a tick that is overdue, so that no more than one is ever
// outstanding: a host that was stopped and goes on answers once, not in a burst.
// The late answer is dropped, since nobody knows when its figures were true.
func (c *Collector) settle(ctx context.Context) *cluster.Failure {
	if c.waiting == nil {
		return nil
	}
	_, failure := c.await(ctx)
	return failure
}

// ask sends a tick and waits for its answer.
func (c *Collector) ask(ctx context.Context, sections []string) (*answer, *cluster.Failure) {
	c.tick++
	c.waiting = &tickAsked{number: c.tick, facts: sections[0] == sectionFacts, sent: time.Now()}
	c.link.ask(c.tick, sections)
	return c.await(ctx)
}

// await waits for the outstanding answer: for one limit at a time, each ending
// with the word "slow", and after three of them the session is given up.
func (c *Collector) await(ctx context.Context) (*answer, *cluster.Failure) {
	limit := c.trips.limit(c.limits.tick)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case a := <-c.link.answers:
			if a.tick != c.waiting.number {
				continue // of an older tick, or made up
			}
			c.trips.add(time.Since(c.waiting.sent))
			c.waiting = nil
			return &a, nil
		case <-c.link.Ended():
			return nil, c.lose(c.link.Death())
		case <-timer.C:
			return nil, c.overdue(limit)
		case <-ctx.Done():
			return nil, cluster.Fail(cluster.FailTimeout, "stopped while waiting for the host", "")
		}
	}
}

func (c *Collector) overdue(limit time.Duration) *cluster.Failure {
	since := time.Since(c.waiting.sent)
	if since < 3*limit {
		return cluster.Fail(cluster.FailTimeout, fmt.Sprintf("slow: no answer for %v", since.Round(100*time.Millisecond)),
			"the host or the way to it is overloaded or stopped")
	}
	c.walHung = c.walHung || c.waiting.facts && c.o.WALPath != ""
	return c.lose(cluster.Fail(cluster.FailTimeout,
		fmt.Sprintf("no answer for %v, connecting again", since.Round(100*time.Millisecond)),
		"the host or the way to it is overloaded or stopped"))
}

// lose gives the session up. Connecting again waits its turn: the login may
// work and what follows fail, over and over.
func (c *Collector) lose(failure *cluster.Failure) *cluster.Failure {
	c.drop()
	c.retry.Failed(failure, c.o.Clock.Mono(), c.o.Backoff)
	return failure
}

// readCounters asks for the ordinary tick, with the slower sections when due.
// fresh: the facts were read just now.
func (c *Collector) readCounters(ctx context.Context, fresh bool) ([]sources.Reading, *cluster.Failure) {
	asked := slices.Clone(counterSections)
	if c.isDue(sectionPIDs) {
		asked = append(asked, sectionPIDs)
		c.put(sectionPIDs, c.o.ScanEvery)
		c.put(sectionProcesses, 0)
	}
	if c.isDue(sectionProcesses) {
		asked = append(asked, sectionProcesses)
		c.put(sectionProcesses, c.o.ProcessEvery)
	}
	if len(c.o.Ports) > 0 && c.isDue(sectionSockets) {
		asked = append(asked, sectionSockets) // last: it takes longer than the others
		c.put(sectionSockets, c.o.SocketsEvery)
	}
	begin := c.now()
	a, failure := c.ask(ctx, asked)
	if failure != nil {
		return nil, failure
	}
	end := c.now()
	r := reader{facts: c.facts, fresh: fresh, prefix: c.o.Process}
	failure = r.read(a, asked)
	if r.unknownDevice {
		c.sooner(sectionFacts, c.o.FactsEvery/6)
	}
	if r.reading.AskedProcesses {
		if n := len(r.reading.Processes); n < c.running {
			c.sooner(sectionPIDs, 0) // one ended: its successor has another id
		}
		c.running = len(r.reading.Processes)
	}
	list := []sources.Reading{c.reading(begin, end, r.reading, failure)}
	if r.sockets != nil {
		list = append(list, c.reading(begin, end, r.sockets, nil))
	}
	return list, nil
}

// sooner makes a section due after at most so long.
func (c *Collector) sooner(section string, off time.Duration) {
	c.due[section] = min(c.due[section], c.o.Clock.Mono()+off)
}

// readFacts asks for the facts alone: they take the host longer than a tick, and
// would blur the time of its counters.
func (c *Collector) readFacts(ctx context.Context) (sources.Reading, *cluster.Failure) {
	begin := c.now()
	a, failure := c.ask(ctx, []string{sectionFacts})
	if failure != nil {
		return sources.Reading{}, failure
	}
	end := c.now()
	s := a.section(sectionFacts)
	if s == nil || s.rc != 0 {
		return sources.Reading{}, c.lose(cluster.Fail(cluster.FailFormat, "the host's facts were cut off", ""))
	}
	c.facts = parseFacts(s.body)
	c.put(sectionFacts, c.o.FactsEvery)
	host := c.facts.host
	host.WAL = c.walDevice()
	if c.o.Clock.Speed() == 1 { // a faster clock has nothing to do with the host's
		host.ClockOffset, host.ClockError, host.ClockKnown = clockOffset(begin, end, c.facts.clock)
	}
	return c.reading(begin, end, &host, nil), nil
}

// walDevice returns the device of the WAL. On a hung file system it is what was
// found before: that is when it counts.
func (c *Collector) walDevice() cluster.WALDevice {
	switch {
	case !c.walHung:
		c.wal = c.facts.walDevice(c.o.WALPath)
	case c.wal.Device.IsZero():
		c.wal = cluster.WALDevice{
			Path: cluster.Clean(c.o.WALPath),
			Why:  cluster.Clean("looking the path up blocked: its file system may hang"),
		}
	}
	return c.wal
}

// clockOffset returns the host's wall clock less the monitor's, and the bound of
// the error: the host read its clock somewhere between begin and end.
func clockOffset(begin, end instant, host time.Time) (offset, bound time.Duration, known bool) {
	if host.IsZero() {
		return 0, 0, false
	}
	took := end.mono - begin.mono
	return host.Sub(begin.wall.Add(took / 2)), took / 2, true
}
