package remote

import (
	"context"
	"io"

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
