package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// memoryDir is where Linux has a file system in memory that all may use.
const memoryDir = "/dev/shm"

const (
	scratchPrefix = "stemetop-demo-"
	lockName      = "lock"
)

// Scratch is a directory that goes with the process. Who is killed leaves it
// behind; then the next process that makes one removes it.
type Scratch struct {
	Path string // with mode 0700

	lock *os.File // nil where the file system has no locks: then nobody else removes it
}

// NewScratch makes a directory below TMPDIR if that is set, else in memory if
// possible, where the hundred small files cost the least and a slow disk under
// the monitor does not matter. First it removes those of processes that are gone.
func NewScratch() (*Scratch, error) {
	if os.Getenv("TMPDIR") == "" {
		if s, err := newScratch(memoryDir); err == nil {
			return s, nil
		}
	}
	s, err := newScratch(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return s, nil
}

func newScratch(parent string) (*Scratch, error) {
	sweep(parent)
	dir, err := os.MkdirTemp(parent, scratchPrefix)
	if err != nil {
		return nil, err
	}
	return &Scratch{Path: dir, lock: claim(dir)}, nil
}

// Close removes the directory. It may be called more than once.
func (s *Scratch) Close() error {
	err := empty(s.Path)
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}

// claim locks dir for the life of this process; nil where that can't be done.
// The lock has its name only once it is held, so that nobody finds it free before.
func claim(dir string) *os.File {
	held := filepath.Join(dir, lockName)
	f, err := os.OpenFile(held+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // below our own directory
	if err != nil {
		return nil
	}
	if errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), os.Rename(f.Name(), held)) != nil {
		_ = f.Close() // nothing was written to it
		return nil
	}
	return f
}

// sweep removes the directories whose processes are gone. It is no matter if one
// can't be: the next process tries again.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // making one fails next, with its reason
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), scratchPrefix) && isOurs(e) {
			sweepOne(filepath.Join(parent, e.Name()))
		}
	}
}

// isOurs tells whether a directory is one of this user's: in a place that all
// share, anybody may give one our prefix.
func isOurs(e os.DirEntry) bool {
	info, err := e.Info()
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm() == 0o700
}

// sweepOne removes dir if nobody holds its lock. One without a lock may be of a
// process that has yet to make it.
func sweepOne(dir string) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|syscall.O_NOFOLLOW, 0) //nolint:gosec // as above
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = empty(dir)
	}
}

// empty removes dir, its lock last: killed on the way, the rest can still be found
// to be nobody's.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if e.Name() != lockName {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
