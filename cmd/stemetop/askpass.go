package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/term"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
)

// unlock returns the common part of all SSH connections. With --ask-pass it
// connects to each host once, so that the passphrase of each key that a host
// takes is asked for here, on the plain terminal, and kept in memory.
func (in *invocation) unlock(ctx context.Context, c *config.Config) (*ssh.Shared, error) {
	if !in.askPass {
		return ssh.NewShared(ctx, nil), nil
	}
	if c.SSH.Transport == "openssh" {
		return nil, usage("--ask-pass does not work with ssh.transport: openssh", "unlock the key with ssh-add")
	}
	if !term.IsTerminal(int(in.in.Fd())) {
		return nil, usage("--ask-pass needs a terminal to ask on", "unlock the key with ssh-add")
	}
	before, err := term.GetState(int(in.in.Fd()))
	if err != nil {
		return nil, failed(exitInternal, "reading the terminal's state", err)
	}
	// An interrupted question leaves the echo off.
	defer func() { _ = term.Restore(int(in.in.Fd()), before) }()
	shared := ssh.NewShared(ctx, in.askPassphrase)
	w := newWiring(c, sources.NewClock(1), shared)
	var wg sync.WaitGroup
	for _, n := range w.nodes() {
		if n.SSH == "" {
			continue
		}
		t, err := w.transport(n)
		if err != nil {
			return nil, err
		}
		wg.Go(func() { visitHost(ctx, t) })
	}
	wg.Wait()
	return shared, ctx.Err()
}

// visitHost connects until the host refuses for another reason than a key that
// waits for its passphrase. What is wrong shows on screen soon enough.
func visitHost(ctx context.Context, t remote.Transport) {
	defer func() { _ = t.Close() }()
	for {
		s, err := t.Start(ctx, remote.Command(remote.NewNonce()))
		if err == nil {
			_ = s.Close() // it has done nothing yet
			return
		}
		var f *cluster.Failure
		if !errors.As(err, &f) || f.Kind != cluster.FailConnecting || ctx.Err() != nil {
			return
		}
	}
}

// askPassphrase asks on the terminal, without an echo.
func (in *invocation) askPassphrase(_ context.Context, file string, again bool) ([]byte, error) {
	before := ""
	if again {
		before = "that does not fit\n"
	}
	if _, err := fmt.Fprintf(in.err, "%spassphrase of %s: ", before, cluster.Clean(file)); err != nil {
		return nil, err
	}
	secret, err := term.ReadPassword(int(in.in.Fd()))
	_, _ = fmt.Fprintln(in.err) // the echo that is off swallowed it
	return secret, err
}
