package main

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// pipeline is the one stream with its lossless reader, the timeline. What reads
// the cluster publishes to it, and all that is shown is read from the timeline.
type pipeline struct {
	wiring   *wiring
	stream   *sources.Stream
	poller   *sources.Poller
	timeline *recording.Timeline
	changed  chan struct{} // something was folded in; coalesced
	folded   chan struct{} // closed when all was
	session  cluster.Observation
}

// queue is how many observations may wait for the fold: those of many rounds,
// and of a demo that runs a thousand times faster. Each takes its 120 bytes from
// the start on, so a small cluster has a short one.
func queue(nodes int) int { return 1024 + 16*nodes }

// newPipeline returns one that waits for start. whole makes rates run over all
// that was seen.
func newPipeline(w *wiring, whole bool) *pipeline {
	h := w.config.History
	p := &pipeline{
		wiring: w, stream: sources.NewStream(w.clock),
		timeline: recording.NewLive(recording.LiveOptions{History: historyOptions(h), Whole: whole}),
		changed:  make(chan struct{}, 1), folded: make(chan struct{}),
	}
	p.poller = sources.NewPoller(p.stream, w.clock, w.config.Interval.D())
	session := w.session()
	p.session = session
	reader := p.stream.Subscribe("history", queue(len(w.nodes())))
	go p.fold(reader, newJudging(w.config.Interval.D(), w.rules()))
	p.stream.Publish(session)
	return p
}

// fold is the one reader of the stream that everything shown comes from.
func (p *pipeline) fold(reader *sources.Reader, b *judging) {
	defer close(p.folded)
	for o := range reader.C {
		p.take(&o, b)
		if b.due(&o) {
			p.say(b.conclude(p), reader, b)
		}
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

func (p *pipeline) take(o *cluster.Observation, b *judging) {
	p.timeline.Apply(o)
	b.apply(o)
}

// say puts what was concluded on the stream, and takes what waits there in
// between: nobody else does, and of a thousand replicas found in one answer more
// is said at once than the queue of a cluster of one configured node holds.
func (p *pipeline) say(conclusions []cluster.Observation, reader *sources.Reader, b *judging) {
	for _, said := range conclusions {
		p.stream.Publish(said)
		for waiting := true; waiting; {
			select {
			case o, ok := <-reader.C:
				if !ok {
					return
				}
				p.take(&o, b)
			default:
				waiting = false
			}
		}
	}
}

func historyOptions(h config.History) cluster.HistoryOptions {
	return cluster.HistoryOptions{Raw: h.Raw.D(), Retention: h.Retention.D(), MaxBytes: int64(h.MaxMemory)}
}

// linger is how long the end of the program waits for targets that hang.
const linger = time.Second

// start begins to collect. stop ends that, waits until what was published is
// folded in, and no longer than linger for targets that hang.
func (p *pipeline) start(ctx context.Context) (stop func(), err error) {
	list, err := p.wiring.collectors()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wg sync.WaitGroup
		if s, ok := p.session.Body.(*cluster.Session); ok {
			wg.Go(func() { p.recallNormal(ctx, s) })
		}
		p.poller.Run(ctx, list)
		wg.Wait()
	}()
	return func() {
		cancel()
		select {
		case <-done:
		case <-time.After(linger):
		}
		p.end()
	}, nil
}

// end closes the stream, and returns when all is folded in. What is published
// later is lost, so it comes last.
func (p *pipeline) end() {
	p.stream.Close()
	<-p.folded
}

// note puts a remark of the operator on the stream.
func (p *pipeline) note(author, text cluster.Text) {
	p.stream.Publish(cluster.Observation{
		Taken: p.wiring.clock.Now(), Source: cluster.Source{Kind: cluster.FromOperator},
		Body: &cluster.Note{Author: author, Text: text},
	})
}

// lost puts on the stream that a reader of it has a hole.
func (p *pipeline) lost(reader string, n uint64) {
	p.stream.Publish(cluster.Observation{
		Taken: p.wiring.clock.Now(), Source: cluster.Source{Kind: cluster.FromMonitor},
		Body: &cluster.Gap{Reader: cluster.Clean(reader), Lost: n},
	})
}
