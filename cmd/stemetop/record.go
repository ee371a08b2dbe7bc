package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// record records without a screen until it is interrupted. It says where, and
// what goes wrong; else it is quiet.
func record(ctx context.Context, in invocation) (int, error) {
	ctx, cancel := untilStopped(ctx)
	defer cancel()
	c, err := in.load()
	if err != nil {
		return exitUsage, err
	}
	shared, err := in.unlock(ctx, c)
	if err != nil {
		return exitInternal, err
	}
	p := newPipeline(newWiring(c, sources.NewClock(1), shared), false)
	defer p.end()
	k, err := in.keep(ctx, p, in.tellFailure)
	if err != nil {
		return exitUsage, err
	}
	code, err := in.recordUntil(ctx, p, k)
	if failure := k.close(); failure != nil {
		return exitInternal, errors.Join(err, failed(exitInternal, "finishing the recording", failure))
	}
	if k.failure.Load() != nil {
		code = exitInternal // it was told when it happened
	}
	return code, err
}

// recordUntil collects until ctx ends, and returns when all of it is folded in.
func (in *invocation) recordUntil(ctx context.Context, p *pipeline, k *keeper) (int, error) {
	begin := p.wiring.clock.Now()
	stop, err := p.start(ctx)
	if err != nil {
		return exitUsage, err
	}
	defer stop()
	file, err := in.tellPath(ctx, k)
	if err != nil {
		return exitInternal, err
	}
	<-ctx.Done()
	if file != "" {
		_, err = fmt.Fprintf(in.out, "recorded %s to %s\n", p.wiring.clock.Now().Sub(begin).Truncate(time.Second), file)
	}
	return exitOK, err
}

// tellPath waits until there is a file and tells its name; empty if there is
// none as ctx ends.
func (in *invocation) tellPath(ctx context.Context, k *keeper) (string, error) {
	for k.recorder.Path() == "" && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	file := k.recorder.Path()
	if file == "" {
		return "", nil
	}
	_, err := fmt.Fprintf(in.out, "recording to %s\n", file)
	return file, err
}

func (in *invocation) tellFailure(f *cluster.Failure) {
	if f == nil {
		in.say("note", "recording again")
		return
	}
	in.complain("not recording: "+f.What.String(), f.Hint.String())
}
