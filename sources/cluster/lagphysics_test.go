package cluster

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// manner is how a cluster is read: each target once a second at its own phase,
// by an answer that takes its time, and lags from a gauge of so many digits.
type manner struct {
	resolution  float64       // s, to which the gauge is cut
	apart, took time.Duration // the most between two targets' scrapes, and for one
}

// manners are all sorts. A speed of 60 makes a scrape of 10 ms take 600 ms.
func manners() []manner {
	const ms = time.Millisecond
	return []manner{
		{0.001, 10 * ms, 10 * ms},
		{0.001, 900 * ms, 10 * ms},
		{0.001, 10 * ms, 600 * ms},
		{0.1, 10 * ms, 10 * ms},
		{1, 10 * ms, 10 * ms},
		{1, 900 * ms, 100 * ms},
	}
}

// scrape is one answer of a node.
type scrape struct {
	node     int
	at, took time.Duration
}

// watched is a world under the eyes of a state.
type watched struct {
	w      *physics.World
	m      manner
	r      *rand.Rand
	f      *feed
	phases []time.Duration // of each node's scrapes
}

func newWatched(t *testing.T, m manner, seed uint64, events []physics.Event) *watched {
	d := &watched{
		w: physics.NewWorld(physics.Config{Seed: seed, Replicas: 4, Events: events}), m: m,
		r: rand.New(rand.NewPCG(seed, 1)), f: &feed{t: t, state: NewState(), hist: NewHistory(HistoryOptions{})},
	}
	s := Session{Interval: time.Second, Primary: NodeSpec{ID: "node1", Metrics: true}}
	for i := range d.w.Len() {
		d.phases = append(d.phases, time.Duration(d.r.Int64N(int64(m.apart)+1)))
		if i > 0 {
			s.Replicas = append(s.Replicas, NodeSpec{ID: NodeID(physics.NodeID(i)), Metrics: true})
		}
	}
	d.f.publish(0, Source{Kind: FromMonitor}, &s, nil)
	return d
}

// second reads every node once, in the order of their phases, and returns the
// lag of each replica a second later.
func (d *watched) second(from time.Duration) (at time.Duration, lags []Lag) {
	var list []scrape
	for i, p := range d.phases {
		list = append(list, scrape{i, from + p, time.Millisecond + time.Duration(d.r.Int64N(int64(d.m.took)))})
	}
	slices.SortFunc(list, func(a, b scrape) int { return cmp.Compare(a.at, b.at) })
	for _, c := range list {
		d.read(c)
	}
	at = from + time.Second
	for i := 1; i < d.w.Len(); i++ {
		lags = append(lags, d.f.state.viewLag(NodeID(physics.NodeID(i)), Access{}, t0.Add(at)))
	}
	return at, lags
}

// read lets a node answer at some instant while it is waited for.
func (d *watched) read(c scrape) {
	d.w.Advance(c.at + time.Duration(d.r.Int64N(int64(c.took))))
	count := d.w.Node(c.node).Applied
	if c.node == 0 {
		count = d.w.Produced()
	}
	b := &MetricsReading{Asked: allFamilies(), Samples: []Sample{{Family: FamilyAssertions, Value: float64(count)}}}
	for i := 1; i < d.w.Len() && c.node == 0; i++ {
		v := math.Floor(d.w.ReportedLag(d.w.Node(i))/d.m.resolution) * d.m.resolution
		b.Samples = append(b.Samples, Sample{Family: FamilyLag, Replica: NodeID(physics.NodeID(i)), Value: math.Round(v*1000) / 1000})
	}
	d.f.seq++
	d.f.state.Apply(&Observation{
		Seq: d.f.seq, Received: t0.Add(c.at + c.took), Mono: c.at + c.took, Taken: t0.Add(c.at + c.took/2), Took: c.took,
		Source: Source{FromMetrics, NodeID(physics.NodeID(c.node))}, Body: b,
	})
}

// TestNoTrueLagIsFrozen watches hours of clusters whose gauges all tell the
// truth, in health and in every trouble.
func TestNoTrueLagIsFrozen(t *testing.T) {
	for _, m := range manners() {
		for _, s := range physics.Scenarios() {
			for seed := range uint64(2) {
				d := newWatched(t, m, seed, s.Events)
				for at := time.Duration(0); at < 12*time.Minute; {
					var lags []Lag
					at, lags = d.second(at)
					for i, l := range lags {
						if l.State == LagFrozen {
							t.Fatalf("%s, seed %d, read as %+v: %s frozen at %v after %v", s.Name, seed, m, physics.NodeID(i+1), l.Seconds, at)
						}
					}
				}
			}
		}
	}
}

// TestFrozenLagIsFound lets a gauge stop before its replica is in trouble, in it
// and after it, and counts the readings until it is told: a few, but for a gauge
// that is known to stand still by its few digits.
func TestFrozenLagIsFound(t *testing.T) {
	const s = time.Second
	slow := physics.Event{At: 30 * s, Node: 2, Kind: physics.DiskCapacity, Value: 0.2}
	cured := physics.Event{At: 55 * s, Node: 2, Kind: physics.DiskCapacity, Value: 1}
	cut := physics.Event{At: 30 * s, Node: 2, Kind: physics.BreakerTrip, Text: "5 consecutive rpc timeouts"}
	for name, c := range map[string]struct {
		events []physics.Event
		froze  time.Duration
	}{
		"before it falls behind": {[]physics.Event{slow}, 29 * s},
		"as it falls behind":     {[]physics.Event{slow}, 50 * s},
		"a minute behind":        {[]physics.Event{slow}, 90 * s},
		"as it catches up":       {[]physics.Event{slow, cured}, 56 * s},
		"before it is cut off":   {[]physics.Event{cut}, 29 * s},
		"while it is cut off":    {[]physics.Event{cut}, 50 * s},
	} {
		for _, m := range manners() {
			limit := 10 * s
			if m.resolution > 0.001 {
				limit = 30 * s
			}
			for seed := range uint64(3) {
				events := append(slices.Clone(c.events), physics.Event{At: c.froze, Node: 2, Kind: physics.LagFrozen, Value: 1})
				d := newWatched(t, m, seed, events)
				end := max(c.froze, 30*s) + limit
				found := false
				for at := time.Duration(0); at < end && !found; {
					var lags []Lag
					at, lags = d.second(at)
					found = lags[1].State == LagFrozen
				}
				if !found {
					t.Errorf("frozen %s, seed %d, read as %+v: not found within %v", name, seed, m, limit)
				}
			}
		}
	}
}
