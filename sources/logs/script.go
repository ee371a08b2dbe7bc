package logs

import (
	"bytes"
	_ "embed" // the programs are files, so that their own tools can check them

	"github.com/stemedb/stemetop/sources/remote"
)

//go:embed script.sh
var shellSource []byte

//go:embed lines.awk
var awkSource []byte

// script is what is sent: constant bytes, known before anything runs, so that a
// server may compare them.
var script = assemble()

// assemble puts the program between its quotes in the script.
func assemble() []byte {
	quoted := bytes.ReplaceAll(remote.Compact(awkSource), []byte(`'`), []byte(`'\''`))
	return bytes.Replace(remote.Compact(shellSource), []byte("{{lines.awk}}"), quoted, 1)
}

// Script returns the remote script, the same bytes each time. It is sent on the
// standard input of remote.Command, and nothing after it until the script said
// HELLO: a shell may read ahead.
func Script() []byte { return bytes.Clone(script) }
