package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// FormatVersion is of the blocks and what stands around them. What is told in
// them is described by the schema, and needs no number. Format 2 codes sources by
// how long they have been silent.
const FormatVersion = 2

const (
	magic     = "stemetop recording " // the format version and a newline follow
	maxHeader = 4 << 20
)

// Header opens a file: what it is and how the rest is to be read.
type Header struct {
	Format  int             `json:"-"`       // FormatVersion of the program that wrote it
	Program string          `json:"program"` // that wrote it, with its version
	Created time.Time       `json:"created"`
	Session cluster.Session `json:"session"` // without secrets, as in the stream
	Kinds   []Kind          `json:"kinds"`   // the schema of the bodies
}

// marshal returns the header as it stands in a file.
func (h *Header) marshal() ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write the header of a recording: %w", err)
	}
	b := fmt.Appendf(nil, "%s%d\n", magic, FormatVersion)
	return append(append(b, text...), '\n'), nil
}

// packers are what people put around a file before they send it.
func packers() map[string]string {
	return map[string]string{
		"\x1f\x8b": "gzip -d", "\x28\xb5\x2f\xfd": "zstd -d", "\xfd7zXZ\x00": "xz -d", "BZh": "bzip2 -d", "PK\x03\x04": "unzip",
	}
}

// parseHeader reads the header that b begins with and returns its size.
func parseHeader(path string, b []byte) (*Header, int, error) {
	for mark, tool := range packers() {
		if bytes.HasPrefix(b, []byte(mark)) {
			return nil, 0, fail(path, "is packed", "unpack it with "+tool+" first")
		}
	}
	if !bytes.HasPrefix(b, []byte(magic)) {
		return nil, 0, fail(path, "is not a recording of stemetop", "give a file that ends in "+Extension)
	}
	line, rest, ok := bytes.Cut(b[len(magic):], []byte("\n"))
	text, _, whole := bytes.Cut(rest, []byte("\n"))
	if !ok || !whole {
		return nil, 0, fail(path, "ends within its header", "the recording was cut short before anything was in it")
	}
	var version int
	if _, err := fmt.Sscanf(string(line), "%d", &version); err != nil || version < 1 {
		return nil, 0, fail(path, "has a damaged header", "take another copy of it")
	}
	if version > FormatVersion {
		return nil, 0, fail(path, fmt.Sprintf("has format %d, this version reads up to %d", version, FormatVersion),
			"replay it with the version of stemetop that wrote it, or a newer one")
	}
	h := &Header{}
	if err := json.Unmarshal(text, h); err != nil {
		return nil, 0, fail(path, "has a damaged header: "+err.Error(), "take another copy of it")
	}
	if err := checkSchema(h.Kinds); err != nil {
		return nil, 0, fail(path, "has a header that can't be read: "+err.Error(), "take another copy of it")
	}
	h.Format = version
	sane(&h.Session)
	return h, len(magic) + len(line) + 1 + len(text) + 1, nil
}

// fail returns what is wrong with a file and the way out.
func fail(path, what, hint string) error {
	return cluster.Fail(cluster.FailFormat, path+" "+what, hint)
}
