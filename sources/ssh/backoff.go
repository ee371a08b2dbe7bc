package ssh

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Backoff says how long to wait before the next attempt to reach a host. What
// may pass by itself is tried again after 1, 2, 4 … 30 s; what somebody has to
// correct (a key, the configuration) after 60 s, since a server may block a
// source that keeps failing. All of it varies by 30 % either way, the 60 s
// upwards only, so that many hosts don't come back at once.
type Backoff struct {
	Rand  func() float64 // in [0, 1)
	tries int
}

// The waits of Backoff, before they are varied.
const (
	backoffFirst   = time.Second
	backoffMost    = 30 * time.Second
	backoffRefused = 60 * time.Second
	backoffVary    = 0.3
)

// Next returns the wait after a failure of a kind.
func (b *Backoff) Next(kind cluster.FailureKind) time.Duration {
	if !transient(kind) {
		b.tries = 0 // after the correction it starts afresh
		return vary(backoffRefused, 1+backoffVary*b.Rand())
	}
	wait := min(backoffFirst<<min(b.tries, 5), backoffMost)
	b.tries++
	return vary(wait, 1-backoffVary+2*backoffVary*b.Rand())
}

// Reset is called once a host answered: the next failure is a first one.
func (b *Backoff) Reset() { b.tries = 0 }

func vary(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// transient tells whether a failure may pass without anybody doing anything.
func transient(kind cluster.FailureKind) bool {
	switch kind {
	case cluster.FailAuth, cluster.FailHostUnknown, cluster.FailHostChanged, cluster.FailHostRevoked,
		cluster.FailCommand, cluster.FailShell, cluster.FailPermission, cluster.FailUnsupported,
		cluster.FailConfig, cluster.FailPassphrase:
		return false
	default:
		return true
	}
}
