package actions

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// book is the journal as the Runner uses it: one goroutine writes to it, in order,
// so that no key waits for a disk. It is open, and so locked, from an intent to
// its outcome only: other processes of the operator may act too, in turn.
type book struct {
	o    journal.Options
	tell func(cluster.ActionStep, journal.Entry)

	mu     sync.Mutex
	more   *sync.Cond
	queue  []func(*book)
	busy   bool
	done   chan struct{} // closed when run ended
	closed bool
	j      *journal.Journal // nil while nothing is written
	left   journal.Left     // where it was left when it was closed last
	lost   []journal.Record // of what happened while the journal could not be opened
}

func openBook(o journal.Options, tell func(cluster.ActionStep, journal.Entry)) *book {
	b := &book{o: o, tell: tell, done: make(chan struct{})}
	b.more = sync.NewCond(&b.mu)
	return b
}

// put queues what is to be done with the journal.
func (b *book) put(do func(*book)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = append(b.queue, do)
	b.more.Signal()
}

// run does what is queued until close.
func (b *book) run() {
	defer close(b.done)
	for {
		b.mu.Lock()
		for len(b.queue) == 0 && !b.closed {
			b.more.Wait()
		}
		if len(b.queue) == 0 {
			b.mu.Unlock()
			return
		}
		do := b.queue[0]
		b.queue, b.busy = b.queue[1:], true
		b.mu.Unlock()
		do(b)
		b.mu.Lock()
		b.busy = false
		b.mu.Unlock()
	}
}

func (b *book) drained() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) == 0 && !b.busy
}

// How long a lock of another process is waited for, by a record that nobody waits
// for too, and how often it is tried.
const (
	lockedFor   = 2 * time.Second
	patientFor  = 12 * time.Second
	unlockEvery = 20 * time.Millisecond
)

// open returns the journal, and opens it if it is not. Another process has it for
// the time of one request, which is waited for a little.
func (b *book) open(patient bool) (*journal.Journal, error) {
	for began := time.Now(); ; time.Sleep(unlockEvery) {
		j, err := b.tryOpen()
		wait := lockedFor
		if patient && !b.ending() {
			wait = patientFor
		}
		if !errors.Is(err, journal.ErrLocked) || time.Since(began) > wait {
			return j, err
		}
	}
}

func (b *book) ending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (b *book) tryOpen() (*journal.Journal, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j != nil {
		return b.j, nil
	}
	o := b.o
	o.After = b.left
	j, _, err := journal.Open(o)
	if err != nil {
		return nil, err
	}
	b.j, b.left = j, j.Left()
	return j, nil
}

// held tells whether the journal is open.
func (b *book) held() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.j != nil
}

// release lets others write, unless there is something yet to be written.
func (b *book) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j == nil || len(b.queue) > 0 || len(b.j.Kept()) > 0 {
		return
	}
	b.left = b.j.Left()
	_ = b.j.Close() // each record was synced when it was written
	b.j = nil
}

// intent writes an intent to the disk. On an error nothing may be sent.
func (b *book) intent(d WriteIntent) error {
	j, err := b.open(false)
	if errors.Is(err, journal.ErrLocked) {
		return fmt.Errorf("another stemetop's request is on its way, esc and ask again after it: %w", err)
	}
	if err != nil {
		return err
	}
	e, err := j.Intent(d.Intent)
	if err == nil {
		b.tell(d.Copy, e)
	}
	return err
}

// record writes any other record. It is told on the stream all the same where it
// could not be written: it has happened.
func (b *book) record(d WriteRecord) error {
	j, err := b.open(d.Record.NearMiss != nil)
	var e journal.Entry
	if err == nil {
		e, err = b.write(j, d.Record)
	} else {
		b.lose(d.Record)
	}
	if err == nil || d.Record.Resolution == nil {
		b.tell(d.Copy, e)
	}
	return err
}

// maxLost bounds what is remembered of a journal that can't be opened.
const maxLost = 1000

// lose remembers a record for the end. A resolution is none: whoever said it is
// told, and says it again.
func (b *book) lose(r journal.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Resolution != nil || len(b.lost) == maxLost {
		return
	}
	r.Wall, r.Mono, r.Unrecorded = b.o.Now().UTC().Truncate(time.Millisecond), b.o.Mono(), true
	b.lost = append(b.lost, r)
}

func (*book) write(j *journal.Journal, r journal.Record) (journal.Entry, error) {
	switch {
	case r.Outcome != nil:
		return j.Outcome(*r.Outcome)
	case r.Effect != nil:
		return j.Effect(*r.Effect)
	case r.Resolution != nil:
		return j.Resolution(*r.Resolution)
	case r.NearMiss != nil:
		return j.NearMiss(*r.NearMiss)
	default:
		return j.Event(*r.Event)
	}
}

// close writes what is queued and ends the journal.
func (b *book) close() error {
	b.mu.Lock()
	b.closed = true
	b.more.Signal()
	b.mu.Unlock()
	select {
	case <-b.done:
	case <-time.After(bookWithin):
		return cluster.Fail(cluster.FailTimeout, "the disk of the audit journal did not answer in "+bookWithin.String(), "what is missing in it is shown as unknown at the next start")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.j == nil {
		return nil
	}
	return b.j.Close()
}

// bookWithin is how long the end waits for a disk that hangs.
const bookWithin = 5 * time.Second
