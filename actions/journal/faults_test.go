package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// faulty is a file that fails when its disk is told to.
type faulty struct {
	file
	disk *disk
}

// disk holds the faults of all files.
type disk struct {
	write    error // of a write
	partial  int   // bytes that such a write leaves
	sync     error
	truncate error
	create   error
	reserve  string // while this file is there the disk is full, if set
}

func (d *disk) open(path string, create bool) (file, error) {
	if create && d.create != nil {
		return nil, d.create
	}
	f, err := openSegment(path, create)
	if err != nil {
		return nil, err
	}
	return &faulty{f, d}, nil
}

func (f *faulty) Write(b []byte) (int, error) {
	err := f.disk.write
	if f.disk.reserve != "" {
		if _, e := os.Stat(f.disk.reserve); e == nil {
			err = syscall.ENOSPC
		}
	}
	if err == nil {
		return f.file.Write(b)
	}
	n, e := f.file.Write(b[:min(len(b), f.disk.partial)])
	return n, errors.Join(err, e)
}

func (f *faulty) Sync() error {
	if f.disk.sync != nil {
		return f.disk.sync
	}
	return f.file.Sync()
}

func (f *faulty) Truncate(n int64) error {
	if f.disk.truncate != nil {
		return f.disk.truncate
	}
	return f.file.Truncate(n)
}

func (f *faulty) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// onDisk opens a journal on a disk of faults.
func onDisk(t testing.TB) (*Journal, *disk) {
	d := &disk{}
	o := options(t.TempDir())
	o.open = d.open
	j, _ := open(t, o)
	return j, d
}

func TestFullDiskBeforeTheSend(t *testing.T) {
	j, d := onDisk(t)
	head := j.Head()
	for _, partial := range []int{0, 1, 70, 1 << 20} {
		d.write, d.partial = syscall.ENOSPC, partial
		if _, err := j.Intent(intent("a")); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		if len(j.Open()) != 0 || j.Head() != head {
			t.Error("an intent that was refused is open")
		}
		want(t, j.Path(), Fine)
	}
	if _, err := os.Stat(j.reserve.path); err != nil {
		t.Errorf("the reserve was spent on an intent: %v", err)
	}
	d.write = nil
	must(t)(j.Intent(intent("a")))
	want(t, j.Path(), Fine)
}

func TestFullDiskAfterTheSend(t *testing.T) {
	j, d := onDisk(t)
	must(t)(j.Intent(intent("a")))
	d.reserve, d.partial = j.reserve.path, 100
	e := must(t)(j.Outcome(outcome("a", "accepted")))
	if e.Unrecorded || len(j.Kept()) != 0 {
		t.Error("the reserve did not help")
	}
	if _, err := os.Stat(j.reserve.path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the reserve is still there")
	}
	want(t, j.Path(), Fine)
	if _, err := j.Intent(intent("b")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("an intent without a reserve for its outcome: %v", err)
	}
	d.reserve = ""
	must(t)(j.Intent(intent("b")))
}

func TestFailedFsync(t *testing.T) {
	t.Run("before the send", func(t *testing.T) {
		j, d := onDisk(t)
		first, head := j.Path(), j.Head()
		d.sync = syscall.EIO
		if _, err := j.Intent(intent("a")); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		d.sync = nil
		must(t)(j.Intent(intent("b")))
		if j.Path() == first || actions(j.Open()) != "b" {
			t.Errorf("in %s, open %q", j.Path(), actions(j.Open()))
		}
		b, _ := os.ReadFile(j.Path())
		if l := `"segment_lost":{"segment":"audit-000001.jsonl","head":{"seq":1,"hash":"` + head.Hash; !strings.Contains(string(b), l) {
			t.Errorf("%s lacks %s", b, l)
		}
		want(t, j.Path(), Fine)
	})
	t.Run("after the send", func(t *testing.T) {
		j, d := onDisk(t)
		must(t)(j.Intent(intent("other")))
		must(t)(j.Intent(intent("a")))
		d.sync, d.create = syscall.EIO, syscall.EIO
		e, err := j.Outcome(outcome("a", "accepted"))
		if err == nil || !e.Unrecorded || len(j.Kept()) != 1 {
			t.Fatal(e, err)
		}
		if _, err := j.Intent(intent("b")); err == nil {
			t.Error("an intent while an outcome waits for its record")
		}
		d.sync, d.create = nil, nil
		must(t)(j.Intent(intent("b")))
		if len(j.Kept()) != 0 || actions(j.Open()) != "other b" {
			t.Errorf("kept %d, open %q", len(j.Kept()), actions(j.Open()))
		}
		b, _ := os.ReadFile(j.Path())
		if !strings.Contains(string(b), `"unrecorded":true,"outcome":{"action_id":"a"`) {
			t.Errorf("%s lacks the outcome", b)
		}
		want(t, j.Path(), Fine)
		dir := j.o.Dir
		j.Close()
		if k, _ := open(t, options(dir)); actions(k.Open()) != "other b" {
			t.Errorf("open at the next start: %q", actions(k.Open()))
		}
	})
	t.Run("into the second directory", func(t *testing.T) {
		d := &disk{}
		o := options(t.TempDir())
		o.Fallback = filepath.Join(t.TempDir(), "second")
		o.open = func(path string, create bool) (file, error) {
			if strings.HasPrefix(path, o.Fallback) {
				return openSegment(path, create)
			}
			return d.open(path, create)
		}
		j, _ := open(t, o)
		must(t)(j.Intent(intent("a")))
		d.sync = syscall.EIO
		must(t)(j.Outcome(outcome("a", "accepted")))
		if filepath.Dir(j.Path()) != o.Fallback {
			t.Error(j.Path())
		}
		j.Close()
		if k, _ := open(t, o); number(k.Path()) != 2 {
			t.Errorf("the next start went on in %s", k.Path())
		}
	})
}

func TestDevFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	if err := full.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("fsync of /dev/full: %v", err)
	}
	o := options(t.TempDir())
	var fill bool
	o.open = func(path string, create bool) (file, error) {
		f, err := openSegment(path, create)
		return &device{f, full, &fill}, err
	}
	j, _ := open(t, o)
	must(t)(j.Intent(intent("a")))
	fill = true
	if _, err := j.Intent(intent("b")); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if e, err := j.Outcome(outcome("a", "accepted")); !errors.Is(err, syscall.ENOSPC) || !e.Unrecorded {
		t.Error(e, err)
	}
	fill = false
	must(t)(j.Intent(intent("b")))
	if r := want(t, j.Path(), Fine); r.Head.Seq != 4 {
		t.Errorf("%+v", r)
	}
}

// device writes to a real device while fill is set.
type device struct {
	file
	to   *os.File
	fill *bool
}

func (d *device) Write(b []byte) (int, error) {
	if *d.fill {
		return d.to.Write(b)
	}
	return d.file.Write(b)
}
