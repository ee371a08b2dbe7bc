package journal

import (
	"errors"
	"syscall"
	"testing"
)

func TestOverride(t *testing.T) {
	j, d := onDisk(t)
	if err := j.Override("unrecorded"); !errors.Is(err, errWord) {
		t.Error(err)
	}
	if err := j.Override(Unrecorded); err == nil || j.Overridden() {
		t.Error("a journal that works was overridden")
	}
	d.write = syscall.ENOSPC
	if err := j.Override(Unrecorded); err != nil || !j.Overridden() {
		t.Fatal(err)
	}
	e := must(t)(j.Intent(intent("a")))
	must(t)(j.Outcome(outcome("a", "ambiguous")))
	if !e.Unrecorded || len(j.Kept()) != 2 || !j.Kept()[0].Unrecorded || actions(j.Open()) != "a?" {
		t.Errorf("%+v, kept %d, open %q", e, len(j.Kept()), actions(j.Open()))
	}
	d.write = nil
	e = must(t)(j.Intent(intent("b")))
	if e.Unrecorded || j.Overridden() || len(j.Kept()) != 0 {
		t.Errorf("%+v, overridden %v, kept %d", e, j.Overridden(), len(j.Kept()))
	}
	want(t, j.Path(), Fine)
}

func TestOpenUnrecorded(t *testing.T) {
	dir := t.TempDir()
	sample(t, dir) // leaves d open
	holder, _ := open(t, options(dir))
	if _, err := OpenUnrecorded(options(dir), "yes"); !errors.Is(err, errWord) {
		t.Error(err)
	}
	j, err := OpenUnrecorded(options(dir), Unrecorded)
	if err != nil {
		t.Fatal(err)
	}
	must(t)(j.Intent(intent("a")))
	if !j.Overridden() || j.Path() != "" || len(j.Kept()) != 1 {
		t.Error("it found a place beside the lock")
	}
	holder.Close()
	must(t)(j.Outcome(outcome("a", "accepted")))
	if j.Overridden() || actions(j.Open()) != "d" {
		t.Errorf("overridden %v, open %q", j.Overridden(), actions(j.Open()))
	}
	want(t, j.Path(), Fine)
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
