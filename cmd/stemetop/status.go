package main

import (
	"context"
	"encoding/json"
	"io"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// status prints one reading of the cluster or of a recording.
func status(ctx context.Context, in invocation) (int, error) {
	s, err := in.reading(ctx)
	if err != nil {
		return exitInternal, err
	}
	if in.json {
		err = writeJSON(in.out, s)
	} else {
		err = writeText(in.out, s)
	}
	if err != nil {
		return exitInternal, failed(exitInternal, "writing the reading", err)
	}
	return exitCode(s), nil
}

func (in *invocation) reading(ctx context.Context) (*cluster.Snapshot, error) {
	switch {
	case in.replay != "":
		if in.from["for"] != "" {
			in.say("note", in.from["for"]+" has no effect on a recording: rates are those that the screen showed")
		}
		for _, name := range []string{"primary", "replica", "ssh"} {
			if from := in.from[name]; isFlag(from) {
				return nil, usage(from+" and --replay are given both", "choose the cluster or a recording of it")
			}
		}
		return in.readRecording(in.replay, in.at)
	case in.at != "":
		return nil, usage("--at is given without --replay", "name the recording: --replay FILE")
	case in.watch <= 0:
		return nil, usage("--for is "+in.watch.String(), "choose more than 0, for example 20s")
	}
	return in.watchCluster(ctx)
}

// watchCluster collects for a while and returns what is known at its end.
func (in *invocation) watchCluster(ctx context.Context) (*cluster.Snapshot, error) {
	ctx, cancel := untilStopped(ctx)
	defer cancel()
	c, err := in.load()
	if err != nil {
		return nil, err
	}
	shared, err := in.unlock(ctx, c)
	if err != nil {
		return nil, err
	}
	clock := sources.NewClock(1)
	p := newPipeline(newWiring(c, clock, shared), true)
	defer p.end()
	stop, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	err = clock.Sleep(ctx, in.watch.D())
	at := clock.Now()
	stop()
	if err != nil {
		return nil, err
	}
	return p.timeline.At(at), nil
}

// writeJSON prints schema 1, a key a line.
func writeJSON(w io.Writer, s *cluster.Snapshot) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(newReport(s))
}
