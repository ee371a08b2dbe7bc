package peer

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// How long to wait before the next attempt to have the script running, in time
// of the Clock: a storm of logins fills the host's log.
const (
	retryAfter   = 15 * time.Second
	refusedAfter = time.Minute // after a failure that time does not heal
)

// answerWithin is how long an answer may take, in real time: more than the tools
// are given, on a far link.
const answerWithin = 12 * time.Second

// session is the script on the primary's host, shared by the collectors of all
// replicas. One at a time asks.
type session struct {
	transport remote.Transport
	clock     sources.Clock
	limits    remote.Limits
	turn      chan struct{} // holds one token

	// The rest belongs to whoever has the turn.
	talk  *remote.Talk
	last  *cluster.Failure
	until time.Duration // Mono before which last stands

	mu    sync.Mutex
	users int
}

func newSession(t remote.Transport, clock sources.Clock, users int) *session {
	return &session{
		transport: t, clock: clock, limits: remote.DefaultLimits, turn: make(chan struct{}, 1), users: users,
	}
}

// take waits for the turn, has the script running, and calls f. One that fails
// ends the session: what still came would be an old answer.
func (s *session) take(ctx context.Context, f func(*remote.Talk) *cluster.Failure) *cluster.Failure {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return cluster.Fail(cluster.FailTimeout, "stopped while waiting for its turn", "")
	}
	defer func() { <-s.turn }()
	if s.last != nil && s.clock.Mono() < s.until {
		return s.last
	}
	if s.talk == nil {
		talk, failure := remote.OpenTalk(ctx, s.transport, script, s.limits)
		if failure != nil {
			return s.fail(failure)
		}
		s.talk = talk
	}
	failure := f(s.talk)
	if failure == nil {
		s.last = nil
		return nil
	}
	s.talk.Close()
	s.talk = nil
	return s.fail(failure)
}

func (s *session) fail(f *cluster.Failure) *cluster.Failure {
	pause := retryAfter
	switch f.Kind {
	case cluster.FailConnecting: // it waits for a person, or for its turn
		pause = 0
	case cluster.FailAuth, cluster.FailHostUnknown, cluster.FailHostChanged, cluster.FailHostRevoked,
		cluster.FailCommand, cluster.FailShell, cluster.FailUnsupported, cluster.FailConfig, cluster.FailPassphrase:
		pause = refusedAfter
	default:
	}
	s.last, s.until = f, s.clock.Mono()+pause
	return f
}

// ask sends a request of the script, and returns what a tool printed and its code.
func (s *session) ask(ctx context.Context, word, host, port string) (lines []string, code int, failure *cluster.Failure) {
	failure = s.take(ctx, func(t *remote.Talk) (f *cluster.Failure) {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		code, f = t.Ask(ctx, func(line string) {
			if line != "" && len(lines) < maxLines {
				lines = append(lines, line)
			}
		}, word, host, port)
		return f
	})
	return lines, code, failure
}

// maxLines is more than the tools print.
const maxLines = 64

// leave ends the session with its last user.
func (s *session) leave() error {
	s.mu.Lock()
	s.users--
	left := s.users
	s.mu.Unlock()
	if left > 0 {
		return nil
	}
	s.turn <- struct{}{} // collectors are closed when none of them asks any more
	defer func() { <-s.turn }()
	if s.talk != nil {
		s.talk.Close()
		s.talk = nil
	}
	return s.transport.Close()
}
