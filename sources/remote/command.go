package remote

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"regexp"
)

// Command returns the remote command for a nonce of 32 lower-case hex digits: a
// shell that reads a script from its standard input. It has no quotes, so that
// every login shell passes it on, csh and fish too.
func Command(nonce string) string { return "exec /bin/sh -s " + nonce }

var command = regexp.MustCompile(`^exec /bin/sh -s [0-9a-f]{32}$`)

// IsCommand tells whether cmd is a Command.
func IsCommand(cmd string) bool { return command.MatchString(cmd) }

// Compact drops the lines of a script that are comments, and the indentation:
// they would travel to every host.
func Compact(src []byte) []byte {
	var out []byte
	for line := range bytes.Lines(src) {
		code := bytes.TrimLeft(line, " \t")
		if code[0] == '#' || code[0] == '\n' {
			continue
		}
		out = append(out, code...)
	}
	return out
}

// Padded puts empty lines before a script. A start-up file of the account may take a line
// of what comes: one that asks for Enter, say. Without the first line of a script the
// rest would run as it comes, and take its own text for what it is to read.
func Padded(script []byte) []byte {
	return append(bytes.Repeat([]byte{'\n'}, 16), script...)
}

// NewNonce returns 32 lower-case hex digits that nobody can guess.
func NewNonce() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
