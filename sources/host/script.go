package host

import (
	"bytes"
	_ "embed" // the programs are files, so that their own tools can check them
	"regexp"
)

//go:embed script.sh
var shellSource []byte

//go:embed facts.sh
var factsSource []byte

//go:embed ticks.awk
var awkSource []byte

// script is what is sent: constant bytes, known before anything runs, so that a
// server may compare them.
var script = assemble()

// assemble puts the two programs between their quotes in the script.
func assemble() []byte {
	s := compact(shellSource)
	for place, program := range map[string][]byte{"{{facts.sh}}": factsSource, "{{ticks.awk}}": awkSource} {
		quoted := bytes.ReplaceAll(compact(program), []byte(`'`), []byte(`'\''`))
		s = bytes.Replace(s, []byte(place), quoted, 1)
	}
	return s
}

// Script returns the remote script, the same bytes each time. It is sent on the
// standard input of the Command, and nothing after it until the script said
// HELLO: a shell may read ahead.
func Script() []byte { return bytes.Clone(script) }

// Command returns the remote command for a nonce of 32 lower-case hex digits.
// It has no quotes, so that every login shell passes it on, csh and fish too.
func Command(nonce string) string { return "exec /bin/sh -s " + nonce }

var command = regexp.MustCompile(`^exec /bin/sh -s [0-9a-f]{32}$`)

// IsCommand tells whether cmd is a Command.
func IsCommand(cmd string) bool { return command.MatchString(cmd) }

// compact drops the lines that are comments, and the indentation: they would
// travel to every host.
func compact(src []byte) []byte {
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
