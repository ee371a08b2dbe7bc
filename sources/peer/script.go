package peer

import (
	"bytes"
	_ "embed" // the script is a file, so that a shell's own tools can check it

	"github.com/stemedb/stemetop/sources/remote"
)

//go:embed script.sh
var source []byte

var script = remote.Compact(source)

// Script returns the remote script, the same bytes each time.
func Script() []byte { return bytes.Clone(script) }
