package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// keeper records a pipeline until it is closed.
type keeper struct {
	recorder *recording.Recorder
	failure  atomic.Pointer[cluster.Failure] // why nothing is recorded now
	told     func(*cluster.Failure)          // when that changes; may be nil
	cancel   context.CancelFunc
	done     chan error
}

// keep begins to record what p folds: to the file that a flag names, else to
// the directory.
func (in *invocation) keep(ctx context.Context, p *pipeline, told func(*cluster.Failure)) (*keeper, error) {
	if in.record != "" {
		if _, err := os.Stat(in.record); err == nil {
			return nil, usage(in.record+" exists", "a recording is never overwritten: name another file")
		}
		if dir := filepath.Dir(in.record); !isDir(dir) {
			return nil, usage("there is no directory "+dir, "make it, or name another file")
		}
	}
	r := p.wiring.config.Record
	k := &keeper{done: make(chan error, 1), told: told}
	k.recorder = recording.NewRecorder(recording.RecorderOptions{
		Dir: cmp.Or(home(r.Dir), recordings()), Path: in.record,
		MaxSize: int64(r.MaxSize), MaxAge: r.MaxAge.D(),
		Program: "stemetop " + version(), Clock: p.wiring.clock,
		Failed: k.fail,
		Lost:   func(n uint64) { p.lost("recording", n) },
	}, p.timeline)
	// It ends by close and not by ctx: the last that was collected comes after that.
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() { k.done <- k.recorder.Run(ctx) }()
	return k, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (k *keeper) fail(f *cluster.Failure) {
	k.failure.Store(f)
	if k.told != nil {
		k.told(f)
	}
}

// state says in a few words how the recording stands, and whether it fails.
func (k *keeper) state() (text cluster.Text, fails bool) {
	if f := k.failure.Load(); f != nil {
		return cluster.Clean("not recording: " + f.What.String()), true
	}
	if path := k.recorder.Path(); path != "" {
		return cluster.Clean("recording to " + filepath.Base(path)), false
	}
	return cluster.Text{}, false
}

// finishWithin is how long the end of the program waits for a disk that hangs.
const finishWithin = 5 * time.Second

// close finishes the file. Everything must be folded before.
func (k *keeper) close() error {
	k.cancel()
	select {
	case err := <-k.done:
		return err
	case <-time.After(finishWithin):
		return cluster.Fail(cluster.FailTimeout, "finishing the recording: the disk did not answer in "+finishWithin.String(),
			"what was written before can be replayed")
	}
}
