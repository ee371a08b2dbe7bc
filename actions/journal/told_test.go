package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// TestNothingToldIsLost puts random faults between random records. Whatever was
// told to be on disk is there, in a segment that verifies, and what is open at
// the next start is what was open.
func TestNothingToldIsLost(t *testing.T) {
	root, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		d, dir := &disk{}, filepath.Join(root, strconv.Itoa(n))
		o := options(dir)
		o.reserve = 4096
		o.open = d.open
		j, _, err := Open(o)
		if err != nil {
			rt.Fatal(err)
		}
		told := map[Head]bool{}
		for i := range rapid.IntRange(1, 15).Draw(rt, "steps") {
			fault := rapid.SampledFrom([]error{nil, nil, nil, syscall.ENOSPC, syscall.EIO})
			d.write, d.partial = fault.Draw(rt, "write"), rapid.IntRange(0, 300).Draw(rt, "partial")
			d.sync, d.truncate, d.create = fault.Draw(rt, "sync"), fault.Draw(rt, "truncate"), fault.Draw(rt, "create")
			var e Entry
			if open := j.Open(); len(open) > 0 && open[0].Outcome == nil && rapid.Bool().Draw(rt, "outcome") {
				e, err = j.Outcome(outcome(open[0].Intent.Action, rapid.SampledFrom([]string{"accepted", "ambiguous"}).Draw(rt, "verdict")))
			} else {
				e, err = j.Intent(intent(fmt.Sprint(i)))
			}
			if err == nil && e.Unrecorded {
				rt.Fatal("a record passed unrecorded")
			}
			if err == nil {
				told[e.Head] = true
			}
		}
		*d = disk{}
		if len(j.Kept()) > 0 {
			if _, err := j.Event(Event{Name: "repaired"}); err != nil {
				rt.Fatal(err)
			}
		}
		left := actions(j.Open())
		if err := j.Close(); err != nil {
			rt.Fatal(err)
		}
		checkTold(rt, dir, told)
		k, _, err := Open(o)
		if err != nil {
			rt.Fatal(err)
		}
		defer k.Close()
		if got := actions(k.Open()); got != left {
			rt.Fatalf("open %q, was %q", got, left)
		}
	})
}

func checkTold(t *rapid.T, dir string, told map[Head]bool) {
	paths, err := Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var h Head
		r, _, err := verify(f, nil, func(rec []byte) {
			h = h.next(rec)
			delete(told, h)
		})
		f.Close()
		if err != nil || (r.State != Fine && (i == len(paths)-1 || r.State != Torn)) {
			t.Fatalf("%s: %+v, %v", path, r, err)
		}
	}
	if len(told) > 0 {
		t.Fatalf("told, but not there: %v", told)
	}
}
