package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
)

// stops are the signals that end the program in order. Those that whoever started
// it had ignored (nohup, a job of a script) stay ignored.
func stops() []os.Signal {
	return append([]os.Signal{syscall.SIGTERM}, // never none, which would stand for all there are
		slices.DeleteFunc([]os.Signal{syscall.SIGINT, syscall.SIGHUP}, signal.Ignored)...)
}

// untilStopped returns a context that ends with ctx or with a signal.
func untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, stops()...)
}

// heldSignals keeps signals from ending the process before and after the screen, which
// handles them itself: what was begun is to be finished. A terminal that goes away
// sends more than one.
type heldSignals struct{ signals chan os.Signal }

// holdSignals begins; release ends it.
func holdSignals() heldSignals {
	h := heldSignals{make(chan os.Signal, 8)}
	signal.Notify(h.signals, stops()...)
	return h
}

func (h heldSignals) release() { signal.Stop(h.signals) }

// during runs the screen, with a context that also ends with a signal, even one
// that came before. Where the screen has no exit code of its own it is the
// signal's. Afterwards ctrl-c ends the process at once again: who waits may have
// had enough.
func (h heldSignals) during(ctx context.Context, screen func(context.Context) (int, error)) (code int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var got atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case sig := <-h.signals:
			if n, ok := sig.(syscall.Signal); ok {
				got.Store(int32(n))
			}
			cancel()
		case <-ctx.Done():
		}
	}()
	code, err = screen(ctx)
	cancel()
	<-done
	signal.Reset(syscall.SIGINT)
	if n := int(got.Load()); n > 0 && code == exitOK && err == nil {
		code = 128 + n
	}
	return code, err
}
