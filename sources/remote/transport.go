package remote

import (
	"context"
	"io"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Transport starts commands on one host. It connects when it has to and keeps
// the connection for the next start.
type Transport interface {
	// Start runs the command through the account's login shell, without a
	// terminal. ctx bounds the starting only: the session lives until it is
	// closed. An error that is a *cluster.Failure keeps its kind and its hint.
	Start(ctx context.Context, command string) (Session, error)
	// Close ends the connection and every session on it.
	Close() error
}

// Session is a running remote command: Read is its standard output, Write its
// standard input. Close ends it from any goroutine and makes Read, Write and
// Wait return.
type Session interface {
	io.Reader
	io.Writer
	// Stderr is the beginning of what the command wrote to its standard error.
	Stderr() cluster.Text
	// Wait returns when the command ended: nil for exit status 0. An error with
	// a method ExitStatus() int or ExitCode() int tells the status.
	Wait() error
	Close() error
}

// Forwarder is a Transport that can have the host connect to somewhere, without
// running anything there.
type Forwarder interface {
	// Knock has the host connect to host:port by TCP and hang up at once, and waits
	// for the host to tell how that went: no longer than within, reckoned from
	// asking. A failure is that of the way to the host.
	Knock(ctx context.Context, address string, within time.Duration) (Knock, *cluster.Failure)
}

// Knock is what a host told of connecting somewhere.
type Knock struct {
	Open       bool
	Silent     bool          // it told nothing in time, and goes on trying
	Prohibited bool          // the host may not be asked for it
	Said       cluster.Text  // the host's words, where it is not open
	Took       time.Duration // from asking to the answer
	Trip       time.Duration // the least round trip to the host itself, before that
	// Over is closed when the host no longer tries.
	Over <-chan struct{}
}
