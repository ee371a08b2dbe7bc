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
	"runtime/debug"
	"time"
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

// frugal makes the garbage collector keep the process small. Most of what lives
// is history, and grows with the cluster: by default as much again would be
// waiting to be collected. A quarter of it costs 1 to 2 ms of CPU a second with
// a dozen replicas. What a start or a burst needed is given back each minute,
// which costs a tenth of that. The environment's GOGC has precedence.
func frugal() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(25)
	go func() {
		for range time.Tick(time.Minute) {
			debug.FreeOSMemory()
		}
	}()
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
