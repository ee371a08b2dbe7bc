package journal

import (
	"errors"
	"fmt"
	"time"
)

// maxKept bounds what is kept in memory of records that nothing waits for.
const maxKept = 1000

// Intent records what is about to be sent, and returns after it is on disk. On an
// error nothing may be sent. If the segment was lost a new one is open already
// where that is possible, so that confirming again may do.
func (j *Journal) Intent(in Intent) (Entry, error) {
	return j.write(Record{Kind: KindIntent, Intent: &in})
}

// Outcome records how a sent action ended. On an error it is kept in memory and
// written as soon as that is possible.
func (j *Journal) Outcome(o Outcome) (Entry, error) {
	return j.write(Record{Kind: KindOutcome, Outcome: &o})
}

// Effect records what an action did. On an error it is kept as an outcome is.
func (j *Journal) Effect(e Effect) (Entry, error) {
	return j.write(Record{Kind: KindEffect, Effect: &e})
}

// Resolution records somebody's word on an open action. On an error the action
// stays open.
func (j *Journal) Resolution(r Resolution) (Entry, error) {
	return j.write(Record{Kind: KindResolution, Resolution: &r})
}

// NearMiss records an attempt of which nothing was sent. On an error it is kept
// as an outcome is.
func (j *Journal) NearMiss(n NearMiss) (Entry, error) {
	return j.write(Record{Kind: KindNearMiss, NearMiss: &n})
}

// Event records anything else. On an error it is kept as an outcome is.
func (j *Journal) Event(e Event) (Entry, error) {
	return j.write(Record{Kind: KindEvent, Event: &e})
}

// permits tells whether a record stands for something still to be done, which
// must be on disk first. All others tell what has happened.
func permits(k Kind) bool { return k == KindIntent || k == KindResolution }

func (j *Journal) write(r Record) (Entry, error) {
	start := time.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return Entry{}, ErrClosed
	}
	if err := admissible(j.open, r); err != nil {
		return Entry{}, err
	}
	e, err := j.record(j.stamp(r))
	e.Took = time.Since(start)
	if err != nil {
		return e, fmt.Errorf("audit journal: %w", err)
	}
	return e, nil
}

// record writes a stamped record after those that are kept, or keeps it.
func (j *Journal) record(r Record) (Entry, error) {
	err := j.flush()
	anchored := false
	if err == nil && permits(r.Kind) && j.missed != nil && !j.active {
		err, j.missed = fmt.Errorf("%w; a new segment was begun", j.missed), nil
	}
	if err == nil && permits(r.Kind) {
		// Without the reserve the outcome might find no space.
		err = j.reserve.ensure()
	}
	if err == nil {
		anchored, err = j.attempt(r)
	}
	switch {
	case err == nil:
		j.open = apply(j.open, r)
		j.active = false // it works again
		return Entry{Head: j.seg.head, Anchored: anchored}, nil
	case permits(r.Kind) && !j.active:
		return Entry{}, err
	case len(j.kept) >= maxKept && r.Outcome == nil:
		return Entry{}, errors.Join(err, fmt.Errorf("%d records are kept already; this one is not", maxKept))
	}
	r.Unrecorded = true
	j.kept = append(j.kept, r)
	j.open = apply(j.open, r)
	if j.active {
		err = nil // as was asked for
	}
	return Entry{Unrecorded: true}, err
}

// flush makes sure that there is a segment, and writes what is kept into it.
func (j *Journal) flush() error {
	if err := j.ready(); err != nil {
		return err
	}
	for len(j.kept) > 0 {
		if _, err := j.attempt(j.kept[0]); err != nil {
			return err
		}
		j.kept = j.kept[1:]
	}
	return nil
}

// ready makes sure that there is a segment.
func (j *Journal) ready() error {
	switch {
	case j.seg != nil:
		return nil
	case j.last == 0: // opened overridden: nothing was looked at yet
		_, err := j.start()
		return err
	default:
		return j.nextSegment()
	}
}

// attempt writes one record: with the reserve given up on a full disk, and into a
// new segment if this one is lost, unless the record permits something: then the
// new segment is made, but the decision is asked for again.
func (j *Journal) attempt(r Record) (anchored bool, err error) {
	anchored, err = j.append(r)
	if err != nil && isFull(err) && !permits(r.Kind) {
		if err2 := j.reserve.release(); err2 != nil {
			return false, errors.Join(err, err2)
		}
		anchored, err = j.append(r)
	}
	var gone lostError
	if !errors.As(err, &gone) {
		return anchored, err
	}
	if err2 := j.replace(gone); err2 != nil {
		return false, errors.Join(err, err2)
	}
	if permits(r.Kind) && !r.Unrecorded {
		return false, fmt.Errorf("%w; a new segment was begun", err)
	}
	return j.append(r)
}

// replace gives up the present segment for a new one.
func (j *Journal) replace(why error) error {
	j.lose(j.seg.path, j.seg.head, why)
	j.seg, j.retired = nil, j.seg
	return j.nextSegment()
}
