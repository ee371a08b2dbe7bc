package actions

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Clock is the time of the stream. A sources.Clock is one.
type Clock interface {
	Now() time.Time
	Mono() time.Duration
}

// Client is the admin API: requests are made, sent once and read back by it.
// *admin.Client is one.
type Client interface {
	Requests
	Send(context.Context, admin.Send) admin.Result
	ReadRateLimit(context.Context) (admin.Limit, admin.Read)
}

// RunnerOptions say what a Runner works with. All but Extra, Executors, Hurry,
// Hand and Changed are needed.
type RunnerOptions struct {
	Client Client
	// Settings less Requests and Table.
	Settings Settings
	// Extra are rows beyond Table, with the executors of their kinds.
	Extra     []Action
	Executors map[Kind]Executor
	Journal   journal.Options // of the audit journal, which the Runner opens
	Snapshot  func() *cluster.Snapshot
	Publish   func(cluster.Observation)
	// Hurry has the primary, and the node if it is one, polled at once. It must not
	// block.
	Hurry func(cluster.NodeID)
	Clock Clock
	// Hand is the time that the person has had, which no speed of the stream's clock
	// changes; from the Runner's start by the machine's clock where it is nil.
	Hand    func() time.Duration
	Changed func() // the state is another one; called from any goroutine, and must not block
}

// Runner is the actuator: it feeds the reducer and does what it says. It may be
// used by several goroutines.
type Runner struct {
	o         RunnerOptions
	set       *Settings
	executors map[Kind]Executor
	book      *book
	ctx       context.Context //nolint:containedctx // it is the Runner's own life, ended by Close
	end       context.CancelFunc
	wg        sync.WaitGroup

	mu      sync.Mutex
	state   State
	seq     uint64 // of the newest snapshot that the reducer saw
	writes  uint64 // to the journal so far
	ticking bool
	wake    chan struct{}                 // has the next tick at once
	waiting map[string]context.CancelFunc // the requests that are on their way
	closed  bool
}

// NewRunner reads the journal and returns the actuator. A journal that can't be
// read is no error here: what is asked for later is refused, by its reason.
func NewRunner(o RunnerOptions) *Runner {
	set := o.Settings
	set.Requests, set.Table = o.Client, slices.Concat(Table(), o.Extra)
	r := &Runner{o: o, set: &set, wake: make(chan struct{}, 1), executors: map[Kind]Executor{}, waiting: map[string]context.CancelFunc{}}
	if began := time.Now(); o.Hand == nil {
		r.o.Hand = func() time.Duration { return time.Since(began) }
	}
	for _, a := range Table() {
		r.executors[a.Kind] = throughAPI{o.Client}
	}
	for k, e := range o.Executors {
		r.executors[k] = e
	}
	r.ctx, r.end = context.WithCancel(context.Background())
	r.state = NewState(r.set)
	r.book = openBook(o.Journal, r.published)
	r.restore()
	go r.book.run() // not of wg: a disk may hang
	go r.watch()
	return r
}

// watchEvery is how often it is looked whether another run wrote to the journal, in
// real time.
const watchEvery = 2 * time.Second

// watch has what other runs did known here: a limit that they set, the end of what
// was not known. It costs a look at the directory while nobody writes.
func (r *Runner) watch() {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	read := r.book.mark() // restore reads no less
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-t.C:
		}
		mark := r.book.mark()
		if mark != read && r.book.drained() && r.restore() {
			read = mark
		}
	}
}

// restore tells the reducer what the journal does, unless something was written
// while it was read, or not all of what was done is in it: it returns false then.
func (r *Runner) restore() bool {
	r.mu.Lock()
	before, stood := r.writes, r.state.Standing
	r.mu.Unlock()
	w, ok := r.book.restored()
	r.mu.Lock()
	ok = ok && r.writes == before && r.state.settled() && !r.closed
	if ok {
		r.step(w)
	}
	now := r.state.Standing
	r.mu.Unlock()
	if ok && (now.Action != stood.Action || now.PerSecond != stood.PerSecond) { // times are cut in the journal
		r.tellStanding(now)
	}
	return ok
}

