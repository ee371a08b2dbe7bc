package web

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// tokenFile is a bearer token in a file, read again when the file changes.
type tokenFile struct {
	path  string
	mtime time.Time
	size  int64
	token string
}

// read returns the token and whether it is a new one.
func (t *tokenFile) read() (changed bool, err error) {
	info, err := os.Stat(t.path)
	if err != nil {
		return false, fileFault("token file", t.path, err)
	}
	if t.token != "" && info.ModTime().Equal(t.mtime) && info.Size() == t.size {
		return false, nil
	}
	raw, err := os.ReadFile(t.path)
	if err != nil {
		return false, fileFault("token file", t.path, err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false, NewFault(cluster.FailConfig, "token file "+t.path+" holds no token", "it should hold the bearer token and nothing else")
	}
	changed = token != t.token
	t.token, t.mtime, t.size = token, info.ModTime(), info.Size()
	return changed, nil
}

// fileFault says why a file can't be read.
func fileFault(what, path string, err error) *Fault {
	f := NewFault(cluster.FailConfig, "can't read "+what+" "+path, "")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.what, f.hint = what+" "+path+" does not exist", "correct its name in the configuration"
	case errors.Is(err, fs.ErrPermission):
		f.kind, f.hint = cluster.FailPermission, "let the user who runs stemetop read it"
	}
	return f
}
