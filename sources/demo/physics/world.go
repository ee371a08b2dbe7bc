package physics

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Config describes a world.
type Config struct {
	Seed     uint64
	Replicas int     // at least 1
	Hosts    int     // how many nodes, from the primary on, have a host below them
	Events   []Event // in any order
}

// World is the cluster at one instant.
type World struct {
	seed     uint64
	k        uint64 // steps done
	now      time.Duration
	offered  float64 // assertions/s that clients send
	limit    int     // assertions/s; 0 for none
	paused   bool    // a replica is too far behind
	produced uint64
	tokens   float64 // fraction of an assertion carried to the next step
	log      timeline
	nodes    []*Node
	events   []Event
	next     int // the first event that has not happened
	syncs    int // syncs that were asked for
	lines    []Line
}

// historySeconds is how much production is assumed before the start, so that
// the first instant is like any other.
const historySeconds = 10

// NewWorld returns a healthy cluster at time 0.
func NewWorld(c Config) *World {
	w := &World{seed: c.Seed, offered: normalOffered, produced: firstProduced}
	w.log.add(-historySeconds*time.Second, firstProduced-historySeconds*normalOffered)
	w.log.add(0, firstProduced)
	for i := range c.Replicas + 1 {
		w.nodes = append(w.nodes, newNode(w, i, i < c.Hosts))
	}
	w.events = slices.Clone(c.Events)
	slices.SortStableFunc(w.events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return w
}

// firstProduced is what the cluster holds at the start: a grown database.
const firstProduced = 48_211_337

// Advance integrates up to the last whole step at or before to.
func (w *World) Advance(to time.Duration) {
	for w.now+Step <= to {
		w.step()
	}
}

func (w *World) step() {
	for w.next < len(w.events) && w.events[w.next].At <= w.now {
		w.handle(w.events[w.next])
		w.next++
	}
	w.k++
	w.now += Step
	ingested := w.ingest()
	w.log.add(w.now, w.produced)
	var sent uint64
	for _, n := range w.nodes[1:] {
		sent += w.replicate(n)
	}
	w.primaryHost(ingested, sent)
	w.pause()
	if w.k%(1<<12) == 0 {
		w.log.forget(w.slowest())
	}
}

// ingest produces the assertions of one step.
func (w *World) ingest() uint64 {
	rate := w.IngestRate()
	w.tokens += rate * stepSeconds
	n := uint64(w.tokens)
	w.tokens -= float64(n)
	w.produced += n
	return n
}

// IngestRate returns what the primary takes in now, in assertions per second:
// what is offered, mildly noisy, or the rate limit; nothing while it pauses.
func (w *World) IngestRate() float64 {
	if w.paused {
		return 0
	}
	rate := w.offered * (1 + 0.04*wave(w.seed, streamOffered, w.k) + 0.03*noise(w.seed, streamJitter, w.k))
	rate = min(rate, ingestLimit*w.nodes[0].strength())
	if w.limit > 0 {
		rate = min(rate, float64(w.limit))
	}
	return rate
}

// strength is what a node can do, as a part of what a healthy one can.
func (n *Node) strength() float64 { return min(n.disk*(1-n.trouble.ioStall), n.cpu*n.trouble.cores()) }

// sendRate returns how many assertions a second the primary can send to each
// replica: what it takes in comes first, so pressed it sends less.
func (w *World) sendRate() float64 {
	if s := w.nodes[0].strength(); s < 1 {
		return s * sendLimit
	}
	return netRate
}

// slowest returns the least count that a replica has applied.
func (w *World) slowest() uint64 {
	least := w.produced
	for _, n := range w.nodes[1:] {
		least = min(least, n.Applied)
	}
	return least
}

// Now returns the simulated time since the start: that of the last whole step.
func (w *World) Now() time.Duration { return w.now }

// Produced returns how many assertions the primary holds.
func (w *World) Produced() uint64 { return w.produced }

// Len returns the number of nodes, the primary included.
func (w *World) Len() int { return len(w.nodes) }

// Node returns node i to be read: 0 is the primary.
func (w *World) Node(i int) *Node { return w.nodes[i] }

// Lag returns how far replica n is behind: the age of the oldest assertion that
// it has not applied, 0 if there is none.
func (w *World) Lag(n *Node) time.Duration {
	if n.Applied >= w.produced {
		return 0
	}
	return max(0, w.now-w.log.timeOf(n.Applied+1))
}

// ReportedLag returns the lag of n in seconds as the primary reports it.
func (w *World) ReportedLag(n *Node) float64 {
	if n.frozen != nil {
		return *n.frozen
	}
	return w.Lag(n).Round(time.Millisecond).Seconds() + n.lagOff
}

// Limit returns the rate limit in assertions per second, 0 if there is none.
func (w *World) Limit() int { return w.limit }

// SetLimit limits ingestion to perSecond assertions per second, from now on.
func (w *World) SetLimit(perSecond int) {
	w.logf(w.nodes[0], Warn, "admin: ingest rate limit set to %d assertions/s, was %s", perSecond, limitText(w.limit))
	w.limit = perSecond
}

func limitText(limit int) string {
	if limit == 0 {
		return "unlimited"
	}
	return fmt.Sprint(limit)
}
