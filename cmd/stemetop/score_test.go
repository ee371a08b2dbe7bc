package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// The seeds of runs that rules may be looked at with, and of those that decide.
const (
	scoreTuning  = 1
	scoreHeldOut = 20261122
)

// errBusy says that hosts did not answer in time: such a run tells of this
// machine and is repeated.
var errBusy = errors.New("this machine is too busy")

// act lets a plot happen before the real collectors, and returns the verdict
// that the judge put on the stream.
func act(tb testing.TB, p *plot) (outcome, error) {
	s, err := newStage(tb, p)
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	id := cluster.NodeID(physics.NodeID(p.target))
	s.run(p.end)
	for limit := p.end + 2*time.Minute; s.clock.Mono() < limit && !s.sick(id); {
		s.run(s.clock.Mono() + 10*time.Second)
	}
	s.round() // what the last round gave is concluded upon
	if s.failed > 2 {
		return outcome{}, fmt.Errorf("%s: %w: %d host readings failed", p.name, errBusy, s.failed)
	}
	v, ok := s.verdicts[id]
	if !ok {
		return outcome{}, fmt.Errorf("%s: no verdict on %s came", p.name, id)
	}
	return outcome{p, v}, err
}

// plots makes some of a seed.
func plots(seed uint64, runs int) []*plot {
	list := make([]*plot, runs)
	for i := range list {
		list[i] = newPlot(seed, i)
	}
	return list
}

// score runs plots side by side, as the machine can.
func score(tb testing.TB, list []*plot) *tally {
	tb.Helper()
	t := &tally{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan *plot)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range next {
				o, err := act(tb, p)
				for i := 0; i < 3 && errors.Is(err, errBusy); i++ {
					o, err = act(tb, p)
				}
				mu.Lock()
				if err != nil {
					tb.Error(err)
				} else {
					t.add(o)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range list {
		next <- p
	}
	close(next)
	wg.Wait()
	// A benchmark's log is cut after ten lines.
	_, _ = fmt.Fprintf(os.Stdout, "%v\n%s", t, t.details())
	return t
}

// TestScore is a small sample of what BenchmarkScore decides: one of each cause
// on a small cluster that has all sensors.
func TestScore(t *testing.T) {
	var list []*plot
	had := map[cluster.Cause]bool{}
	for i := 0; len(list) < 7; i++ {
		p := newPlot(scoreHeldOut, i)
		if cause := p.truth[0]; p.replicas == 2 && p.blind == (blind{}) && len(p.truth) == 1 && !had[cause] {
			had[cause] = true
			list = append(list, p)
		}
	}
	// One of six may be seen at a bad moment; that it is named wrongly for sure may not.
	if got := score(t, list); got.likely < 3 || got.likelyRight < got.likely || got.first < got.sensed-1 {
		t.Errorf("likely is right in %d of %d, the true cause is first in %d of %d", got.likelyRight, got.likely, got.first, got.sensed)
	}
}

// BenchmarkScore is the promise of the verdict over the embedded cluster, read
// by the real collectors. It takes some minutes: make score.
func BenchmarkScore(b *testing.B) {
	for b.Loop() {
		t := score(b, plots(scoreHeldOut, 320))
		for _, c := range t.complaints() {
			b.Error(c)
		}
		b.ReportMetric(portion(t.likelyRight, t.likely), "%likely-right")
		b.ReportMetric(portion(t.first, t.sensed), "%first")
	}
}

// BenchmarkScoreTuning is the same over the runs that may be looked at.
func BenchmarkScoreTuning(b *testing.B) {
	for b.Loop() {
		score(b, plots(scoreTuning, 160))
	}
}
