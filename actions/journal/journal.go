package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Options say where the journal is and who writes it. Dir, Origin, Now and Mono
// are needed.
type Options struct {
	Dir string // made with mode 0700
	// Fallback is a second directory, best on another disk, for a new segment where
	// Dir takes none. It may be empty.
	Fallback string
	Origin   Origin
	Now      func() time.Time     // wall clock
	Mono     func() time.Duration // since the program's start
	// Secrets are looked for in every record, and blacked out where one got in
	// against all care.
	Secrets []Secret
	// After is where this process left the journal when it closed it last: what is
	// gone of that since is noticed. Zero if it did not.
	After Left

	open    opener // nil for the operating system's
	reserve int64  // 0 for reserveSize
}

// Journal is an open journal. It may be used by several goroutines.
type Journal struct {
	o       Options
	reserve reserve

	mu      sync.Mutex
	seg     *segment // nil while no segment works
	retired *segment // the lost one before it: its lock is held until there is another
	why     Lost     // what the next segment begins with, while seg is nil
	last    int      // number of the newest segment; 0 before any was found or made
	open    []OpenAction
	missed  error    // what is gone since After; nil once an intent was refused for it
	kept    []Record // not written yet
	active  bool     // overridden: actions pass without a record
	closed  bool
}

// Entry is where a record is.
type Entry struct {
	Head Head
	// Unrecorded says that the record is in memory only.
	Unrecorded bool
	// Anchored says that the anchor beside the journal was moved too.
	Anchored bool
	Took     time.Duration // to write and sync it, in real time
}

// ErrClosed says that the journal was closed.
var ErrClosed = errors.New("the journal is closed")

// Open opens the newest segment of a journal, or makes the first one, and goes on
// after its last record. A torn tail is kept and accounted for; a segment that is
// broken or shorter than its anchor is left alone for a new one. The report is of
// the segment as it was found (zero if there was none).
func Open(o Options) (*Journal, Report, error) {
	j := create(o)
	r, err := j.start()
	if err != nil {
		return nil, r, fmt.Errorf("audit journal in %s: %w", o.Dir, errors.Join(err, j.Close()))
	}
	return j, r, nil
}

// create returns a journal without a segment.
func create(o Options) *Journal {
	if o.open == nil {
		o.open = openSegment
	}
	o.Origin.Schema = Schema
	if o.reserve == 0 {
		o.reserve = reserveSize
	}
	return &Journal{o: o, reserve: reserve{filepath.Join(o.Dir, reserveName), o.reserve}}
}

// dirs are the directories that segments may be in.
func (j *Journal) dirs() []string { return j.o.Dirs() }

// Dirs returns the directories that segments may lie in, the first one first.
func (o *Options) Dirs() []string {
	if o.Fallback == "" {
		return []string{o.Dir}
	}
	return []string{o.Dir, o.Fallback}
}

// start finds the newest segment and makes it ready for writing.
func (j *Journal) start() (Report, error) {
	if err := makeDir(j.o.Dir); err != nil {
		return Report{}, err
	}
	paths, err := Segments(j.dirs()...)
	if err != nil {
		return Report{}, err
	}
	var r Report
	before, gone := j.open, j.o.After.gone()
	switch {
	case len(paths) > 0:
		path := paths[len(paths)-1]
		j.last = number(path)
		r, err = j.resume(path)
	case gone:
		j.last = number(j.o.After.Path)
		j.miss("the file was removed")
		err = j.nextSegment()
	default:
		err = j.nextSegment()
	}
	if err == nil && gone && j.missed == nil { // another process began anew: its lock is held till there is ours
		j.last = max(j.last, number(j.o.After.Path))
		j.miss("the file was removed")
		j.seg, j.retired = nil, j.seg
		err = j.nextSegment()
	}
	if j.missed == nil {
		j.missed = j.o.After.missed
	}
	if err == nil {
		err = j.reserve.ensure()
	}
	if err != nil {
		j.last, j.open, j.missed = 0, before, nil
		return r, errors.Join(err, j.drop())
	}
	return r, nil
}

