package ssh

import (
	"context"
	"os/exec"
)

// Shared is what the hosts of one process have in common: how many connect at
// once, the resolved configuration, and the keys that were unlocked.
type Shared struct {
	dials  *dials
	config *resolver
	keys   *keyring
}

// Passphrase asks for the passphrase of a key file; again says that the answer
// before did not fit. It returns an error if there is none to be had; it is
// called for one key at a time.
type Passphrase func(ctx context.Context, keyfile string, again bool) ([]byte, error)

// NewShared returns the common part for the hosts of a process. ask may be
// nil; it is called at most once per key for an answer that fits, whichever
// hosts wait for it, and its context ends with ctx.
func NewShared(ctx context.Context, ask Passphrase) *Shared {
	binary, _ := exec.LookPath("ssh") // without it the library resolves the configuration
	return &Shared{
		dials:  newDials(),
		config: newResolver(binary),
		keys:   &keyring{ctx: ctx, ask: ask, one: make(limiter, 1), asked: map[string]*question{}},
	}
}

// limiter lets as many through at once as its capacity.
type limiter chan struct{}

// acquire waits for a free place. The caller gives it back by release.
func (l limiter) acquire(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return queued()
	}
}

func (l limiter) release() { <-l }
