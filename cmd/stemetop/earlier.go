package main

import (
	"cmp"
	"context"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

const (
	// afterStart is when earlier recordings are read: the first answers of the
	// cluster come first.
	afterStart = time.Second
	// readingLimit bounds how long that takes, in real time, on a slow disk.
	readingLimit = 5 * time.Second
)

// recallNormal reads in earlier recordings of the cluster what is normal there,
// and puts it on the stream for the judge. Most people start a monitor after the
// alert, when the run itself can't tell any more.
func (p *pipeline) recallNormal(ctx context.Context, session *cluster.Session) {
	select {
	case <-time.After(afterStart):
	case <-ctx.Done():
		return
	}
	limited, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	calm := runbook.NewCalm()
	recording.SampleEarlier(limited, cmp.Or(home(p.wiring.config.Record.Dir), recordings()), session, calm)
	if norms := calm.Norms(); norms.Recordings > 0 && ctx.Err() == nil {
		p.stream.Publish(cluster.Observation{
			Taken: p.wiring.clock.Now(), Source: cluster.Source{Kind: cluster.FromMonitor}, Body: norms,
		})
	}
}
