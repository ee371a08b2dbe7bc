package journal

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMeddling: a file that is not as it was left takes no intent. The next one
// finds a new segment.
func TestMeddling(t *testing.T) {
	for name, x := range map[string]struct {
		do   func(path string) error
		says string
	}{
		"deleted":  {os.Remove, "the file was removed"},
		"rotated":  {func(p string) error { return os.Rename(p, p+".1") }, "the file was removed"},
		"replaced": {func(p string) error { return errors.Join(os.Rename(p, p+".1"), os.WriteFile(p, nil, 0o600)) }, "the file was replaced"},
		"appended to": {func(p string) error {
			f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("x")
			return errors.Join(err, f.Close())
		}, "the file was changed by somebody else"},
		"truncated":      {func(p string) error { return os.Truncate(p, 10) }, "the file was changed by somebody else"},
		"made read-only": {func(p string) error { return os.Chmod(p, 0o400) }, "the file was made read-only"},
	} {
		t.Run(name, func(t *testing.T) {
			j, _ := open(t, options(t.TempDir()))
			must(t)(j.Intent(intent("a")))
			first := j.Path()
			if err := x.do(first); err != nil {
				t.Fatal(err)
			}
			_, err := j.Intent(intent("b"))
			if err == nil || !strings.Contains(err.Error(), x.says) || !strings.Contains(err.Error(), "a new segment was begun") {
				t.Errorf("%v, want %q", err, x.says)
			}
			must(t)(j.Intent(intent("c")))
			must(t)(j.Outcome(outcome("a", "accepted")))
			if j.Path() == first || actions(j.Open()) != "c" {
				t.Errorf("in %s, open %q", j.Path(), actions(j.Open()))
			}
			want(t, j.Path(), Fine)
		})
	}
}

func TestDeletedBetweenRuns(t *testing.T) {
	dir := t.TempDir()
	path := sample(t, dir)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	j, r := open(t, options(dir))
	if r.State != Shorter || number(j.Path()) != 2 {
		t.Errorf("%+v, %s", r, j.Path())
	}
}

// What this process wrote and then closed is not to vanish unnoticed either: the
// next intent is refused for it, once.
func TestMeddledWithWhileClosed(t *testing.T) {
	for name, x := range map[string]struct {
		do   func(dir, path string) error
		says string
		open string
		last int // the number of the new segment
	}{
		"deleted":               {func(_, p string) error { return os.Remove(p) }, "the file was removed", "a c", 2},
		"deleted with all else": {func(d, _ string) error { return os.RemoveAll(d) }, "the file was removed", "a c", 2},
		"deleted, and begun anew by another": {func(d, _ string) error {
			err := os.RemoveAll(d)
			other, _, err2 := Open(options(d))
			return errors.Join(err, err2, other.Close())
		}, "the file was replaced", "a c", 2},
		"begun anew by another that is in doubt": {func(d, _ string) error {
			err := os.RemoveAll(d)
			o := options(d)
			o.Origin.Run = "r2"
			other, _, err2 := Open(o)
			_, err3 := other.Intent(intent("other"))
			return errors.Join(err, err2, err3, other.Close())
		}, "the file was replaced", "other a c", 2},
		"begun anew under another number": {func(d, p string) error {
			err := os.Rename(p, filepath.Join(filepath.Dir(p), segmentName(9)))
			err2 := os.Remove(anchorPath(p))
			return errors.Join(err, err2)
		}, "the file was removed", "a c", 10},
		"left alone": {func(string, string) error { return nil }, "", "a c", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "audit")
			j, _ := open(t, options(dir))
			must(t)(j.Intent(intent("a")))
			path := j.Path()
			o := options(dir)
			o.After = j.Left()
			if err := errors.Join(j.Close(), x.do(dir, path)); err != nil {
				t.Fatal(err)
			}
			j, _ = open(t, o)
			must(t)(j.NearMiss(NearMiss{})) // it is no answer to whoever confirms
			o.After = j.Left()
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			j, _ = open(t, o)
			if x.says != "" {
				_, err := j.Intent(intent("b"))
				if err == nil || !strings.Contains(err.Error(), path+": "+x.says) || !strings.Contains(err.Error(), "a new segment was begun") {
					t.Errorf("%v, want %q", err, x.says)
				}
			}
			must(t)(j.Intent(intent("c")))
			if number(j.Path()) != x.last || actions(j.Open()) != x.open {
				t.Errorf("in %s, open %q", j.Path(), actions(j.Open()))
			}
			want(t, j.Path(), Fine)
		})
	}
}

func TestNoPlace(t *testing.T) {
	link := filepath.Join(t.TempDir(), "linked")
	if err := os.Mkdir(link, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", filepath.Join(link, segmentName(1))); err != nil {
		t.Fatal(err)
	}
	// /proc takes no directory from anybody, root included.
	for _, dir := range []string{"/proc/stemetop-audit", "/dev/null/audit", link} {
		if j, _, err := Open(options(dir)); err == nil {
			j.Close()
			t.Errorf("%s: opened", dir)
		}
	}
}

func TestLockedByAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	c := child(t, "hold", dir)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatal(line, err)
	}
	if _, _, err := Open(options(dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("%v, want %v", err, ErrLocked)
	}
	want(t, filepath.Join(dir, segmentName(1)), Fine) // reading needs no lock
	in.Close()
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	open(t, options(dir))
}
