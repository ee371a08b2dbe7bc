package journal

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAppendOnly: of a journal that the system lets nobody cut (chattr +a) no mode can
// be set either, so that a right one is left alone. Not every file system of a test
// has such files, but each notes when a mode was set.
func TestAppendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), segmentName(1))
	made, err := openSegment(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	before := changed(t, path)
	for changed(t, other(t)) <= before { // a file system's clock ticks some hundred times a second
		time.Sleep(time.Millisecond)
	}
	for _, mode := range []os.FileMode{private, 0o644} {
		sets := mode != private
		if sets {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		f, err := openSegment(path, false)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil || info.Mode().Perm() != private || (!sets && changed(t, path) != before) {
			t.Errorf("opened with %v: %v, changed: %v, %v", mode, info.Mode(), changed(t, path) != before, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// other makes another file.
func other(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(path, nil, private); err != nil {
		t.Fatal(err)
	}
	return path
}

// changed is when the inode of a file was changed last, in ns.
func changed(t *testing.T, path string) int64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Ctim.Nano()
}
