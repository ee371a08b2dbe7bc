package recording

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// digestWidth is the width of the digest's steps, for narrower buckets than
	// which it says nothing.
	digestWidth = 10 * time.Second
	// digestTells is how often who looks is told of more, in real time.
	digestTells = 400 * time.Millisecond
)

// digest is a whole recording in steps of ten seconds, for charts that reach
// back further than a seek reads. It is folded once, beside what is shown and
// from the start on, when it is asked for the first time: a day of a dozen nodes
// takes half a minute of one processor. It is safe for concurrent use.
type digest struct {
	file  *File
	grown chan struct{} // signals, coalesced, that there is more

	mu      sync.Mutex
	options cluster.HistoryOptions
	history *cluster.History // nil before the first question
	cursor  *cursor
	state   *cluster.State // the running fold's alone
	until   time.Time      // Received of the newest that is folded
	cancel  context.CancelFunc
	done    chan struct{} // closed when no fold runs; nil before the first
	closed  bool
}

func newDigest(f *File, o cluster.HistoryOptions) *digest {
	return &digest{file: f, grown: make(chan struct{}, 1), options: o}
}

// longAgo is what a digest told at an instant. It implements cluster.Series, and
// knows no lines of logs.
type longAgo struct {
	digest *digest
	at     time.Time
}

// Buckets implements cluster.Series: what is folded already. It sees to it that
// there will be all until to.
func (l longAgo) Buckets(node cluster.NodeID, q cluster.Quantity, to time.Time, width time.Duration, n int) []cluster.Bucket {
	if width < digestWidth {
		return nil
	}
	h := l.digest.reach(to)
	if h == nil {
		return nil
	}
	return h.BucketsAsOf(l.at, node, q, to, width, n)
}

// Lines implements cluster.Series.
func (l longAgo) Lines(cluster.NodeID, time.Time) []cluster.HeardLine { return nil }

// Span implements cluster.Series.
func (l longAgo) Span(node cluster.NodeID, q cluster.Quantity) (oldest, newest time.Time) {
	d := l.digest
	d.mu.Lock()
	h := d.history
	d.mu.Unlock()
	if h == nil {
		return oldest, newest
	}
	return h.Span(node, q)
}

// reach returns what is folded, and lets the fold go on if that ends before to.
// It returns nil where nothing was recorded before to.
func (d *digest) reach(to time.Time) *cluster.History {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.history == nil {
		from, last := d.file.Bounds()
		if d.closed || !from.Before(to) {
			return nil
		}
		d.begin(last.Sub(from))
	}
	if d.until.Before(to) && !d.closed && d.idle() {
		ctx, cancel := context.WithCancel(context.Background())
		d.cancel, d.done = cancel, make(chan struct{})
		go d.fold(ctx, d.done)
	}
	return d.history
}

// begin readies a fold of a recording of that length.
func (d *digest) begin(length time.Duration) {
	o := d.options
	o.Raw, o.Retention = time.Minute, max(o.Retention, length, 24*time.Hour)
	o.Fine = o.Retention
	d.history, d.state, d.cursor = cluster.NewHistory(o), cluster.NewState(), newCursor(d.file, 0)
}

func (d *digest) idle() bool {
	if d.done == nil {
		return true
	}
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// fold reads on to the end of what there is, or until ctx is done. What can't be
// read is left out: whoever looks there is told by the seek.
func (d *digest) fold(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	told := time.Now()
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return
		}
		i, ok, err := d.cursor.next()
		if err != nil || !ok {
			break
		}
		if i.keyframe != nil {
			d.state = recalled(i.keyframe)
		}
		d.state.Apply(i.observation)
		d.history.Apply(i.observation, d.state)
		if n%256 == 0 && time.Since(told) > digestTells {
			told = time.Now()
			d.tell(i.observation.Received)
		}
	}
	_, to := d.file.Bounds()
	d.tell(to)
}

// tell notes how far the fold has come.
func (d *digest) tell(until time.Time) {
	d.mu.Lock()
	d.until = until
	d.mu.Unlock()
	select {
	case d.grown <- struct{}{}:
	default:
	}
}

// close ends the fold, for good.
func (d *digest) close() {
	d.mu.Lock()
	d.closed = true
	cancel, done := d.cancel, d.done
	d.mu.Unlock()
	if done != nil {
		cancel()
		<-done
	}
}
