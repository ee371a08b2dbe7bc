package host

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// refusedEvery is the pause after a failure that time does not heal: a storm of
// logins fills the host's log, and locks the account or our address out.
const refusedEvery = time.Minute

// backoff is the default pause after n failed attempts.
func backoff(n int) time.Duration {
	d := time.Second << min(max(n, 1)-1, 5)
	d = min(d, 30*time.Second)
	return time.Duration(float64(d) * (0.7 + 0.6*rand.Float64())) //nolint:gosec // only spreads the load
}

// retry says when to connect again.
type retry struct {
	attempts int
	last     *cluster.Failure // nil after a success
	next     time.Duration    // on the monotonic clock
}

// wait returns the failure that stands while it is too early to try again.
func (r *retry) wait(now time.Duration) *cluster.Failure {
	if r.last == nil || now >= r.next {
		return nil
	}
	left := (r.next - now + time.Second - 1).Truncate(time.Second)
	f := *r.last
	f.What = cluster.Clean(fmt.Sprintf("%s; next try in %.0f s", f.What, left.Seconds()))
	return &f
}

func (r *retry) failed(f *cluster.Failure, now time.Duration, backoff func(int) time.Duration) {
	if f.Kind == cluster.FailConnecting { // it waits for a person, or for its turn
		r.last, r.next = f, now
		return
	}
	r.attempts++
	pause := backoff(r.attempts)
	switch f.Kind {
	case cluster.FailAuth, cluster.FailHostUnknown, cluster.FailHostChanged, cluster.FailHostRevoked,
		cluster.FailCommand, cluster.FailShell, cluster.FailUnsupported, cluster.FailConfig, cluster.FailPassphrase:
		pause = max(pause, refusedEvery)
	default:
	}
	r.last, r.next = f, now+pause
}

func (r *retry) succeeded() { *r = retry{} }

// trips are the newest round trips of ticks.
type trips struct {
	took [15]time.Duration
	n    int
}

func (t *trips) add(d time.Duration) {
	t.took[t.n%len(t.took)] = d
	t.n++
}

// limit is how long to wait for an answer: four times the median, since a far
// host is not a slow one, and at least the floor.
func (t *trips) limit(floor time.Duration) time.Duration {
	known := slices.Sorted(slices.Values(t.took[:min(t.n, len(t.took))]))
	if len(known) == 0 {
		return floor
	}
	return max(floor, 4*known[len(known)/2])
}
