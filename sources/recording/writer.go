package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// writer appends chunks to a file.
type writer struct {
	path string
	file *os.File
	from time.Time
	size int64
	any  bool // a chunk was written whole
	buf  []byte
}

// stampLayout is of the times in file names, UTC.
const stampLayout = "20060102T150405Z"

// create makes a new file with its header. It never touches one that exists.
func create(o RecorderOptions, h *Header) (*writer, error) {
	path := o.Path
	if path == "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, writeFailure(o.Dir, err)
		}
		path = filepath.Join(o.Dir, safeName(h.Session.Cluster.String())+"-"+h.Created.Format(stampLayout)+Extension)
	}
	f, err := createNew(path, o.Path == "")
	if err != nil {
		return nil, writeFailure(path, err)
	}
	w := &writer{path: f.Name(), file: f, from: h.Created}
	head, err := h.marshal()
	if err == nil {
		err = w.append(head)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// createNew opens a file that must not exist; with alternatives it tries other
// names, since two monitors may start in one second.
func createNew(path string, alternatives bool) (*os.File, error) {
	const tries = 100
	for i := 1; ; i++ {
		name := path
		if i > 1 {
			name = fmt.Sprintf("%s.%d%s", strings.TrimSuffix(path, Extension), i, Extension)
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
		if err == nil || !alternatives || !errors.Is(err, os.ErrExist) || i == tries {
			return f, err // the caller names the file
		}
	}
}

// safeName makes a cluster's name fit for a file name anywhere.
func safeName(cluster string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, cluster)
	const longest = 48
	if name = name[:min(len(name), longest)]; name == "" {
		return "cluster"
	}
	return name
}

func (w *writer) write(c chunk) error {
	w.buf = appendFrame(w.buf[:0], c)
	if err := w.append(w.buf); err != nil {
		return err
	}
	w.any = true
	return nil
}

func (w *writer) append(b []byte) error {
	n, err := w.file.Write(b)
	w.size += int64(n)
	if err != nil {
		return writeFailure(w.path, err)
	}
	return nil
}

// sync makes what was written outlive the machine, and finds out whether the
// file is still where it was made: a removed one takes writes as before.
func (w *writer) sync() error {
	if err := w.file.Sync(); err != nil {
		return writeFailure(w.path, err)
	}
	here, err := w.file.Stat()
	if err != nil {
		return writeFailure(w.path, err)
	}
	there, err := os.Stat(w.path)
	if err != nil {
		return writeFailure(w.path, err)
	}
	if !os.SameFile(here, there) {
		return writeFailure(w.path, &os.PathError{Op: "write", Path: w.path, Err: os.ErrNotExist})
	}
	return nil
}

// close finishes the file. One that holds nothing is removed.
func (w *writer) close() error {
	err := w.sync()
	if closing := w.file.Close(); err == nil && closing != nil {
		err = writeFailure(w.path, closing)
	}
	if !w.any {
		if removing := os.Remove(w.path); removing != nil && !errors.Is(removing, os.ErrNotExist) {
			err = errors.Join(err, writeFailure(w.path, removing))
		}
	}
	return err
}

// Check tells whether recording can begin: the directory can be made, and a
// single file does not exist. The error is a *cluster.Failure.
func (o RecorderOptions) Check() error {
	if o.Path == "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return writeFailure(o.Dir, err)
		}
		return nil
	}
	if _, err := os.Lstat(o.Path); err == nil {
		return writeFailure(o.Path, &os.PathError{Op: "create", Path: o.Path, Err: os.ErrExist})
	}
	if _, err := os.Stat(filepath.Dir(o.Path)); err != nil {
		return writeFailure(o.Path, err)
	}
	return nil
}

// writeFailure says what can't be written and what to do.
func writeFailure(path string, err error) error {
	reason := err
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		reason = p.Err // its text without the path, which is named already
	}
	what := fmt.Sprintf("can't record to %s: %v", path, reason)
	switch {
	case errors.Is(err, os.ErrExist):
		return cluster.Fail(cluster.FailConfig, path+" exists", "name another file: a recording is never overwritten")
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return cluster.Fail(cluster.FailPermission, what, "set record.dir to a directory that you may write to, or use --no-record")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return cluster.Fail(cluster.FailTooLarge, what, "make room on the disk, or set record.dir to another; recording goes on by itself then")
	}
	return cluster.Fail(cluster.FailOther, what, "set record.dir to another directory, or use --no-record")
}
