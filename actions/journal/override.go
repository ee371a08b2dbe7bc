package journal

import (
	"errors"
	"slices"
)

// Unrecorded is the word that is typed to act without a journal.
const Unrecorded = "UNRECORDED"

// errWord says that the word was not typed.
var errWord = errors.New("to act without a record, type " + Unrecorded)

// Override lets intents pass that can't be written: they are kept in memory,
// marked, until a segment works again. It needs the word, and a journal that
// failed just now: a slow or merely inconvenient one is no reason.
func (j *Journal) Override(word string) error {
	if word != Unrecorded {
		return errWord
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return ErrClosed
	}
	err := j.flush()
	if err == nil {
		err = j.reserve.ensure()
	}
	if err == nil {
		_, err = j.attempt(j.stamp(Record{Kind: KindEvent, Event: &Event{Name: "override_refused"}}))
	}
	if err == nil {
		return errors.New("the journal works: nothing is done without it")
	}
	j.active = true
	return nil
}

// OpenUnrecorded returns a journal for one that Open failed to open. It starts
// overridden.
func OpenUnrecorded(o Options, word string) (*Journal, error) {
	if word != Unrecorded {
		return nil, errWord
	}
	j := create(o)
	j.active = true
	return j, nil
}

// Overridden tells whether actions pass without a record: to be shown all the
// time.
func (j *Journal) Overridden() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.active
}

// Kept returns the records that are only in memory, to be shown, and printed at
// exit.
func (j *Journal) Kept() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.kept)
}
