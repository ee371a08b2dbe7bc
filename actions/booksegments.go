package actions

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/stemedb/stemetop/actions/journal"
)

// hungAfter is when whoever has the journal and wrote nothing for as long is taken to
// hang: no request takes that long.
const hungAfter = 2 * time.Minute

// segment is one of the journal as it lies on the disk.
type segment struct {
	path string
	size int64
	at   time.Time // of the newest write
}

// override lets intents pass that can't be written.
func (b *book) override(word string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j != nil {
		return b.j.Override(word)
	}
	if err := b.inTurn(); err != nil {
		return err
	}
	j, err := journal.OpenUnrecorded(b.o, word)
	if err == nil {
		b.j = j
	}
	return err
}

// inTurn tells why nothing is to be done without the journal: it works, or another
// run has it for the time of its request, and two requests are never on their way.
func (b *book) inTurn() error {
	o := b.o
	o.After = b.left
	j, _, err := journal.Open(o)
	switch {
	case err == nil:
		b.j, b.left = j, j.Left()
		return errors.New("the journal works now: nothing is done without it")
	case errors.Is(err, journal.ErrLocked) && time.Since(b.written()) < hungAfter:
		return errors.New("another stemetop's request is on its way: nothing is done beside it; try again after it")
	}
	return nil
}

// written is when the journal was written to last; zero where that can't be told.
func (b *book) written() (last time.Time) {
	for _, s := range b.segments() {
		if s.at.After(last) {
			last = s.at
		}
	}
	return last
}

func (b *book) segments() []segment {
	paths, err := journal.Segments(b.o.Dirs()...)
	if err != nil {
		return nil
	}
	list := make([]segment, 0, len(paths))
	for _, p := range paths {
		s := segment{path: p}
		if info, err := os.Stat(p); err == nil {
			s.size, s.at = info.Size(), info.ModTime()
		}
		list = append(list, s)
	}
	return list
}

// mark is another one after the journal was written to, by whomever.
func (b *book) mark() string {
	return fmt.Sprint(b.segments())
}

// head is the newest record, for X-Audit-Head; empty without a journal.
func (b *book) head() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j == nil || b.j.Head().Seq == 0 {
		return ""
	}
	return b.j.Head().String()
}

func (b *book) path() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j == nil {
		return b.left.Path
	}
	return b.j.Path()
}

func (b *book) kept() []journal.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j == nil {
		return slices.Clone(b.lost)
	}
	return slices.Concat(b.lost, b.j.Kept())
}
