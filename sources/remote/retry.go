package remote

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// refusedEvery is the pause after a failure that time does not heal: a storm of
// logins fills the host's log, and locks the account or our address out.
const refusedEvery = time.Minute

// Backoff is the default pause after n failed attempts, from 1: 1, 2, 4 s and so
// on up to 30 s, each 30 % more or less.
func Backoff(n int) time.Duration {
	d := time.Second << min(max(n, 1)-1, 5)
	d = min(d, 30*time.Second)
	return time.Duration(float64(d) * (0.7 + 0.6*rand.Float64())) //nolint:gosec // only spreads the load
}

// Retry says when to connect again. The zero value says at once.
type Retry struct {
	attempts int
	last     *cluster.Failure // nil after a success
	next     time.Duration    // on the monotonic clock
}

// Stands returns the failure that stands while it is too early to try again.
func (r *Retry) Stands(now time.Duration) *cluster.Failure {
	if r.last == nil || now >= r.next {
		return nil
	}
	return r.last
}

// Wait is Stands with the time that is left.
func (r *Retry) Wait(now time.Duration) *cluster.Failure {
	stands := r.Stands(now)
	if stands == nil {
		return nil
	}
	left := (r.next - now + time.Second - 1).Truncate(time.Second)
	f := *stands
	f.What = cluster.Clean(fmt.Sprintf("%s; next try in %.0f s", f.What, left.Seconds()))
	return &f
}

// Failed notes an attempt that failed; backoff is the pause after n of them.
func (r *Retry) Failed(f *cluster.Failure, now time.Duration, backoff func(int) time.Duration) {
	if f.Kind == cluster.FailConnecting { // it waits for a person, or for its turn
		r.last, r.next = f, now
		return
	}
	r.attempts++
	pause := backoff(r.attempts)
	switch f.Kind {
	case cluster.FailAuth, cluster.FailHostUnknown, cluster.FailHostChanged, cluster.FailHostRevoked,
		cluster.FailCommand, cluster.FailShell, cluster.FailUnsupported, cluster.FailConfig, cluster.FailPassphrase,
		cluster.FailPermission:
		pause = max(pause, refusedEvery)
	default:
	}
	r.last, r.next = f, now+pause
}

// Succeeded forgets all failures.
func (r *Retry) Succeeded() { *r = Retry{} }
