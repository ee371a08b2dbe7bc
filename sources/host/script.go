package host

import (
	"bytes"
	_ "embed" // the programs are files, so that their own tools can check them

	"github.com/stemedb/stemetop/sources/remote"
)

//go:embed script.sh
var shellSource []byte

//go:embed facts.sh
var factsSource []byte

//go:embed sockets.sh
var socketsSource []byte

//go:embed service.sh
var serviceSource []byte

//go:embed config.sh
var configSource []byte

//go:embed ticks.awk
var awkSource []byte

// script is what is sent: constant bytes, known before anything runs, so that a
// server may compare them.
var script = assemble()

// assemble puts the programs between their quotes in the script.
func assemble() []byte {
	s := remote.Compact(shellSource)
	for place, program := range map[string][]byte{
		"{{facts.sh}}": factsSource, "{{sockets.sh}}": socketsSource, "{{service.sh}}": serviceSource,
		"{{config.sh}}": configSource, "{{ticks.awk}}": awkSource,
	} {
		quoted := bytes.ReplaceAll(remote.Compact(program), []byte(`'`), []byte(`'\''`))
		s = bytes.Replace(s, []byte(place), quoted, 1)
	}
	return s
}

// Script returns the remote script, the same bytes each time. It is sent on the
// standard input of the Command, and nothing after it until the script said
// HELLO: a shell may read ahead.
func Script() []byte { return bytes.Clone(script) }
