package recording

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// flushEvery is how often what was observed goes to the file; what is in work
	// when the process is killed is lost, and no more.
	flushEvery = time.Second
	// retryEvery is how long after a failed write a new file is tried.
	retryEvery = 30 * time.Second
	// queued chunks are what a hung disk may hold up: about two minutes.
	queued = 128
)

// RecorderOptions say where and how much to record.
type RecorderOptions struct {
	Dir     string        // of all recordings; made with mode 0700
	Path    string        // one file instead, which must not exist; never rotated, and recording ends when it is full
	MaxSize int64         // bytes of all files in Dir, or of Path; 1 GiB if 0
	MaxAge  time.Duration // of files in Dir; 14 days if 0
	Program string        // name and version, for the header
	Clock   sources.Clock
	// Failed is told once when recording begins to fail, and with nil when it
	// works again; also when an old file can't be removed. It must not block. May
	// be nil.
	Failed func(*cluster.Failure)
	// Lost is told how many observations the recording lacks since the disk was
	// too slow: they make a cluster.Gap. It must not block. May be nil.
	Lost func(observations uint64)
}

// Recorder writes a live timeline to files. It never holds up what it records:
// while the disk fails or hangs, the recording has a hole.
type Recorder struct {
	options  RecorderOptions
	timeline *Timeline
	queue    chan chunk
	skip     bool // chunks are dropped until a block begins; guarded by the tape
	lost     atomic.Uint64
	path     atomic.Pointer[string]

	writer  *writer // nil between files
	failing bool
	retry   time.Time
	full    bool
}

// NewRecorder returns a recorder of all that t gets from now on. It writes
// nothing before Run.
func NewRecorder(o RecorderOptions, t *Timeline) *Recorder {
	if o.MaxSize <= 0 {
		o.MaxSize = 1 << 30
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 14 * 24 * time.Hour
	}
	if o.Failed == nil {
		o.Failed = func(*cluster.Failure) {}
	}
	if o.Lost == nil {
		o.Lost = func(uint64) {}
	}
	r := &Recorder{options: o, timeline: t, queue: make(chan chunk, queued)}
	t.tape.feed(r.offer)
	return r
}

// Path returns the file that is written, empty while there is none.
func (r *Recorder) Path() string {
	if p := r.path.Load(); p != nil {
		return *p
	}
	return ""
}

// Run writes what is recorded until ctx ends, then finishes the file.
// End ctx when the last observation was applied. The error is that of finishing:
// any other goes to Failed, and Run tries again.
func (r *Recorder) Run(ctx context.Context) error {
	t := r.timeline
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r.options.Clock.Sleep(ctx, flushEvery) == nil {
			t.tape.flush()
		}
	}()
	for {
		select {
		case c := <-r.queue:
			r.take(c, t)
		case <-ctx.Done():
			<-done
			t.tape.feed(nil) // seals and hands over the rest
			return r.finish(t)
		}
	}
}

// offer queues a chunk. It is called with the tape locked.
func (r *Recorder) offer(c chunk) {
	r.skip = r.skip && !c.start
	if r.skip {
		r.lost.Add(uint64(c.count))
		return
	}
	select {
	case r.queue <- c:
	default:
		r.lost.Add(uint64(c.count))
		r.skip = true // without this chunk those after it mean nothing
	}
}

// take writes a chunk and reports what was lost.
func (r *Recorder) take(c chunk, t *Timeline) {
	if n := r.lost.Swap(0); n > 0 {
		r.options.Lost(n)
		t.tape.restart()
	}
	if r.failing && !r.full && !c.start && !r.options.Clock.Now().Before(r.retry) {
		r.retry = r.options.Clock.Now().Add(retryEvery)
		t.tape.restart()
	}
	if err := r.write(c, t); err != nil {
		r.fail(err)
		return
	}
	if r.failing && r.writer != nil {
		r.failing = false
		r.options.Failed(nil)
	}
}

// write writes a chunk, to a new file where one is due. A chunk that goes on
// with a block whose start no file has is dropped.
func (r *Recorder) write(c chunk, t *Timeline) error {
	if c.start {
		if err := r.rotate(c, t); err != nil {
			return err
		}
	}
	if r.writer == nil {
		return nil
	}
	if r.options.Path != "" && r.writer.size+int64(maxFrameHead+len(c.data)) > r.options.MaxSize {
		r.full = true
		return errors.Join(r.close(), cluster.Fail(cluster.FailTooLarge, "the recording "+r.options.Path+" is full, at "+size(r.options.MaxSize),
			"record to another file, or raise record.max_size"))
	}
	if err := r.writer.write(c); err != nil {
		return err
	}
	if r.options.Path == "" && !c.start && r.writer.size >= r.options.MaxSize/files {
		t.tape.restart() // the rest of a block may be more than there is room for
	}
	return nil
}

// rotate readies a file for a new block: the one in work, or a new one when it
// is full, of another day or broken.
func (r *Recorder) rotate(c chunk, t *Timeline) error {
	now := time.Unix(0, c.base).UTC()
	switch {
	case r.full:
		return nil
	case r.writer == nil:
	case r.options.Path != "", r.writer.size < r.options.MaxSize/files && sameDay(now, r.writer.from):
		return r.writer.sync()
	}
	if err := r.close(); err != nil {
		return err
	}
	return r.create(now, t)
}

func (r *Recorder) create(now time.Time, t *Timeline) error {
	t.mu.Lock()
	session := t.state.Snapshot(now, t.history).Session
	t.mu.Unlock()
	h := &Header{Program: r.options.Program, Created: now, Session: session, Kinds: Schema()}
	w, err := create(r.options, h)
	if err != nil {
		return err
	}
	r.writer = w
	r.path.Store(&w.path)
	t.archive.add(w.path, now)
	if r.options.Path != "" {
		return nil
	}
	removed, err := tidy(r.options, w.path, t.archive.has)
	t.archive.remove(removed)
	if err != nil {
		r.options.Failed(asFailure(err)) // old files that stay are no reason not to record
	}
	return nil
}

// fail gives up the file and says so, once. The next try is at the next block,
// which is made to begin soon.
func (r *Recorder) fail(err error) {
	if r.writer != nil {
		err = errors.Join(err, r.close())
	}
	r.retry = r.options.Clock.Now().Add(retryEvery)
	if r.failing {
		return
	}
	r.failing = true
	r.options.Failed(asFailure(err))
}

// finish writes what is queued and closes the file.
func (r *Recorder) finish(t *Timeline) error {
	for {
		select {
		case c := <-r.queue:
			if err := r.write(c, t); err != nil {
				return errors.Join(err, r.close())
			}
		default:
			return r.close()
		}
	}
}

func (r *Recorder) close() error {
	if r.writer == nil {
		return nil
	}
	w := r.writer
	r.writer = nil
	r.path.Store(nil)
	return w.close()
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

func size(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
