package ssh

import (
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/stemedb/stemetop/sources/cluster"
)

// ownStatus is the exit status by which ssh reports its own failures.
const ownStatus = 255

// childFailure says why a child of ssh ended.
func childFailure(host string, err error, state *os.ProcessState, stderr string) error {
	if state == nil {
		return cluster.Fail(cluster.FailOther, "ssh "+host+": "+err.Error(), "")
	}
	if state.Success() {
		return nil
	}
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return cluster.Fail(cluster.FailReset, "ssh "+host+" was ended by signal "+w.Signal().String(), "")
	}
	kind, hint := classifyText(stderr)
	if state.ExitCode() != ownStatus || kind == cluster.FailOther {
		return statusFailure(host, state.ExitCode(), cluster.Clean(stderr))
	}
	return cluster.Fail(kind, "ssh "+host+": "+gist(stderr), hint)
}

// proxyWords parts what the ProxyCommand printed from what ssh itself did, and tells
// what ssh noticed before it heard a server: that the command closed the
// connection, or that it was late.
func proxyWords(stderr string) (words string, closed, late bool) {
	var others []string
	for _, line := range messageLines(stderr) {
		switch {
		case strings.HasPrefix(line, "kex_exchange_identification: Connection closed"), strings.HasPrefix(line, "kex_exchange_identification: read: "):
			closed = true
		case line == "Connection timed out during banner exchange":
			late = true
		case strings.Contains(line, " UNKNOWN port "): // how ssh calls what a command leads to
		default:
			others = append(others, line)
		}
	}
	return lastWords(strings.Join(others, "\n")), closed, late
}

// telling marks lines of a message of ssh beside those with a known phrase.
var telling = []string{"SHA256:", "Offending", "ssh-keygen", "host key is known", " line "}

// messageLines are the lines of what ssh printed, which it ends as a terminal in
// raw mode wants it.
func messageLines(stderr string) []string {
	return strings.FieldsFunc(stderr, func(r rune) bool { return r == '\n' || r == '\r' })
}

// gist picks the lines that tell what happened out of a message of ssh. Where
// none is known that is its last line.
func gist(stderr string) string {
	lines := messageLines(stderr)
	var picked []string
	for _, line := range lines {
		line = strings.Trim(line, "@ ")
		tells := slices.ContainsFunc(telling, func(s string) bool { return strings.Contains(line, s) }) ||
			slices.ContainsFunc(phrases, func(p phrase) bool { return strings.Contains(line, p.text) })
		if tells && !slices.Contains(picked, line) {
			picked = append(picked, line)
		}
	}
	if len(picked) == 0 && len(lines) > 0 {
		return lines[len(lines)-1]
	}
	return strings.Join(picked, "; ")
}
