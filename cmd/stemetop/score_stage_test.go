package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo"
	"github.com/stemedb/stemetop/sources/demo/physics"
	"github.com/stemedb/stemetop/sources/ssh"
)

// leapClock runs as real time does while a round of readings is taken, and leaps
// to the next round when told to: minutes of a cluster take seconds, and no
// collector can fall behind however busy the machine is.
type leapClock struct {
	wall time.Time
	at   atomic.Pointer[leap]
}

// leap is where the clock stood when it leapt last.
type leap struct {
	mono time.Duration
	real time.Time
	most time.Duration // that passes until the next leap
}

func newLeapClock() *leapClock {
	c := &leapClock{wall: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	c.at.Store(&leap{real: time.Now(), most: time.Second})
	return c
}

func (c *leapClock) leap(to, most time.Duration) { c.at.Store(&leap{to, time.Now(), most}) }

func (c *leapClock) Mono() time.Duration {
	l := c.at.Load()
	return l.mono + min(time.Since(l.real), l.most)
}

func (c *leapClock) Now() time.Time                     { return c.wall.Add(c.Mono()) }
func (c *leapClock) Real(d time.Duration) time.Duration { return d }
func (c *leapClock) Speed() float64                     { return 2 } // not the hosts' speed, and near 1: some wait for real time
func (c *leapClock) Sleep(ctx context.Context, d time.Duration) error {
	return sources.NewClock(1).Sleep(ctx, d)
}

// blind are the sensors that a run does without.
type blind struct {
	Host, PSI, Processes, Admin, PrimaryHost, Metrics bool
}

// stage is the whole program but for the screen over an embedded cluster.
type stage struct {
	tb         testing.TB
	clock      *leapClock
	pipeline   *pipeline
	collectors []sources.Collector
	reader     *sources.Reader // of the stream
	interval   time.Duration
	verdicts   map[cluster.NodeID]cluster.Verdict // as said on the stream
	failed     int                                // readings with an error, of sources that are there
	close      func() error
}

// stageKey is the key of all runs.
var stageKey = sync.OnceValues(func() (k struct {
	public gossh.PublicKey
	file   string
}, err error,
) {
	dir, err := os.MkdirTemp("", "stemetop-score-")
	if err != nil {
		return k, err
	}
	k.public, k.file, err = newKey(dir)
	return k, err
})

// newStage starts a cluster for a plot, and the program over it when it begins.
func newStage(tb testing.TB, p *plot) (*stage, error) {
	key, err := stageKey()
	if err != nil {
		return nil, err
	}
	dir := tb.TempDir()
	ctx, cancel := context.WithCancel(tb.Context())
	clock := newLeapClock()
	embedded, err := demo.Start(ctx, demo.Options{
		Scenario: "healthy", Seed: p.seed, Clock: clock, Authorized: []gossh.PublicKey{key.public}, Replicas: p.replicas,
		Allowed: scripts(), Events: p.events,
	})
	if err != nil {
		cancel()
		return nil, err
	}
	r := &stage{tb: tb, clock: clock, interval: time.Second, verdicts: map[cluster.NodeID]cluster.Verdict{}}
	if p.replicas > 5 {
		r.interval = 2 * time.Second
	}
	r.close = func() error {
		defer cancel()
		for _, c := range r.collectors {
			_ = c.Close()
		}
		if r.pipeline != nil {
			r.pipeline.end()
		}
		return embedded.Close()
	}
	c, err := demoConfig(embedded.Nodes(), dir, key.file)
	if err == nil {
		c.Interval = config.Duration(r.interval)
		err = p.blind.apply(c, embedded.Nodes(), physics.NodeID(p.target))
	}
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		_ = r.close()
		return nil, err
	}
	clock.leap(p.begin, r.interval*9/10)
	r.pipeline = newPipeline(newWiring(c, clock, ssh.NewShared(ctx, nil)), false)
	r.reader = r.pipeline.stream.Subscribe("score", 1<<14)
	if r.collectors, err = r.pipeline.wiring.collectors(); err != nil {
		_ = r.close()
		return nil, err
	}
	return r, nil
}

// apply takes the sensors away: by the configuration, as a person would have
// left them out, or on the host.
func (b blind) apply(c *config.Config, nodes []demo.Node, target string) error {
	if b.PrimaryHost {
		c.Primary.SSH = ""
	}
	if b.Admin {
		c.Admin.URL = "http://127.0.0.1:1" // nobody listens
	}
	if b.Processes {
		c.Process = "another"
	}
	for i := range c.Replicas {
		n := &c.Replicas[i]
		if n.ID != target {
			continue
		}
		if b.Host {
			n.SSH = ""
		}
		if b.Metrics {
			n.URL = ""
		}
	}
	for _, n := range nodes {
		if b.PSI && n.Proc != "" {
			if err := os.RemoveAll(filepath.Join(n.Proc, "pressure")); err != nil {
				return err
			}
		}
	}
	return nil
}

// run lets the cluster live until the clock shows to.
func (s *stage) run(to time.Duration) {
	for at := s.clock.at.Load().mono; at < to; {
		s.round()
		at += s.interval
		s.clock.leap(at, s.interval*9/10)
	}
}

// round takes one reading of everything, as the poller does, and waits until
// all of it is folded in.
func (s *stage) round() {
	var wg sync.WaitGroup
	for _, c := range s.collectors {
		wg.Go(func() {
			for _, x := range c.Collect(s.tb.Context()) {
				s.pipeline.stream.Publish(cluster.Observation{Taken: x.Taken, Took: x.Took, Source: c.Source(), Err: x.Err, Body: x.Body})
			}
		})
	}
	wg.Wait()
	for last := s.listen(); s.pipeline.timeline.Head(s.clock.Now).LastSeq < last; {
		time.Sleep(20 * time.Microsecond)
	}
}

// sick tells whether the lag of a replica has to be explained.
func (s *stage) sick(id cluster.NodeID) bool {
	now := s.pipeline.timeline.Head(s.clock.Now)
	lag := now.Replica(id).Lag
	v, ok := lag.Seconds.Value()
	return lag.State != cluster.LagLive || (ok && v > now.Session.Thresholds.Warning.Seconds())
}

// listen takes what is on the stream by now, and returns the number of the last.
func (s *stage) listen() (last uint64) {
	for {
		select {
		case o := <-s.reader.C:
			last = o.Seq
			if v, ok := o.Body.(*cluster.Verdict); ok {
				s.verdicts[v.Replica] = *v
			}
			if o.Err != nil && o.Source.Kind == cluster.FromHost {
				s.failed++
			}
		default:
			return last
		}
	}
}
