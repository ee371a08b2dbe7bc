package actions

import (
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

func proposeSync(s *Scene, ask Ask) (*Plan, *Refusal) {
	r, refusal := s.replica(ask.Target)
	if refusal != nil {
		return nil, refusal
	}
	req, err := s.Requests.Sync(r.ID, ask.Force)
	if err != nil {
		return nil, refuseFor(err)
	}
	if r.Sync.State == cluster.SyncRunning && !ask.Force {
		return nil, refuse("a sync of "+r.Name.String()+" is running already", "watch its progress, or force one: x on the screen, --force on the line")
	}
	p := &Plan{
		Kind: KindSync, Ask: ask, Tier: Medium, Deed: HTTP{req}, Word: string(r.ID), Target: Target{ID: r.ID},
		TierIs: cluster.Clean("it adds load to primary and replica"),
		Title:  cluster.Clean("sync " + r.Name.String()),
		Expect: cluster.Clean("progress within 30 s, then its end, and the lag not above what it was"),
		Stop:   cluster.Clean("no progress for 60 s, or the lag of another replica rises"),
		Undo:   cluster.Clean("none: a sync that runs can't be taken back"),
	}
	if ask.Force {
		p.Title = cluster.Clean("force sync " + r.Name.String())
		p.raise(Dangerous, "it compares everything, which loads disks and network")
	}
	p.before.watch, p.before.progress, p.before.running = r.ID, r.Sync.Progress, r.Sync.State == cluster.SyncRunning
	fails, _ := r.Sync.ErrorsPerSecond.Value()
	p.before.ended, p.before.ends = r.Sync.Ended, endsToCome(&r.Sync, fails > 0)
	state := s.syncFact(r)
	if fails > 0 { // they begin and end all the time: by that nothing changes, and no word could be typed
		state.Same = "failing"
	}
	p.Facts = append(p.Facts, state, s.lagFact(r), s.applyFact(r))
	for i := range s.Snapshot.Replicas {
		if o := &s.Snapshot.Replicas[i]; o.ID != r.ID && o.Sync.State == cluster.SyncRunning {
			p.raise(Dangerous, "a sync of "+o.Name.String()+" is running")
		}
	}
	switch {
	case fails > 0:
		p.warn("its syncs report errors: one more may fail as they do")
	case p.before.running:
		p.warn("a sync of it is running already")
	}
	return p, nil
}

// replica finds a replica that may be acted on.
func (s *Scene) replica(id cluster.NodeID) (*cluster.Replica, *Refusal) {
	if id == "" {
		return nil, refuse("no replica is named", "choose one; an empty target is never sent")
	}
	r := s.Snapshot.Replica(id)
	if r == nil {
		return nil, refuse("there is no replica "+id.Text().String(), "see the table for those that there are")
	}
	if !id.Faithful() && !r.Configured {
		return nil, refuse("what is shown of "+id.Text().String()+" is not what would be sent", "configure the replica by hand first")
	}
	return r, nil
}

func (s *Scene) syncFact(r *cluster.Replica) Fact {
	f := Fact{Name: "sync of " + r.Name.String(), Source: fromMetrics, Age: s.metricsAge(), Same: r.Sync.State.String()}
	words := r.Sync.State.String()
	if v, ok := r.Sync.Progress.Value(); ok {
		words += ", " + percent(v)
	}
	if v, ok := r.Sync.ErrorsPerSecond.Value(); ok {
		words += ", " + tenth(v) + " errors/s"
	}
	f.Value = cluster.Clean(words)
	return f
}

// readBackSync looks whether a sync began whose answer was lost: by its progress,
// if none was running before.
func readBackSync(t *Trial, s *Scene) Finding {
	r := s.Snapshot.Replica(t.Plan.Target.ID)
	if r == nil || !s.since(t) {
		return found(NotYet, "no reading tells yet")
	}
	f := s.syncFact(r)
	if !t.Plan.before.running && r.Sync.State == cluster.SyncRunning && r.Sync.Since.After(t.Sent.Wall) {
		return found(Applied, "a sync began after the request", f)
	}
	return found(NotYet, "sync "+f.Value.String(), f)
}

// noProgress is how long a sync may take to show any.
const noProgress = 60 * time.Second

func judgeSync(t *Trial, s *Scene) Finding {
	r := s.Snapshot.Replica(t.Plan.Target.ID)
	if r == nil || !s.since(t) {
		return found(NotYet, "no reading newer than the answer")
	}
	f := []Fact{s.syncFact(r), s.lagFact(r)}
	after := s.Now.Mono - max(t.Answered.Mono, t.MovedAt)
	p, known := r.Sync.Progress.Value()
	ended := t.endedUnseen(&r.Sync)
	ran := t.Moved || r.Sync.State == cluster.SyncRunning && r.Sync.Since.After(t.Sent.Wall)
	switch {
	case !known || r.Sync.State == cluster.SyncUnknown:
		return found(NotYet, "the progress is not known", f...)
	case r.Sync.State == cluster.SyncRunning:
		t.Moved, t.MovedAt = ran, s.Now.Mono
		return found(NotYet, "running, "+percent(p), f...)
	case !ran && ended > t.Plan.before.ends && p >= 1:
		return s.judgeSynced(t, r, "between two readings", f)
	case !ran && after >= noProgress && ended > 0 && p >= 1:
		return found(Inconclusive, "a sync came to its end, which may be the one that was there before", f...)
	case !ran && after >= noProgress:
		return found(NoEffect, "no progress in "+wait(after), f...)
	case !ran:
		return found(NotYet, "no progress yet", f...)
	case r.Sync.State == cluster.SyncStalled:
		return found(NotYet, "stalled at "+percent(p), f...)
	case p < 1:
		return found(NoEffect, "the sync ended without success", f...)
	}
	return s.judgeSynced(t, r, "", f)
}

// endsToCome is how many syncs of before the request the counter of those that
// ended has still to tell: one that runs, or one whose end is newer than the
// counter's reading. One of those that fail is no such: where it ends well, that is
// of the request.
func endsToCome(y *cluster.Sync, fails bool) float64 {
	if !fails && (y.State == cluster.SyncRunning || y.State == cluster.SyncIdle && y.EndedAt.Before(y.Since)) {
		return 1
	}
	return 0
}

// endedUnseen is how many syncs have ended well since the plan: one of little to
// compare is over before its progress is read, and one that took the place of
// another may look like that one's. One that fails ends too, but where the gauge
// did not say that all was done before, and does now, one did not fail.
func (t *Trial) endedUnseen(y *cluster.Sync) float64 {
	p, told := t.Plan.before.progress.Value()
	if fails, ok := y.ErrorsPerSecond.Value(); ok && fails > 0 && (!told || p >= 1) {
		return 0
	}
	was, known := t.Plan.before.ended.Value()
	is, ok := y.Ended.Value()
	if !known || !ok || !y.EndedAt.After(t.Answered.Wall) {
		return 0
	}
	return max(0, is-was)
}

// judgeSynced compares the lag with that before the sync, which has ended, and how.
func (s *Scene) judgeSynced(t *Trial, r *cluster.Replica, how string, f []Fact) Finding {
	end := strings.TrimSpace("a sync came to its end " + how)
	before, known := t.Plan.before.lags[r.ID].Value()
	v, ok := r.Lag.Seconds.Value()
	switch {
	case !ok || r.Lag.State != cluster.LagLive || !known:
		return found(Effective, end+"; the lag is not known", f...)
	case v > before+s.Snapshot.Session.Thresholds.Warning.Seconds():
		return found(Regressed, end+", but the lag rose from "+seconds(before)+" to "+seconds(v), f...)
	}
	return found(Effective, end+", lag "+seconds(v), f...)
}
