package recording

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

const (
	// files is how many a full directory could hold, so that removing the oldest
	// removes little.
	files = 8
	// spare is how many of them are kept free for the current one, which is over
	// its share before it ends.
	spare = 2
	// inUse is how recently a file was written to that may be another monitor's.
	inUse = 10 * time.Minute
)

// oldFile is a recording that may be removed.
type oldFile struct {
	path    string
	size    int64
	written time.Time
}

// tidy removes the oldest recordings of a directory beyond what it may hold.
// Only files that are named like ours and begin like ours are ever removed, not
// the current one, and none that was written to of late, unless ours tells that
// this run has finished it. Now is when the current one was written: the clock of
// a demo runs ahead of the file system's.
func tidy(o RecorderOptions, current string, ours func(path string) bool) (removed []string, err error) {
	info, err := os.Stat(current)
	if err != nil {
		return nil, writeFailure(current, err)
	}
	now := info.ModTime()
	old, total, err := recordings(o.Dir, current, now, ours)
	if err != nil {
		return nil, writeFailure(o.Dir, err)
	}
	for _, f := range old {
		if total <= o.MaxSize-spare*(o.MaxSize/files) && now.Sub(f.written) <= o.MaxAge {
			break
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return removed, writeFailure(f.path, err)
		}
		removed = append(removed, f.path)
		total -= f.size
	}
	return removed, nil
}

// recordings lists those that may be removed, the oldest first, and the bytes of
// all there are.
func recordings(dir, current string, now time.Time, ours func(path string) bool) (old []oldFile, total int64, err error) {
	named := regexp.MustCompile(`^[A-Za-z0-9_-]+-\d{8}T\d{6}Z(\.\d+)?\` + Extension + `$`)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err // the caller names the directory
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !named.MatchString(e.Name()) || !beginsLikeOurs(path) {
			continue // gone, or not ours
		}
		total += info.Size()
		if path != current && (now.Sub(info.ModTime()) > inUse || ours(path)) {
			old = append(old, oldFile{path, info.Size(), info.ModTime()})
		}
	}
	slices.SortFunc(old, func(a, b oldFile) int {
		return cmp.Or(a.written.Compare(b.written), cmp.Compare(a.path, b.path))
	})
	return old, total, nil
}

func beginsLikeOurs(path string) bool {
	f, err := os.Open(path) //nolint:gosec // in the recordings' directory
	if err != nil {
		return false
	}
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return errors.Join(err, f.Close()) == nil && bytes.Equal(head, []byte(magic))
}
