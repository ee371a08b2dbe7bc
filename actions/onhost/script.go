package onhost

import (
	_ "embed" // the scripts are files, so that their own tools can check them
	"slices"
)

var (
	//go:embed head.sh
	head []byte
	//go:embed wal.sh
	walSource []byte
	//go:embed file.sh
	fileSource []byte
	//go:embed unit.sh
	unitSource []byte
)

// The scripts as they are sent: constant bytes, so that a server may compare
// them.
var (
	walScript  = slices.Concat(head, walSource)
	fileScript = slices.Concat(head, fileSource)
	unitScript = slices.Concat(head, unitSource)
)

// WALScript returns the script of the write test, the same bytes each time.
func WALScript() []byte { return slices.Clone(walScript) }
