package runbook

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// recordedAs are the names of the sensors whose norms may come from an earlier
// recording. Round trips and answer times are not among them: they depend on
// where the monitor stood, and a laptop moves.
var recordedAs = map[sensor]string{
	sensorRate: "rate", sensorBusy: "busy", sensorBusiest: "busiest_core", sensorSteal: "steal", sensorIOWait: "iowait",
	sensorPressureCPU: "psi_cpu", sensorRunning: "running", sensorProcessCPU: "process_cpu", sensorWait: "wal_wait",
	sensorFlush: "wal_flush", sensorQueue: "wal_queue", sensorPressureIO: "psi_io", sensorReceived: "received",
}

// Calm learns from snapshots of recordings what is normal for each node while
// all is well. Call Note for a few moments some seconds apart, then Settle with
// one a minute later, and so on for other times. Not safe for concurrent use.
type Calm struct {
	recordings int
	from, to   time.Time
	nodes      map[cluster.NodeID]*calmNode
}

// calmNode is one node's healthy past.
type calmNode struct {
	kind   kind
	window []readings // that are not known to be healthy yet
	sick   bool       // in the window
	values [numSensors][]float64
}

// NewCalm returns one that has seen nothing.
func NewCalm() *Calm { return &Calm{nodes: map[cluster.NodeID]*calmNode{}} }

// Begin says that what follows is of another recording.
func (c *Calm) Begin() { c.recordings++ }

// Note takes a moment.
func (c *Calm) Note(s *cluster.Snapshot) {
	well := true
	for i := range s.Replicas {
		r := &s.Replicas[i]
		ill := unwell(s, r)
		well = well && !ill
		c.node(r.ID).note(&r.Host, ill, readReplica(r))
	}
	c.node(s.Primary.ID).note(&s.Primary.Host, !well, readPrimary(&s.Primary))
}

// unwell tells whether what a replica does now is not to be taken for normal.
func unwell(s *cluster.Snapshot, r *cluster.Replica) bool {
	return sick(s, r) || !r.Lag.Seconds.Known() || r.Breaker.State == cluster.BreakerTripped
}

// Settle keeps the moments of the nodes that were healthy in all of them and
// still are in s: what causes a lag comes before it.
func (c *Calm) Settle(s *cluster.Snapshot) {
	well := true
	for i := range s.Replicas {
		r := &s.Replicas[i]
		ill := unwell(s, r)
		well = well && !ill
		c.settle(r.ID, ill, s.At)
	}
	c.settle(s.Primary.ID, !well, s.At)
}

func (c *Calm) settle(id cluster.NodeID, ill bool, at time.Time) {
	n := c.node(id)
	if !ill && !n.sick && len(n.window) > 0 {
		for i := range n.window {
			for s := range numSensors {
				n.values[s] = append(n.values[s], float64(n.window[i][s]))
			}
		}
		if c.from.IsZero() || at.Before(c.from) {
			c.from = at
		}
		if at.After(c.to) {
			c.to = at
		}
	}
	n.window, n.sick = n.window[:0], false
}

func (c *Calm) node(id cluster.NodeID) *calmNode {
	n := c.nodes[id]
	if n == nil {
		n = &calmNode{}
		c.nodes[id] = n
	}
	return n
}

func (n *calmNode) note(h *cluster.Host, ill bool, v readings) {
	if k := kindOf(h); k.known && n.kind.known && k != n.kind {
		// It was given other hardware: what is older counts no more. Recordings
		// are read from the newest on, so it is this moment that is older.
		ill = true
	} else if k.known {
		n.kind = k
	}
	n.sick = n.sick || ill
	n.window = append(n.window, v)
}

// Norms returns what was learned.
func (c *Calm) Norms() *cluster.Norms {
	b := &cluster.Norms{From: c.from, To: c.to}
	for id, n := range c.nodes {
		l := cluster.NodeNorms{Node: id, Cores: n.kind.cores, Rotational: n.kind.rotational, Known: n.kind.known}
		for s := range numSensors {
			name := recordedAs[sensor(s)]
			if x := newNorm(slices.Clone(n.values[s]), 2*leastNormal); x.known && name != "" {
				l.Norms = append(l.Norms, cluster.Norm{Sensor: name, Mid: x.mid, Spread: x.spread})
			}
		}
		if len(l.Norms) > 0 {
			b.Nodes = append(b.Nodes, l)
		}
	}
	if len(b.Nodes) > 0 {
		b.Recordings = c.recordings
	}
	slices.SortFunc(b.Nodes, func(a, b cluster.NodeNorms) int { return cmp.Compare(a.Node, b.Node) })
	return b
}

// takeNorms keeps the norms of recordings until the hosts are known that they
// are to be of.
func (p *Past) takeNorms(b *cluster.Norms) {
	p.recorded = b
	for i := range b.Nodes {
		p.subject(b.Nodes[i].Node).recorded = &b.Nodes[i]
	}
}

// adopt takes the recorded norms of the sensors whose normal is not known
// better: by the node's own past in this run. Those of a host count on the same
// hardware only.
func (n *subject) adopt(h *cluster.Host) {
	if n.recorded == nil {
		return
	}
	now, then := kindOf(h), kind{n.recorded.Cores, n.recorded.Rotational, n.recorded.Known}
	for _, x := range n.recorded.Norms {
		for s, name := range recordedAs {
			if name != x.Sensor || n.norms[s].known || (s != sensorRate && (!now.known || now != then)) {
				continue
			}
			n.norms[s] = norm{mid: x.Mid, spread: x.Spread, recorded: true, known: true}
			if e := n.episode; e != nil {
				for i := range n.moments.len() {
					e.trackOne(n, i, i == 0, s)
				}
			}
		}
	}
	if now.known {
		n.recorded = nil
	}
}

// recordedWords says of when the recordings are.
func (p *Past) recordedWords() string {
	b := p.recorded
	const day = "2006-01-02"
	from, to := b.From.Format(day), b.To.Format(day)
	switch {
	case b.Recordings <= 1:
		return "normal by the recording of " + to
	case from == to:
		return "normal by the recordings of " + to
	}
	return "normal by the recordings of " + from + " to " + to
}
