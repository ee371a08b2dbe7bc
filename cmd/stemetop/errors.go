package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
)

// All that goes wrong is told on stderr the same way: a line "error:" with what
// failed and on what, and lines "hint:" with what to do. Lower case, no period.

// failure is an error with its hints and its exit code.
type failure struct {
	code  int
	what  string
	hints []string
	cause error // may be nil
}

func (f *failure) Error() string { return f.what }

func (f *failure) Unwrap() error { return f.cause }

// usage is an error of whoever started the program.
func usage(what string, hints ...string) error {
	return &failure{code: exitUsage, what: what, hints: hints}
}

// failed is an error on the way, with the exit code that it leads to.
func failed(code int, doing string, err error, hints ...string) error {
	var f *cluster.Failure
	if errors.As(err, &f) && !f.Hint.IsZero() {
		hints = append(hints, f.Hint.String())
	}
	return &failure{code: code, what: doing + ": " + err.Error(), hints: hints, cause: err}
}

func internalError(panicked any) error {
	return &failure{
		code: exitInternal, what: fmt.Sprintf("internal failure: %v", panicked),
		hints: []string{"this is a bug: please report it with what follows", string(debug.Stack())},
	}
}

// fail prints err and returns its exit code.
func (t terminal) fail(err error) int {
	var problems config.Problems
	var own *failure
	var outside *cluster.Failure
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			t.complain(p.Error(), p.Hint)
		}
		return exitUsage
	case errors.As(err, &own):
		t.complain(own.what, own.hints...)
		return own.code
	case errors.As(err, &outside):
		t.complain(err.Error(), outside.Hint.String())
		return codeOf(outside)
	case errors.Is(err, context.Canceled):
		return exitSignal
	}
	t.complain(err.Error())
	return exitInternal
}

func codeOf(f *cluster.Failure) int {
	if f.Kind == cluster.FailConfig {
		return exitUsage
	}
	return exitInternal
}

// complain writes one error. Its words may come from outside.
func (t terminal) complain(what string, hints ...string) {
	t.say("error", what)
	for _, h := range hints {
		if h != "" {
			t.say("hint", h)
		}
	}
}

// say writes a line for a person on stderr. If stderr is gone nobody is left
// to be told so.
func (t terminal) say(prefix, text string) {
	_, _ = fmt.Fprintf(t.err, "%s: %s\n", prefix, cluster.CleanN(text, 4096))
}
