package recording

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// trouble is the newest failure.
type trouble struct {
	mu      sync.Mutex
	failure *cluster.Failure
}

func (t *trouble) set(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure = asFailure(err)
}

// asFailure returns err as a failure, nil if it is nil.
func asFailure(err error) *cluster.Failure {
	var f *cluster.Failure
	if err != nil && !errors.As(err, &f) {
		f = cluster.Fail(cluster.FailOther, err.Error(), "")
	}
	return f
}

func (t *trouble) get() *cluster.Failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}

// archive is what this run has recorded, for the part of the past that the tape
// holds no more. The zero archive is empty.
type archive struct {
	mu     sync.Mutex
	files  []archived // oldest first
	open   *File
	path   string
	reader *player
}

// archived is a file of this run and when its first observation was received.
type archived struct {
	path string
	from time.Time
}

func (a *archive) add(path string, from time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = append(a.files, archived{path, from})
}

// has tells whether a file is of this run.
func (a *archive) has(path string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.files, func(f archived) bool { return f.path == path })
}

// remove forgets files that are gone: nothing goes back to them any more.
func (a *archive) remove(paths []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = slices.DeleteFunc(a.files, func(f archived) bool { return slices.Contains(paths, f.path) })
}

func (a *archive) oldest() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.files) == 0 {
		return time.Time{}
	}
	return a.files[0].from
}

// player returns what can tell of at: the tape's where its blocks go back far
// enough or nothing else does, else that of the file.
func (a *archive) player(at time.Time, live *player, t *tape, o cluster.HistoryOptions) (*player, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from, _ := t.bounds()
	window := at.Add(-live.options.Raw)
	i := len(a.files) - 1
	for ; i >= 0 && a.files[i].from.After(at); i-- {
	}
	if i < 0 || !from.After(window) || !from.After(a.files[i].from) {
		return live, nil
	}
	if err := a.use(a.files[i].path, o); err != nil {
		return nil, err
	}
	if _, to := a.open.Bounds(); to.Before(at) && !from.After(at) {
		return live, nil // not written yet, or lost; the tape has the instant itself
	}
	return a.reader, nil
}

// use opens a file, or finds what came since.
func (a *archive) use(path string, o cluster.HistoryOptions) error {
	if a.open != nil && a.path == path {
		return a.open.Refresh()
	}
	err := a.close()
	f, opening := Open(path)
	if err = errors.Join(err, opening); err != nil {
		return err
	}
	a.open, a.path, a.reader = f, path, newPlayer(f, o)
	return nil
}

// forget lets go of what was read, but not of the file: somebody else may be
// reading it.
func (a *archive) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reader != nil {
		a.reader.forget()
	}
}

func (a *archive) close() error {
	if a.open == nil {
		return nil
	}
	f := a.open
	a.open, a.reader, a.path = nil, nil, ""
	return f.Close()
}

// spliced is a series of the past: near where every point was read again, far
// where only a coarse memory goes back.
type spliced struct {
	near, far cluster.Series
	whole     time.Time // from here on near has all, if there was anything
}

// ragged is how far from its start a series may lack what its oldest step says:
// the step began before.
const ragged = 8 * time.Minute

// Buckets implements cluster.Series.
func (s spliced) Buckets(node cluster.NodeID, q cluster.Quantity, to time.Time, width time.Duration, n int) []cluster.Bucket {
	near := s.near.Buckets(node, q, to, width, n)
	seam := s.seam(node, q)
	older := 0
	for older < len(near) && near[older].From.Before(seam) {
		older++
	}
	if older == 0 {
		return near
	}
	// The coarse memory is not asked of later: a step of it may hold what was not
	// known yet.
	until := seam.Add(-time.Millisecond)
	if to.Before(until) {
		until = to
	}
	for i, b := range s.far.Buckets(node, q, until, width, older) {
		near[i] = joined(b, near[i])
	}
	return near
}

// seam returns the instant before which far is asked.
func (s spliced) seam(node cluster.NodeID, q cluster.Quantity) time.Time {
	oldest, _ := s.near.Span(node, q)
	switch {
	case oldest.IsZero():
		return s.whole
	case oldest.After(s.whole): // no more could be read
		return oldest
	case oldest.Add(ragged).Before(s.whole): // it was played on from there
		return oldest.Add(ragged)
	}
	return s.whole
}

// joined returns a bucket of which far knows the beginning and near the end.
func joined(far, near cluster.Bucket) cluster.Bucket {
	switch {
	case near.N == 0:
		return far
	case far.N == 0:
		return near
	}
	near.Min, near.Max, near.N = min(near.Min, far.Min), max(near.Max, far.Max), max(near.N, far.N)
	return near
}

// Lines implements cluster.Series.
func (s spliced) Lines(node cluster.NodeID, to time.Time) []cluster.HeardLine {
	return s.near.Lines(node, to)
}

// Span implements cluster.Series.
func (s spliced) Span(node cluster.NodeID, q cluster.Quantity) (oldest, newest time.Time) {
	oldest, newest = s.near.Span(node, q)
	if far, _ := s.far.Span(node, q); !far.IsZero() && far.Before(oldest) {
		oldest = far
	}
	return oldest, newest
}
