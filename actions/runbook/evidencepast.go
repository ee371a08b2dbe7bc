package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// momentEvery is how far apart the remembered readings are: fine enough for
	// an order within 30 s.
	momentEvery = 5 * time.Second
	// mostMoments is how many are remembered, ten minutes: what is normal must
	// outweigh a fault that crept in over some.
	mostMoments = 120
	// calmBefore is the time before a lag that is left out of what is normal,
	// since its cause comes first.
	calmBefore = time.Minute
	// episodeEnds is how long a lag must be down for its episode to be over: one
	// that swings about the limit is one episode.
	episodeEnds = time.Minute
)

// Past is what a diagnosis remembers: what was normal for each node before it
// lagged, and since when it is not. It is a fold: Apply each observation, then
// Note each snapshot that is diagnosed. It takes at most 15 kB a node. Not safe
// for concurrent use.
type Past struct {
	run    string
	nodes  map[cluster.NodeID]*subject
	errors map[cluster.NodeID]*errorRun // by replica

	recorded *cluster.Norms // of earlier recordings; nil if there are none
}

// subject is the past of one node.
type subject struct {
	moments  moments
	norms    [numSensors]norm
	recorded *cluster.NodeNorms // not adopted yet; nil if there are none
	episode  *episode           // nil while all is well
	progress progressRun
	tripped  flag // its breaker is
	shut     flag // its RPC port does not open to the monitor
	barred   flag // nor to the primary's host, or to it alone
	opens    flag // its RPC port opens to the monitor
	opening  flag // the primary's kernel asks for a connection in vain
}

// flag is a condition that holds or not.
type flag struct {
	holds, seen bool
	since       time.Time // zero if it held already when first seen
}

func (f *flag) note(holds bool, at time.Time) {
	if holds && !f.holds {
		f.since = time.Time{}
		if f.seen {
			f.since = at
		}
	}
	f.holds, f.seen = holds, true
}

func (f *flag) shift(by time.Duration) {
	if !f.since.IsZero() {
		f.since = f.since.Add(by)
	}
}

// NewPast returns a past in which nothing was seen.
func NewPast() *Past {
	return &Past{
		nodes:  make(map[cluster.NodeID]*subject),
		errors: make(map[cluster.NodeID]*errorRun),
	}
}

// Apply takes what a snapshot does not tell: sessions, clock steps, norms of
// earlier recordings and when the counters of sync errors grew.
func (p *Past) Apply(o *cluster.Observation) {
	switch b := o.Body.(type) {
	case *cluster.Session:
		if p.run != "" && p.run != b.Run {
			*p = *NewPast()
		}
		p.run = b.Run
	case *cluster.ClockStep:
		p.shift(b.By)
	case *cluster.Norms:
		p.takeNorms(b)
	case *cluster.MetricsReading:
		p.countErrors(o, b)
	}
}

// Note takes a snapshot. Times must not run backwards; an older one is left out.
func (p *Past) Note(s *cluster.Snapshot) {
	lagging := time.Time{}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		n := p.subject(r.ID)
		n.push(s.At, func() readings { return readReplica(r) })
		n.progress.note(&r.Sync, s.At)
		if r.Breaker.State != cluster.BreakerUnknown {
			n.tripped.note(r.Breaker.State == cluster.BreakerTripped, s.At)
		}
		if r.Network.Reachable && r.Network.Port != cluster.PortUnknown {
			n.shut.note(r.Network.Port != cluster.PortOpen, s.At)
			n.opens.note(r.Network.Port == cluster.PortOpen, s.At)
		}
		n.notePath(&r.Network, s.At)
		n.adopt(&r.Host)
		n.noteEpisode(s, r)
		if e := n.episode; e != nil && (lagging.IsZero() || e.begins().Before(lagging)) {
			lagging = e.begins()
		}
	}
	n := p.subject(s.Primary.ID)
	n.push(s.At, func() readings { return readPrimary(&s.Primary) })
	n.adopt(&s.Primary.Host)
	n.notePrimary(s, lagging)
}

func (p *Past) subject(id cluster.NodeID) *subject {
	n := p.nodes[id]
	if n == nil {
		n = &subject{}
		p.nodes[id] = n
	}
	return n
}

// push remembers a reading if it is due.
func (n *subject) push(at time.Time, read func() readings) {
	if k := n.moments.len(); k > 0 && at.Sub(n.moments.at(k-1)) < momentEvery-momentEvery/10 {
		return
	}
	v := read()
	n.moments.push(at, n.episode != nil, &v)
	if n.episode != nil {
		n.episode.follow(n)
	}
}

// now returns the median of the newest readings of a sensor: one odd second is
// no finding. NaN if there is none within twenty seconds.
func (n *subject) now(s sensor) float64 {
	var v [3]float64
	k, last := 0, n.moments.len()-1
	for i := last; i >= 0 && i > last-len(v); i-- {
		if x := n.moments.value(i, s); !math.IsNaN(x) && n.moments.at(last).Sub(n.moments.at(i)) <= 4*momentEvery {
			v[k] = x
			k++
		}
	}
	if k == 0 {
		return math.NaN()
	}
	return median(v[:k])
}

// backfill puts what a series knows before the first moment, so that a
// diagnosis that begins late in a run, or after a seek, knows it too.
func (n *subject) backfill(id cluster.NodeID, s *cluster.Snapshot) {
	room := mostMoments - n.moments.len()
	if s.Series == nil || room <= 0 || n.moments.len() == 0 {
		return
	}
	to := n.moments.at(0).Add(-momentEvery)
	older, of := make([]moment, room), map[sensor][]float32{}
	found := room
	for q, name := range quantities {
		for i, b := range s.Series.Buckets(id, name, to, momentEvery, room) {
			older[i].ns = b.From.UnixNano()
			if b.N == 0 {
				continue
			}
			if of[q] == nil {
				of[q] = unknowns(room)
			}
			of[q][i] = float32(b.Last)
			found = min(found, i)
		}
	}
	for q := range of {
		of[q] = of[q][found:]
	}
	n.moments.prepend(older[found:], of)
}

func (p *Past) shift(by time.Duration) {
	for _, n := range p.nodes {
		n.moments.shift(by)
		n.progress.shift(by)
		n.tripped.shift(by)
		for _, f := range []*flag{&n.shut, &n.barred, &n.opens, &n.opening} {
			f.shift(by)
		}
		if n.episode != nil {
			n.episode.shift(by)
		}
	}
	for _, e := range p.errors {
		e.shift(by)
	}
}
