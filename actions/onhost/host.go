package onhost

import (
	"context"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Host runs the scripts of this package on one machine.
type Host interface {
	// Open starts a script there and sends it the parameters, one a line. ctx
	// bounds the opening only. A failure means that the script did not get to run.
	Open(ctx context.Context, script []byte, parameters []string) (Talk, *cluster.Failure)
}

// Talk is a script that runs.
type Talk interface {
	// Said is what the script says, until it ends.
	Said() <-chan Line
	// Send hands bytes to its standard input.
	Send(b []byte)
	// Death says why it ended, once Said is closed.
	Death() *cluster.Failure
	// Close ends it, and its standard input with it.
	Close()
}

// Line is one line of a script.
type Line struct {
	// Words are those of a frame, the script's own; nil for a line of a tool that
	// it ran.
	Words []string
	Text  string // with its newline, if it has one
}
