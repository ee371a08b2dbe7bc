package remote

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxQuote is how much of what a host printed stands in a failure: what comes
// behind it must still fit.
const maxQuote = 200

const (
	commandHint = "the account needs a login shell and no ForceCommand; it must be allowed to run: exec /bin/sh -s"
	shellHint   = "log in by hand and try: exec /bin/sh -s"
)

// refusal says why a session ended before HELLO.
func (l *Link) refusal() *cluster.Failure {
	if errors.Is(l.err, ErrNoise) {
		return cluster.Fail(cluster.FailCommand, "no HELLO of the remote script: "+l.err.Error()+l.said(ending{}), commandHint)
	}
	end := l.end()
	said := l.said(end)
	switch {
	case end.lost != nil:
		return end.lost
	case !errors.Is(l.err, io.EOF):
		return cluster.Fail(cluster.FailFormat, "the answer to the login is garbage: "+l.err.Error()+said, commandHint)
	case end.text == "":
		return cluster.Fail(cluster.FailReset, "connection closed before the remote script answered"+said, "")
	case end.shell || complains(l.raw.Stderr().String()):
		return cluster.Fail(cluster.FailShell, "/bin/sh can't run the script: "+end.text+said, shellHint)
	default:
		return cluster.Fail(cluster.FailCommand, "the host refused or replaced the command: "+end.text+said, commandHint)
	}
}

// complains tells whether stderr is of a shell that can't read the script.
func complains(stderr string) bool {
	s := strings.ToLower(stderr)
	return strings.Contains(s, "syntax error") || strings.Contains(s, "unexpected")
}

// silence says why no HELLO came in time.
func (l *Link) silence(limit time.Duration) *cluster.Failure {
	if len(l.reader.preamble) > 0 {
		return cluster.Fail(cluster.FailCommand, fmt.Sprintf("no HELLO of the remote script in %v%s", limit, l.said(ending{})), commandHint)
	}
	return cluster.Fail(cluster.FailTimeout, fmt.Sprintf("no HELLO of the remote script in %v", limit),
		"a start-up file of the account may wait for input")
}

// Death says why a link ended that had worked. Call it after Ended.
func (l *Link) Death() *cluster.Failure {
	var failure *cluster.Failure
	if errors.As(l.err, &failure) { // of Consume
		return failure
	}
	end := l.end()
	switch {
	case errors.Is(l.err, ErrLineTooLong):
		return cluster.Fail(cluster.FailTooLarge, "the host sent a "+l.err.Error(), "")
	case end.lost != nil:
		return end.lost
	case end.text == "":
		return cluster.Fail(cluster.FailReset, "connection lost", "")
	default:
		return cluster.Fail(cluster.FailReset, "the remote script ended: "+end.text+end.unless(l.raw.Stderr().String()), "")
	}
}

// said quotes what the host printed instead of HELLO, unless end has it.
func (l *Link) said(end ending) string {
	if s := quote(string(l.reader.preamble)); s != "" {
		return s
	}
	return end.unless(l.raw.Stderr().String())
}

func quote(printed string) string {
	if printed = strings.TrimSpace(printed); printed == "" {
		return ""
	}
	return "; it printed: " + cluster.CleanN(printed, maxQuote).String()
}

// ending is how a remote command ended.
type ending struct {
	text  string           // "exit status 1"; empty if the host did not tell
	shell bool             // the shell could not be started
	lost  *cluster.Failure // the transport's own word for a lost connection
}

// unless quotes what was printed, unless the ending has it already.
func (e ending) unless(printed string) string {
	if strings.Contains(e.text, strings.TrimSpace(printed)) {
		return ""
	}
	return quote(printed)
}

// end waits a moment for how the command ended.
func (l *Link) end() ending {
	ended := make(chan error, 1)
	l.wg.Go(func() { ended <- l.raw.Wait() }) // close makes it return
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case err := <-ended:
		return endingOf(err)
	case <-timer.C:
		return ending{}
	}
}

func endingOf(err error) ending {
	var library interface{ ExitStatus() int }
	var child interface{ ExitCode() int }
	var failure *cluster.Failure
	switch {
	case err == nil:
		return exit(0)
	case errors.As(err, &library):
		return exit(library.ExitStatus())
	case errors.As(err, &child) && child.ExitCode() >= 0:
		return exit(child.ExitCode())
	case errors.As(err, &failure):
		if failure.Kind == cluster.FailCommand || failure.Kind == cluster.FailShell {
			return ending{text: failure.What.String(), shell: failure.Kind == cluster.FailShell}
		}
		return ending{lost: failure}
	default:
		return ending{}
	}
}

func exit(status int) ending {
	return ending{text: fmt.Sprintf("exit status %d", status), shell: status == 126 || status == 127}
}
