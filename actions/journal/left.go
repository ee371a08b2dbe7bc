package journal

import (
	"errors"
	"os"
	"slices"
)

// Left is where a journal was left.
type Left struct {
	Path string // of the segment that was written; empty for none
	Head Head   // its last record
	Open []OpenAction

	genesis string // hash of its first record
	missed  error  // an intent is to be refused for
}

// gone tells whether there is nothing more where the journal was left.
func (l Left) gone() bool {
	if l.Path == "" {
		return false
	}
	_, err := os.Lstat(l.Path)
	return errors.Is(err, os.ErrNotExist)
}

// miss gives up what this process left for a new segment, which has what was open in
// it: whoever confirms next has to know of it first.
func (j *Journal) miss(why string) {
	left := j.o.After
	for _, a := range left.Open {
		if !slices.ContainsFunc(j.open, func(o OpenAction) bool { return o.Intent.Action == a.Intent.Action }) {
			j.open = append(j.open, a)
		}
	}
	j.lose(left.Path, left.Head, errors.New(why))
	j.missed = lost("%s: %s", left.Path, why)
}

// Left returns where the journal stands, for Options.After.
func (j *Journal) Left() Left {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seg == nil {
		left := j.o.After
		left.missed = j.missed
		return left
	}
	return Left{j.seg.path, j.seg.head, slices.Clone(j.open), j.seg.genesis, j.missed}
}
