package main

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
)

// sessions makes a transport of package ssh one of package remote: the two know
// nothing of each other, and their sessions differ in name only.
type sessions struct {
	start func(context.Context, string) (ssh.Session, error)
	close func() error
}

func (s sessions) Start(ctx context.Context, command string) (remote.Session, error) {
	session, err := s.start(ctx, command)
	if err != nil {
		return nil, err
	}
	return session, nil
}

func (s sessions) Close() error { return s.close() }

// forwards are sessions beside which connections can be forwarded.
type forwards struct {
	sessions
	builtin *ssh.Builtin
}

func (f forwards) Knock(ctx context.Context, address string, within time.Duration) (remote.Knock, *cluster.Failure) {
	k, failure := f.builtin.Knock(ctx, address, within)
	return remote.Knock(k), failure
}

// ways are the transports there are, by node.
type ways struct {
	sync.Mutex
	by map[string]*sharedWay
}

// sharedWay is a transport with more than one user.
type sharedWay struct {
	remote.Transport
	mu    sync.Mutex
	users int
}

// join returns the transport for one more user.
func (s *sharedWay) join() remote.Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	u := &wayUser{sharedWay: s}
	if f, ok := s.Transport.(remote.Forwarder); ok {
		return wayForwarder{u, f}
	}
	return u
}

// wayUser is what one user holds.
type wayUser struct {
	*sharedWay
	once sync.Once // of Close
}

// Close ends the connection if no other user is left. A user closes what it
// started itself.
func (u *wayUser) Close() error {
	var err error
	u.once.Do(func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.users--; u.users == 0 {
			err = u.Transport.Close()
		}
	})
	return err
}

// wayForwarder is a user of a transport that forwards too.
type wayForwarder struct {
	*wayUser
	remote.Forwarder
}
