package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Anchor is a head kept outside the segment. It is written after the record is on
// disk, so it may be behind its journal, never ahead of it.
type Anchor struct {
	Genesis string // hash of the first record: which journal it is of
	Head    Head
}

// anchorSize is fixed, so that it is overwritten in place, without a need for
// space on a full disk, and within one sector.
const anchorSize = 192

const anchorFormat = "stemetop-anchor 1 %s %d %s"

// anchorPath is the file beside a segment.
func anchorPath(segment string) string { return strings.TrimSuffix(segment, segmentExt) + anchorExt }

func (a Anchor) bytes() []byte {
	line := fmt.Appendf(nil, anchorFormat, a.Genesis, a.Head.Seq, a.Head.Hash)
	for len(line) < anchorSize-1 {
		line = append(line, ' ')
	}
	return append(line, '\n')
}

// readAnchor returns nil if there is none. One that can't be read as such is an
// error: it does not vouch for anything.
func readAnchor(path string) (*Anchor, error) {
	b, err := os.ReadFile(path) //nolint:gosec // beside the segment
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // none is not an error
	}
	if err != nil {
		return nil, err
	}
	var a Anchor
	_, err = fmt.Sscanf(string(b), anchorFormat, &a.Genesis, &a.Head.Seq, &a.Head.Hash)
	if err != nil || len(b) != anchorSize || string(a.bytes()) != string(b) || len(a.Genesis) != hashLen || len(a.Head.Hash) != hashLen {
		return nil, fmt.Errorf("%s is no anchor", path)
	}
	return &a, nil
}
