package ssh

import (
	"context"
	"strings"
	"sync"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxHops bounds a chain of jump hosts: a longer one jumps in circles.
const maxHops = 8

// resolver answers what the ssh configuration says of a host, from memory if
// it was asked before: resolving starts a process.
type resolver struct {
	binary string  // of ssh; empty to do without
	runs   limiter // a few at a time: this goes on beside the first screen
	mu     sync.Mutex
	known  map[place]*settings
}

type place struct {
	config string
	target target
}

func newResolver(binary string) *resolver {
	return &resolver{binary: binary, runs: make(limiter, 2), known: map[place]*settings{}}
}

// host resolves one host. Errors are not remembered, so that a corrected file
// is read at the next attempt.
func (r *resolver) host(ctx context.Context, config string, t target) (*settings, error) {
	key := place{config, t}
	r.mu.Lock()
	s := r.known[key]
	r.mu.Unlock()
	if s == nil {
		get, err := r.read(ctx, config, t)
		if err != nil {
			return nil, err
		}
		if s, err = newSettings(t, get); err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.known[key] = s
		r.mu.Unlock()
	}
	own := *s
	return &own, nil
}

func (r *resolver) read(ctx context.Context, config string, t target) (lookup, error) {
	if r.binary == "" {
		return readConfig(config, t.host)
	}
	if err := r.runs.acquire(ctx); err != nil {
		return nil, err
	}
	defer r.runs.release()
	return askSSH(ctx, r.binary, config, t)
}

// route returns the hops to a target, the target last: its jump hosts, before
// them those of the first of them, and so on. Each goes by its own
// configuration.
func (r *resolver) route(ctx context.Context, config string, t target) ([]*settings, error) {
	var hops []*settings
	for {
		s, err := r.host(ctx, config, t)
		if err != nil {
			return nil, err
		}
		before, err := r.jumps(ctx, config, s)
		if err != nil {
			return nil, err
		}
		hops = append(append(before, s), hops...)
		if len(hops) > maxHops {
			return nil, cluster.Fail(cluster.FailConfig, "ProxyJump of "+t.String()+" leads in a circle or over more than 8 hosts",
				"exclude the jump host from the pattern that sets ProxyJump")
		}
		if len(s.proxyJump) == 0 {
			break
		}
		if t, err = jumpTarget(s.proxyJump[0]); err != nil {
			return nil, err
		}
	}
	for _, s := range hops[1:] {
		s.throughProxy = true
	}
	return hops, nil
}

// jumps resolves the second and later hosts of a ProxyJump: the first one may
// need jumps of its own.
func (r *resolver) jumps(ctx context.Context, config string, s *settings) ([]*settings, error) {
	var hops []*settings
	for i := 1; i < len(s.proxyJump); i++ {
		t, err := jumpTarget(s.proxyJump[i])
		if err != nil {
			return nil, err
		}
		hop, err := r.host(ctx, config, t)
		if err != nil {
			return nil, err
		}
		hops = append(hops, hop)
	}
	return hops, nil
}

func jumpTarget(s string) (target, error) { return parseTarget(strings.TrimSpace(s)) }
