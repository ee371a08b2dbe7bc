package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// segment is the file that is written.
type segment struct {
	path    string
	f       file
	info    fs.FileInfo // as it was opened
	size    int64       // of what is known to be on disk
	head    Head
	genesis string
	torn    bool // the file ends within a line: the next write ends it
	anchor  *os.File
}

// lostError says that a segment must not be written any more.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

func lost(format string, args ...any) error { return lostError{fmt.Errorf(format, args...)} }

// newSegment wraps a file opened by an opener.
func newSegment(path string, f file) (*segment, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	anchor, err := os.OpenFile(anchorPath(path), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &segment{path: path, f: f, info: info, size: info.Size(), anchor: anchor}, nil
}

// append writes one record: one write, one fsync. An error that is no lostError
// has left the segment as it was.
func (s *segment) append(rec []byte) (anchored bool, err error) {
	if err := s.check(); err != nil {
		return false, err
	}
	line, head := s.head.seal(rec)
	if s.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := s.f.Write(line)
	if err != nil {
		return false, s.undo(n, err)
	}
	if err := s.f.Sync(); err != nil {
		// The kernel may have dropped the pages and forgotten the error: a second
		// fsync that succeeds would mean nothing.
		return false, lost("fsync: %w", err)
	}
	s.size += int64(len(line))
	s.head, s.torn = head, false
	if head.Seq == 1 {
		s.genesis = head.Hash
	}
	return s.writeAnchor() == nil, nil
}

// check refuses a file that is not as this process left it.
func (s *segment) check() error {
	named, err := os.Lstat(s.path)
	if err != nil {
		return lost("the file was removed: %w", err)
	}
	open, err := s.f.Stat()
	switch {
	case err != nil:
		return lost("stat: %w", err)
	case !os.SameFile(named, s.info):
		return lost("the file was replaced")
	case named.Mode().Perm()&0o200 == 0:
		return lost("the file was made read-only")
	case open.Size() != s.size:
		return lost("the file was changed by somebody else: it has %d bytes, not %d", open.Size(), s.size)
	}
	return nil
}

// undo takes back the n bytes of a record that did not fit. They are no record,
// and were never told to be one.
func (s *segment) undo(n int, err error) error {
	if n > 0 {
		if err2 := s.f.Truncate(s.size); err2 != nil {
			return lost("write: %w, and it could not be taken back: %w", err, err2)
		}
	}
	if isFull(err) {
		return fmt.Errorf("write: %w", err)
	}
	return lost("write: %w", err)
}

// writeAnchor notes the head. It is not synced: lost in a power cut it is behind
// its journal, which is no fault.
func (s *segment) writeAnchor() error {
	_, err := s.anchor.WriteAt(Anchor{s.genesis, s.head}.bytes(), 0)
	return err
}

// close ends the lock.
func (s *segment) close() error {
	return errors.Join(s.anchor.Sync(), s.anchor.Close(), s.f.Close())
}