// settled tells whether the journal has all that was done: no request is on its
// way, and no record is missing.
func (s *State) settled() bool {
	writing := s.Dialog != nil && (s.Dialog.Phase == Recording || s.Dialog.Phase == NoRecord)
	return s.Flight == nil && !s.Unrecorded && !writing && !s.lacks
}

// State returns the present state.
func (r *Runner) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Table returns the actions that there are.
func (r *Runner) Table() []Action { return slices.Clone(r.set.Table) }

// Now returns the present instant, for what State counts down.
func (r *Runner) Now() Now {
	return Now{Wall: r.o.Clock.Now(), Mono: r.o.Clock.Mono(), Hand: r.o.Hand()}
}

// Do tells the reducer what happened. It does not block, and State is the next
// one when it returns.
func (r *Runner) Do(w What) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if p, ok := w.(Propose); ok {
		p.ID = newID()
		w = p
		r.look()
	}
	r.step(w)
	r.tick()
}

// tellStanding puts on the stream what limit stands that was set in another run;
// none where l is zero.
func (r *Runner) tellStanding(l Standing) {
	step := &cluster.ActionStep{
		Action: l.Action, Stage: cluster.ActionEvent, Kind: cluster.Clean("limit_stands"), Who: l.Who, What: cluster.Clean("limit_stands"),
		Summary: cluster.Clean(l.Words(r.Now()) + ", set in another run"), Limit: l.PerSecond, Since: l.Since, Lifts: l.PerSecond == 0,
	}
	if step.Lifts {
		step.Summary = cluster.Clean("no limit stands any more, by another run")
	}
	r.o.Publish(cluster.Observation{Taken: r.o.Clock.Now(), Source: cluster.Source{Kind: cluster.FromAction}, Body: step})
}

// newID returns 128 random bits.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails, it says
	return hex.EncodeToString(b)
}

// look gives the reducer the newest snapshot, if it is another one.
func (r *Runner) look() {
	if s := r.o.Snapshot(); s != nil && s.LastSeq != r.seq {
		r.seq = s.LastSeq
		r.step(Seen{World: World{Snapshot: s}})
	}
}

func (r *Runner) step(w What) {
	var out []Do
	r.state, out = Step(r.state, Event{r.Now(), w})
	for _, d := range out {
		r.effect(d)
	}
	if r.state.settled() && r.book.held() {
		r.book.put((*book).release)
	}
	if r.o.Changed != nil {
		r.o.Changed()
	}
}

// published puts a step on the stream, with its place in the journal.
func (r *Runner) published(c cluster.ActionStep, e journal.Entry) {
	c.Seq, c.Hash = e.Head.Seq, e.Head.Hash
	r.o.Publish(cluster.Observation{Taken: r.o.Clock.Now(), Source: cluster.Source{Kind: cluster.FromAction, Node: c.Target}, Body: &c})
}

// Journal returns the path of the journal; empty if none is open.
func (r *Runner) Journal() string { return r.book.path() }

// Kept returns the records that could not be written, to be printed at exit.
func (r *Runner) Kept() []journal.Record { return r.book.kept() }

// closeWithin is how long the end waits for what is on its way.
const closeWithin = 2 * time.Second

// Close stops waiting for answers, records what became of the requests, and ends
// the journal. What could not be recorded in time is shown as unknown at the
// next start.
func (r *Runner) Close() error {
	r.mu.Lock()
	for _, stop := range r.waiting {
		stop()
	}
	r.mu.Unlock()
	for end := time.Now().Add(closeWithin); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r.idle() {
			break
		}
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.end()
	err := r.book.close()
	r.wg.Wait()
	return err
}

func (r *Runner) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.Flight == nil && len(r.waiting) == 0 && r.book.drained()
}