// resume goes on in a segment, or after it.
func (j *Journal) resume(path string) (Report, error) {
	f, err := j.o.open(path, false)
	if errors.Is(err, os.ErrNotExist) { // only its anchor is left
		if path == j.o.After.Path {
			j.miss("the file was removed")
		} else {
			j.lose(path, Head{}, errors.New("the file was removed"))
		}
		return Report{Path: path, State: Shorter, Why: cluster.Clean("the file was removed")}, j.nextSegment()
	}
	if err != nil {
		return Report{}, err
	}
	r, s, open, err := j.read(path)
	if err != nil || r.State == Other {
		return r, errors.Join(err, otherError(r), f.Close())
	}
	j.open = append(open, j.open...)
	if left := j.o.After; path == left.Path && (s.genesis != left.genesis || r.Head.Seq < left.Head.Seq) {
		j.miss("the file was replaced")
		return r, errors.Join(j.nextSegment(), f.Close())
	}
	if r.State == Broken || r.State == Shorter || r.Head.Seq == 0 {
		j.lose(path, r.Head, errors.New(string(r.State)+": "+r.Why.String()))
		// The lock on the old one is held until there is a new one.
		return r, errors.Join(j.nextSegment(), f.Close())
	}
	seg, err := newSegment(path, f)
	if err != nil {
		return r, errors.Join(err, f.Close())
	}
	seg.head, seg.genesis, seg.torn = s.head, s.genesis, r.State == Torn
	j.seg = seg
	if r.Torn > 0 {
		tail := s.tail()
		if err := j.put(Record{Kind: KindRecovered, Recovered: &tail}); err != nil {
			return r, err
		}
	}
	return r, j.put(Record{Kind: KindSession, Origin: &j.o.Origin})
}

func otherError(r Report) error {
	if r.State == Other {
		return fmt.Errorf("%s: %s; move it away", r.Path, r.Why)
	}
	return nil
}

// read verifies a segment and collects what is open in it.
func (j *Journal) read(path string) (Report, *scan, []OpenAction, error) {
	a, err := readAnchor(anchorPath(path))
	if err != nil {
		a = nil // a damaged anchor vouches for nothing; it is written anew
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the directory
	if err != nil {
		return Report{Path: path}, nil, nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var open []OpenAction
	r, s, err := verify(f, a, func(rec []byte) { open = fold(open, rec) })
	r.Path = path
	return r, s, open, err
}

// put stamps a record and appends it to the present segment.
func (j *Journal) put(r Record) error {
	_, err := j.append(j.stamp(r))
	return err
}

func (j *Journal) stamp(r Record) Record {
	r.Wall, r.Mono = j.o.Now().UTC().Truncate(time.Millisecond), j.o.Mono()
	return r
}

// append encodes a stamped record and appends it.
func (j *Journal) append(r Record) (anchored bool, err error) {
	rec, err := encode(r, j.o.Secrets)
	if err != nil {
		return false, err
	}
	return j.seg.append(rec)
}

// Head returns the last record on disk, for X-Audit-Head; zero if no segment
// works.
func (j *Journal) Head() Head {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seg == nil {
		return Head{}
	}
	return j.seg.head
}

// Path returns the segment that is written; empty if none works.
func (j *Journal) Path() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seg == nil {
		return ""
	}
	return j.seg.path
}

// Open returns the actions whose end is not known, oldest first: at start those
// of earlier runs. None of them is ever sent again.
func (j *Journal) Open() []OpenAction {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.open)
}

// Close writes what is kept, if it can be, and ends the lock. A segment that was
// lost gets its successor even then: else the next start would go on in it, and
// take an intent for open that was refused.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	var err error
	if len(j.kept) > 0 || j.retired != nil {
		err = j.flush()
	}
	j.closed = true
	return errors.Join(err, j.drop())
}
