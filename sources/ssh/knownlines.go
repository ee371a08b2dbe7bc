package ssh

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/skeema/knownhosts"
	xssh "golang.org/x/crypto/ssh"
)

// readKnown reads the files. The library gives up at the first line that it can't
// read, be it of a kind of key that is newer or older than it; OpenSSH passes over
// such lines, and so do we, since one of another host must not hide all. That
// goes by copies of the files, without those lines.
func (h *hostKeys) readKnown() (*knownhosts.HostKeyDB, error) {
	db, err := knownhosts.NewDB(h.files...)
	if err == nil {
		return db, nil
	}
	dir, failed := os.MkdirTemp("", "stemetop-")
	if failed != nil {
		return nil, err //nolint:wrapcheck // it names file and line
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary file that stays does no harm
	h.copied = map[string]string{}
	copies := make([]string, len(h.files))
	for i, file := range h.files {
		text, failed := os.ReadFile(file) //nolint:gosec // the operator names it
		if failed != nil {
			return nil, err //nolint:wrapcheck // the same
		}
		copies[i] = filepath.Join(dir, strconv.Itoa(i))
		h.copied[copies[i]] = file
		if failed := os.WriteFile(copies[i], h.readable(file, text), 0o600); failed != nil {
			return nil, err //nolint:wrapcheck // the same
		}
	}
	db, failed = knownhosts.NewDB(copies...)
	if failed != nil {
		return nil, err //nolint:wrapcheck // the same
	}
	return db, nil
}

// readable returns the text of a file with nothing in the place of lines that
// can't be read. One that revokes a key stays, and is an error: not to look at it
// would be worse than not to connect.
func (h *hostKeys) readable(file string, text []byte) []byte {
	var out bytes.Buffer
	n := 0
	for line := range bytes.Lines(text) {
		n++
		words := bytes.Fields(line)
		if len(words) == 0 || words[0][0] == '#' || string(words[0]) == "@revoked" || holdsKey(words) {
			out.Write(line)
			continue
		}
		out.WriteByte('\n')
		if h.passedOver == "" {
			h.passedOver = fmt.Sprintf("%s:%d", file, n)
		}
	}
	return out.Bytes()
}

// holdsKey tells whether a line of known_hosts has hosts and a key in it.
func holdsKey(words [][]byte) bool {
	if words[0][0] == '@' {
		words = words[1:]
	}
	if len(words) < 3 {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(string(words[2]))
	if err != nil {
		return false
	}
	_, err = xssh.ParsePublicKey(blob)
	return err == nil
}

// file is the name of the file that a line was read from, copied or not.
func (h *hostKeys) file(name string) string {
	if original, ok := h.copied[name]; ok {
		return original
	}
	return name
}
