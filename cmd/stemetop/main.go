// Stemetop is a live terminal monitor for the person on call when a StemeDB
// replica lags.
//
// This package knows all the others and nothing else does: it reads flags and
// configuration, connects collectors, stream, recorder and screen, and turns
// what comes of it into words and exit codes.
package main

import (
	"context"
	"io"
	"os"
)

// The exit codes of the command's contract.
const (
	exitOK       = 0
	exitWarning  = 1  // status: a lag is above warning; doctor: something can't be reached
	exitCritical = 2  // status: a lag is above critical
	exitUnknown  = 3  // status: the primary or a lag is not known
	exitUsage    = 64 // usage or configuration
	exitInternal = 70
	exitSignal   = 130 // ended by SIGINT or SIGTERM before there was a result
)

// terminal is what the program talks to, so that tests can stand in for it.
type terminal struct {
	in       *os.File
	out, err io.Writer
}

func main() {
	frugal()
	os.Exit(run(context.Background(), os.Args[1:]))
}

// run is the program less the process.
func run(ctx context.Context, args []string) (code int) {
	t := terminal{os.Stdin, os.Stdout, os.Stderr}
	defer func() {
		if r := recover(); r != nil {
			code = t.fail(internalError(r))
		}
	}()
	code, err := execute(ctx, t, args)
	if err != nil {
		return t.fail(err)
	}
	return code
}
