package actions

import "time"

// The time between two ticks, in real time: while somebody decides or waits, while
// the cluster is looked at, and while no more than a limit stands.
const (
	tickQuick  = 100 * time.Millisecond
	tickEvery  = 250 * time.Millisecond
	tickSeldom = time.Second
)

// tick lets time pass for the reducer while anything goes on.
func (r *Runner) tick() {
	if r.ticking {
		select {
		case r.wake <- struct{}{}: // the next one may be due earlier now
		default:
		}
		return
	}
	if r.state.pace() == 0 {
		return
	}
	r.ticking = true
	r.wg.Go(func() {
		t := time.NewTimer(tickQuick)
		defer t.Stop()
		for {
			select {
			case <-r.ctx.Done():
				return
			case <-t.C:
			case <-r.wake:
			}
			next := r.ticked()
			if next == 0 {
				return
			}
			t.Reset(next)
		}
	})
}

// ticked is one tick; it returns when another is needed, 0 for never.
func (r *Runner) ticked() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look()
	r.step(Tick{})
	next := r.state.pace()
	r.ticking = !r.closed && next > 0
	if !r.ticking {
		return 0
	}
	return next
}

// pace is after what time something may be due; 0 if the passing of time does
// not matter.
func (s *State) pace() time.Duration {
	switch {
	case s.Flight != nil || s.Dialog != nil && s.Dialog.Phase < Verifying:
		return tickQuick
	case len(s.Trials) > 0 || s.Climb != nil:
		return tickEvery
	case s.Standing.PerSecond > 0:
		return tickSeldom
	}
	return 0
}
