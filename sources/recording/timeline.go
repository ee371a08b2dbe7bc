package recording

import (
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Timeline is what is and was known of the cluster: one type for the live
// monitor, where it grows by Apply, and for a recording. A snapshot of an
// instant is the same from both. Apply is called by one goroutine, all else by
// any.
type Timeline struct {
	options cluster.HistoryOptions

	mu      sync.Mutex // guards state: the fold and its views
	state   *cluster.State
	history *cluster.History
	last    time.Time // Received of the newest observation
	tape    *tape     // nil for a recording
	file    *File     // nil when live

	past    *player // over the tape or the file
	digest  *digest // of the file; nil when live
	archive archive
	trouble trouble
}

// LiveOptions bound what a live timeline keeps in memory.
type LiveOptions struct {
	History   cluster.HistoryOptions
	TapeBytes int64 // coded observations, 2 MiB if 0: an hour of a dozen nodes
	// Whole makes rates run over all that was seen (State.SetWholeWindow).
	Whole bool
}

// NewLive returns a timeline that grows.
func NewLive(o LiveOptions) *Timeline {
	if o.TapeBytes <= 0 {
		o.TapeBytes = 2 << 20
	}
	t := &Timeline{
		options: o.History, state: cluster.NewState(), history: cluster.NewHistory(o.History), tape: newTape(o.TapeBytes),
	}
	t.state.SetWholeWindow(o.Whole)
	t.past = newPlayer(t.tape, o.History)
	return t
}

// NewReplay returns the timeline of a recording. The file stays the caller's to
// close, after the timeline.
func NewReplay(f *File, o cluster.HistoryOptions) *Timeline {
	return &Timeline{options: o, file: f, past: newPlayer(f, o), digest: newDigest(f, o)}
}

const (
	// resolution is that of the monotonic clock in a timeline: none that is read
	// here is good to a microsecond.
	resolution = time.Microsecond
	// coarse is that of the wall clock: rates are of a second at least, and right
	// to 0.01 %, while each digit of noise costs a tenth of the recording.
	coarse = 100 * time.Microsecond
	// tied is how far those that came in one coarse instant are set apart by another,
	// and crowded how far those are by the least there is, as of a thousand nodes at
	// once. What is later than that was received before, by its clock.
	tied, crowded = 2 * time.Millisecond, 20 * time.Millisecond
)

// cut returns an observation with the times that are kept, after one that was
// received at last. It was received no earlier than it was, or a replay would know
// it before the live screen did, and each at an instant of its own, or it would
// know two of which the screen had one. A reading took rather longer than less,
// for what is between two clocks is uncertain by it.
func cut(o *cluster.Observation, last time.Time) *cluster.Observation {
	c := *o
	if c.Received = o.Received.Truncate(coarse); c.Received.Before(o.Received) {
		c.Received = c.Received.Add(coarse)
	}
	switch late := last.Sub(c.Received); {
	case late < 0 || late >= crowded:
	case late < tied:
		c.Received = last.Add(coarse)
	default:
		c.Received = last.Add(resolution)
	}
	c.Mono = (o.Mono + c.Received.Sub(o.Received)).Truncate(resolution)
	c.Took = (o.Took + coarse - 1).Truncate(coarse)
	if middle := c.Received.Add(-c.Took / 2); !o.Taken.IsZero() {
		c.Taken = middle.Add(-middle.Sub(o.Taken).Round(coarse))
	}
	return &c
}

// Apply adds an observation to a live timeline, which keeps its body: neither it
// nor what it points to may change any more. Times are kept as cut says.
func (t *Timeline) Apply(o *cluster.Observation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := cut(o, t.last)
	t.tape.append(kept, t.state)
	t.state.Apply(kept)
	t.history.Apply(kept, t.state)
	t.last = kept.Received
}

// At returns what is known as of at: by what was received until then, and judged
// then. Now and later is cheap, and so is going on from where the last call
// was; elsewhere it takes a seek. What could not be read is in Trouble.
func (t *Timeline) At(at time.Time) *cluster.Snapshot {
	if t.file != nil {
		s, err := t.past.snapshot(at)
		t.trouble.set(err)
		s.Series = spliced{near: s.Series, far: longAgo{t.digest, at}, whole: at.Add(-t.past.options.Raw)}
		return s
	}
	t.mu.Lock()
	if !at.Before(t.last) {
		defer t.mu.Unlock()
		return t.state.Snapshot(at, t.history)
	}
	t.mu.Unlock()
	return t.before(at)
}

// Latest returns what is known now, and is At for those who follow what happens:
// between reading a clock and asking At something may be received, and At would
// seek for how it was before. What was read to look back is let go of. A
// recording knows no later than its end.
func (t *Timeline) Latest(now func() time.Time) *cluster.Snapshot {
	if t.file != nil {
		return t.At(now())
	}
	t.past.forget()
	t.archive.forget()
	return t.Head(now)
}

// Head is Latest for those who follow what happens while somebody else looks
// back: nothing is let go of. It is for a live timeline only.
func (t *Timeline) Head(now func() time.Time) *cluster.Snapshot {
	s := new(cluster.Snapshot)
	t.HeadOver(s, now)
	return s
}

// HeadOver is Head in the memory of an older snapshot, of which nobody may keep
// anything.
func (t *Timeline) HeadOver(s *cluster.Snapshot, now func() time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := now()
	if at.Before(t.last) { // the wall clock was set back
		at = t.last
	}
	t.state.SnapshotOver(s, at, t.history)
}

// before returns a snapshot of the live monitor's past: from the tape where it
// goes back far enough, else from the recording.
func (t *Timeline) before(at time.Time) *cluster.Snapshot {
	p, err := t.archive.player(at, t.past, t.tape, t.options)
	var s *cluster.Snapshot
	if err == nil {
		s, err = p.snapshot(at)
	}
	if err != nil {
		s, _ = t.past.snapshot(at)
	}
	t.trouble.set(err)
	s.Series = spliced{near: s.Series, far: t.history, whole: at.Add(-t.past.options.Raw)}
	return s
}

// Bounds returns the oldest and the newest instant that At can tell of; zero
// times if nothing was received yet.
func (t *Timeline) Bounds() (from, to time.Time) {
	if t.file != nil {
		t.trouble.set(t.file.Refresh())
		return t.file.Bounds()
	}
	from, to = t.tape.bounds()
	if older := t.archive.oldest(); !older.IsZero() && older.Before(from) {
		from = older
	}
	return from, to
}

// History returns the numbers over time of a live timeline, nil for a recording.
func (t *Timeline) History() *cluster.History { return t.history }

// Trouble returns why the last call could not read all that was recorded, nil if
// it could.
func (t *Timeline) Trouble() *cluster.Failure { return t.trouble.get() }

// Grown signals, coalesced, that the series of a recording reach further than
// they did: what lies longer ago than a seek reads is read in the background,
// once a series is asked for it. It is nil for a live timeline.
func (t *Timeline) Grown() <-chan struct{} {
	if t.digest == nil {
		return nil
	}
	return t.digest.grown
}

// Close ends what is done in the background, and frees what was opened to look
// back.
func (t *Timeline) Close() error {
	if t.digest != nil {
		t.digest.close()
	}
	t.archive.mu.Lock()
	defer t.archive.mu.Unlock()
	return t.archive.close()
}
