package ssh

import (
	"context"
	"errors"
	"sync"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Builtin is the transport that speaks SSH itself. Sessions share one
// connection.
type Builtin struct {
	options Options
	target  target
	turn    limiter // one Start at a time

	mu   sync.Mutex
	link *link // nil before the first connection
}

// New returns the builtin transport to a host. It neither connects nor reads
// any file; Options.Target that can't be one is its only error.
func New(o Options) (*Builtin, error) {
	o.setDefaults()
	t, err := parseTarget(o.Target)
	if err != nil {
		return nil, err
	}
	return &Builtin{options: o, target: t, turn: make(limiter, 1)}, nil
}

// Start connects if needed and starts command. A whole connection takes up to
// two DialTimeout per hop; how long to wait for a passphrase is up to ctx, and
// the question stays open beyond it. Every error is a *cluster.Failure.
func (b *Builtin) Start(ctx context.Context, command string) (Session, error) {
	if err := b.turn.acquire(ctx); err != nil {
		return nil, err
	}
	defer b.turn.release()
	l, err := b.joined(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() {
		l.end(cluster.Fail(cluster.FailTimeout, b.target.host+" did not start the command in time", ""))
	})
	defer stop()
	s, err := startSession(l, command)
	if err != nil {
		l.drop()
		return nil, err
	}
	return s, nil
}

// joined returns a link on which a session has begun.
func (b *Builtin) joined(ctx context.Context) (*link, error) {
	for {
		l, err := b.connection(ctx)
		if err != nil {
			return nil, err
		}
		if l.join() {
			return l, nil
		}
		<-l.gone // its last session is being closed
	}
}

// Close closes the connection and every session. A Start under way is ended by
// its context; a later one connects anew.
func (b *Builtin) Close() error {
	b.mu.Lock()
	l := b.link
	b.link = nil
	b.mu.Unlock()
	if l != nil {
		l.end(cluster.Fail(cluster.FailReset, "closed", ""))
	}
	return nil
}

// connection returns the link there is, or makes one.
func (b *Builtin) connection(ctx context.Context) (*link, error) {
	b.mu.Lock()
	l := b.link
	b.mu.Unlock()
	if l != nil && l.alive() {
		return l, nil
	}
	hops, err := b.options.Shared.config.route(ctx, b.options.ConfigFile, b.target)
	if err != nil {
		return nil, err
	}
	last := hops[len(hops)-1]
	if len(b.options.KnownHosts) > 0 {
		last.overrideKnownHosts(b.options.KnownHosts)
	}
	last.explicitIdentity = tilde(b.options.IdentityFile)
	l, err = b.connect(ctx, hops)
	for range maxHops { // once more for each encrypted key that a hop wants
		wanted, ok := errors.AsType[*wantedError](err)
		if !ok {
			break
		}
		if err = b.options.Shared.keys.unlock(ctx, wanted.file); err == nil {
			l, err = b.connect(ctx, hops)
		}
	}
	if err != nil {
		return nil, asFailure(err)
	}
	b.mu.Lock()
	b.link = l
	b.mu.Unlock()
	return l, nil
}

// asFailure gives an error that has no kind yet one.
func asFailure(err error) *cluster.Failure {
	if f, ok := errors.AsType[*cluster.Failure](err); ok {
		return f
	}
	return cluster.Fail(cluster.FailOther, err.Error(), "")
}
