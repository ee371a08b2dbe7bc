package actions

import (
	"context"
	"sync"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Order is one deed that is to be carried out.
type Order struct {
	Action    string // correlates it with the other side's log
	Deed      Deed
	Confirmed string // digest of what was confirmed
	AuditHead string // the journal's head; empty without one
	Peer      admin.Peer
	Tell      func(cluster.Text) // how far it is, where that takes time
}

// Executor carries out the deeds of a kind of action.
type Executor interface {
	// Execute carries a deed out once and returns when its fate is judged. Ending
	// ctx ends the waiting, and takes nothing back.
	Execute(context.Context, Order) admin.Result
}

// throughAPI carries out requests to the admin API.
type throughAPI struct{ client Client }

// Execute sends the request.
func (t throughAPI) Execute(ctx context.Context, o Order) admin.Result {
	h, ok := o.Deed.(HTTP)
	if !ok {
		return admin.Result{Verdict: admin.NotSent, Failure: cluster.Fail(cluster.FailOther, "not a request to the admin API", "")}
	}
	return t.client.Send(ctx, admin.Send{Request: h.Request, Confirmed: o.Confirmed, ID: o.Action, AuditHead: o.AuditHead, Peer: o.Peer})
}

// readWithin bounds the reading of facts, in real time, but of those for which
// ReadFacts says more.
const readWithin = 5 * time.Second

// effect begins to carry out what the reducer wants.
func (r *Runner) effect(d Do) {
	switch d := d.(type) {
	case ReadFacts:
		r.wg.Go(func() {
			if d.Ask.Kind != "" && r.book.drained() { // others may have acted
				r.restore()
			}
			w := r.read(d)
			if r.unexpected(w.Limit) && r.book.drained() { // which another run of ours may have set
				r.restore()
			}
			r.Do(Seen{For: d.For, World: w})
		})
	case WriteIntent:
		r.writes++
		r.book.put(func(b *book) { r.Do(Recorded{Action: d.Intent.Action, Err: b.intent(d)}) })
	case WriteRecord:
		r.writes++
		r.book.put(func(b *book) {
			err := b.record(d)
			if d.Record.Resolution != nil {
				r.Do(Recorded{Action: d.Record.Resolution.Action, Err: err})
				r.restore() // by it a limit may stand
				return
			}
			r.Do(Trouble{Err: err, Minor: d.Record.NearMiss != nil})
		})
	case Override:
		r.book.put(func(b *book) { r.Do(Overridden{Err: b.override(d.Word)}) })
	case Send:
		r.send(d)
	case StopWaiting:
		if stop := r.waiting[d.Action]; stop != nil {
			stop()
		}
	}
}

// unexpected tells whether a limit is in force that is not the one that stands.
func (r *Runner) unexpected(l LimitReading) bool {
	s := r.State()
	return s.Standing.PerSecond > 0 && l.Known() && (l.Unlimited || l.PerSecond != s.Standing.PerSecond)
}

// read reads the facts anew.
func (r *Runner) read(d ReadFacts) World {
	ctx, cancel := context.WithTimeout(r.ctx, readWithin)
	defer cancel()
	patient, giveUp := context.WithTimeout(r.ctx, max(readWithin, d.Within))
	defer giveUp()
	var w World
	var looking sync.WaitGroup
	if a := r.set.row(d.Ask.Kind); a != nil && a.Look != nil { // beside, since either may hang
		looking.Go(func() { w.Looked, w.LookFailed = a.Look(patient, d.Ask) })
	}
	begin := r.Now() // what it tells is at least as new as that
	if d.Anew {
		looking.Go(func() { r.polledAnew(ctx, d.Ask.Target, begin) })
	}
	limit, read := r.o.Client.ReadRateLimit(ctx)
	looking.Wait()
	w.Limit, w.Peer = LimitReading{Limit: limit, At: begin.Wall, Mono: begin.Mono, Failure: read.Failure}, read.Peer
	w.Snapshot = r.o.Snapshot()
	return w
}

// anewWithin bounds the wait for what the cluster is polled for, in real time: what
// did not come by then is as old as it says.
const (
	anewWithin = 2 * time.Second
	anewEvery  = 10 * time.Millisecond
)

// polledAnew has what the cluster is polled for read once more, and waits until it is
// in the snapshot, or was tried.
func (r *Runner) polledAnew(ctx context.Context, target cluster.NodeID, begin Now) {
	if r.o.Hurry == nil {
		return
	}
	r.o.Hurry(target)
	ctx, cancel := context.WithTimeout(ctx, anewWithin)
	defer cancel()
	t := time.NewTicker(anewEvery)
	defer t.Stop()
	for {
		if s := r.o.Snapshot(); s == nil || triedSince(s, target, begin.Wall) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// triedSince tells whether all that a decision on a node rests on was asked for since
// then.
func triedSince(s *cluster.Snapshot, target cluster.NodeID, then time.Time) bool {
	list := []*cluster.Access{&s.Primary.Metrics, &s.Primary.Admin}
	if r := s.Replica(target); r != nil {
		list = append(list, &r.Metrics)
	}
	for _, a := range list {
		if a.Configured && a.Attempt.Before(then) {
			return false
		}
	}
	return true
}

// send carries a deed out.
func (r *Runner) send(d Send) {
	ctx, stop := context.WithCancel(r.ctx)
	r.waiting[d.Action] = stop
	order := Order{Action: d.Action, Deed: d.Deed, Confirmed: d.Confirmed, AuditHead: r.book.head(), Peer: d.Peer}
	order.Tell = func(t cluster.Text) { r.Do(Told{Action: d.Action, Text: t}) }
	r.wg.Go(func() {
		defer stop()
		res := admin.Result{Verdict: admin.NotSent, Failure: cluster.Fail(cluster.FailOther, "nothing carries out "+string(d.Kind), "")}
		if e := r.executors[d.Kind]; e != nil {
			res = e.Execute(ctx, order)
		}
		r.mu.Lock()
		delete(r.waiting, d.Action)
		r.mu.Unlock()
		r.Do(Answered{Action: d.Action, Result: res})
	})
}
