package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// file is what a segment needs of an open file; tests put faults there.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// opener opens a segment for appending and locks it. With create it must not
// exist yet.
type opener func(path string, create bool) (file, error)

var (
	// ErrLocked says that another process writes the journal.
	ErrLocked = errors.New("another process writes this journal")

	errNotRegular = errors.New("it is no regular file")
)

// private is the mode of a segment.
const private fs.FileMode = 0o600

// openSegment is the opener of the operating system.
func openSegment(path string, create bool) (file, error) {
	flags := os.O_WRONLY | os.O_APPEND | syscall.O_NOFOLLOW
	if create {
		flags |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(path, flags, private) //nolint:gosec // the operator names the directory
	if err != nil {
		return nil, err
	}
	if err := claim(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// claim locks f and makes it private. The lock is on the file itself, so that who
// replaces it has no lock that means anything; it ends with the process.
func claim(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return err
	}
	if info.Mode().Perm() == private { // no mode of one that is append-only can be set, which is well for a journal
		return nil
	}
	return f.Chmod(private)
}

// makeDir makes a directory, private and to last.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir makes the names in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// isFull tells whether err is the lack of space, which a reserve can help.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
