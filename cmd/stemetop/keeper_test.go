package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// TestEndGivesUpOnAHungDisk: the recorder is in a write that never returns. The
// end of the program waits for it for a while, says so, and goes on.
func TestEndGivesUpOnAHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timeline := recording.NewLive(recording.LiveOptions{})
		disk := make(chan struct{})
		k := &keeper{done: make(chan error, 1)}
		// No disk can be made to hang here. Failed is called by the goroutine that
		// writes, and holds it up as a write would.
		k.recorder = recording.NewRecorder(recording.RecorderOptions{
			Path: t.TempDir() + "/nowhere/run.stemetop", Clock: sources.NewClock(1),
			Failed: func(*cluster.Failure) { <-disk },
		}, timeline)
		ctx, cancel := context.WithCancel(t.Context())
		k.cancel = cancel
		go func() { k.done <- k.recorder.Run(ctx) }()
		timeline.Apply(&cluster.Observation{Received: time.Now(), Taken: time.Now(), Source: cluster.Source{Kind: cluster.FromMonitor}, Body: &cluster.Session{Interval: time.Second}})
		time.Sleep(3 * time.Second)
		synctest.Wait()

		began := time.Now()
		err := k.close()
		if took := time.Since(began); took != finishWithin {
			t.Errorf("it gave up after %v, not %v", took, finishWithin)
		}
		if f, ok := errors.AsType[*cluster.Failure](err); !ok || f.Kind != cluster.FailTimeout || f.Hint.IsZero() {
			t.Errorf("it ended with %v", err)
		}
		close(disk)
		<-k.done
	})
}
