package main

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/ssh"
)

// TestSoak runs everything but the screen over the demo for a while of its own
// time, and looks whether anything grows: an hour by `make soak`, else minutes.
func TestSoak(t *testing.T) {
	span, speed := 4*time.Minute, 20.0
	if word := os.Getenv("STEMETOP_SOAK"); word != "" {
		var d config.Duration
		if err := d.Set(word); err != nil {
			t.Fatal(err)
		}
		span, speed = d.D(), 60
	}
	clock := sources.NewClock(speed)
	c, err := config.Load(startDemoAt(t, "incident", clock))
	if err != nil {
		t.Fatal(err)
	}
	p := newPipeline(newWiring(c, clock, ssh.NewShared(t.Context(), nil)), false)
	in := invocation{options: options{record: t.TempDir() + "/soak.stemetop"}}
	k, err := in.keep(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := p.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	watch := func(d time.Duration) held {
		least := measure(t)
		for end := clock.Now().Add(d); clock.Now().Before(end); {
			if p.timeline.Head(clock.Now) == nil {
				t.Fatal("nothing is known")
			}
			if err := clock.Sleep(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			goroutines, files := handles(t)
			least.goroutines, least.files = min(least.goroutines, goroutines), min(least.files, files)
		}
		least.heap = measure(t).heap
		return least
	}
	watch(span / 4) // the first half fills what is bounded
	before := watch(span / 4)
	watch(span / 4)
	after := watch(span / 4)
	last := p.timeline.Head(clock.Now).LastSeq
	stop()
	if err := k.close(); err != nil {
		t.Error(err)
	}
	t.Logf("%v at %v times: %d observations; before %+v, after %+v", span, speed, last, before, after)
	if perSecond := float64(last) / span.Seconds(); perSecond < 4 {
		t.Errorf("%.1f observations a second from 10 sources: they did not keep up", perSecond)
	}
	// The tape may still fill its 4 MiB, and raw history its quarter of an hour.
	if grown := int64(after.heap) - int64(before.heap); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if after.goroutines > before.goroutines+8 || after.files > before.files+8 {
		t.Errorf("goroutines or files leak")
	}
}

// held is what the process holds. Of goroutines and files it is the least of a
// while: those of what is being asked come and go, what leaks stays.
type held struct {
	heap              uint64
	goroutines, files int
}

func measure(t *testing.T) held {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	goroutines, files := handles(t)
	return held{m.HeapAlloc, goroutines, files}
}

func handles(t *testing.T) (goroutines, files int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return runtime.NumGoroutine(), len(list)
}
