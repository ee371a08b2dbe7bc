package physics

import (
	"fmt"
	"time"
)

// SyncBounds are the upper bounds of the duration histogram, in seconds.
var SyncBounds = [...]float64{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300}

// Sync is the Merkle (anti-entropy) sync of one replica with the primary.
type Sync struct {
	Running     bool
	Forced      bool    // compares everything, not only what changed since the last sync
	Progress    float64 // 0 to 1 while running; 1 after success, 0 after failure
	Errors      uint64  // counter of failed syncs
	Corruptions uint64  // counter of syncs that reported corruption
	// The duration histogram, of the syncs that succeeded. Buckets are not cumulative;
	// the last one is +Inf.
	Buckets    [len(SyncBounds) + 1]uint64
	Count      uint64
	SumSeconds float64

	id         string
	asked      bool // by an operator
	fault      Kind // SyncHealthy, SyncFailing or SyncCorruption
	started    time.Duration
	nextAuto   time.Duration
	work, done float64 // units
}

const (
	autoSyncEvery   = 5 * time.Minute
	failingRetry    = 3 * time.Second
	corruptionRetry = 20 * time.Second
	syncUnits       = 2000 // work units/s that a sync takes at most
	syncDiskShare   = 0.25 // of the disk, at most
	plainSyncWork   = 12000
	forcedSyncWork  = 30000
	// syncCost is cheaper than receiving and applying: sorted bulk writes.
	syncCost        = 0.5
	failingProgress = 0.35 // where a sync meets the range that it can't repair
	// divergedFactor is what is left of the apply rate while retries hold the
	// locks of a diverged range.
	divergedFactor = 0.04
)

func newSync(i int) Sync {
	return Sync{
		Progress: 1, fault: SyncHealthy,
		nextAuto: time.Duration(25+30*(i%10)) * time.Second,
		Count:    140, SumSeconds: 914.2, Buckets: [len(SyncBounds) + 1]uint64{0, 0, 4, 31, 96, 9},
	}
}

// setSyncFault makes the next background sync come soon and meet the fault.
func (n *Node) setSyncFault(k Kind, now time.Duration) {
	n.Sync.fault = k
	if k != SyncHealthy {
		n.Sync.nextAuto = min(n.Sync.nextAuto, now+time.Second)
	}
}

func (s *Sync) applyFactor() float64 {
	if s.fault == SyncHealthy {
		return 1
	}
	return divergedFactor
}

// StartSync starts a sync that an operator asked for and returns its id. One in
// the background gives way to it.
func (w *World) StartSync(replica string, force bool) (id string, err error) {
	for _, n := range w.nodes[1:] {
		if n.ID != replica {
			continue
		}
		if n.Sync.Running && n.Sync.asked {
			return "", fmt.Errorf("replica %q: %w", replica, ErrSyncRunning)
		}
		w.syncs++
		id = fmt.Sprintf("sync-%s-%04d", n.ID, w.syncs)
		w.beginSync(n, id, force, true)
		return id, nil
	}
	return "", fmt.Errorf("replica %q: %w", replica, ErrUnknownReplica)
}

func (w *World) beginSync(n *Node, id string, force, asked bool) {
	s := &n.Sync
	s.Running, s.Forced, s.asked, s.id = true, force, asked, id
	s.Progress, s.done, s.started = 0, 0, w.now
	s.work = plainSyncWork
	if force {
		s.work = forcedSyncWork
	}
	w.logf(w.nodes[0], Info, "merkle sync started: replica=%s id=%s force=%t diff=%d", n.ID, id, force, w.produced-n.Applied)
}

// stepSync lets the sync of n work for one step with its share of the disk.
func (w *World) stepSync(n *Node, did *work, disk float64) {
	s := &n.Sync
	if !s.Running {
		w.startAuto(n)
		return
	}
	units := min(syncUnits*stepSeconds, syncDiskShare*disk) * min(1, 4*n.net)
	s.done += units
	s.Progress = min(1, s.done/s.work)
	did.disk += units
	did.syncBytes = units * 200
	if why := s.failure(n); why != "" {
		w.failSync(n, why)
		return
	}
	w.ship(n, did, units)
	if s.done >= s.work {
		w.finishSync(n)
	}
}

// ship brings missing assertions in bulk, oldest first: with a backlog half of
// a sync's work is that.
func (w *World) ship(n *Node, did *work, units float64) {
	m := take(&n.syncTok, units/2/syncCost, w.log.producedBy(w.now-n.delay(w)), n.Applied)
	n.Applied += m
	n.Received = max(n.Received, n.Applied)
	did.applied += m
	did.syncBytes += float64(m) * assertionBytes
}

// failure tells why the running sync fails now; empty if it does not.
func (s *Sync) failure(n *Node) string {
	switch {
	case n.Breaker.Open && s.done > syncUnits/2:
		return "rpc to " + n.ID + " refused: circuit breaker open"
	case s.fault == SyncFailing && !s.Forced && s.Progress >= s.failsAt():
		return "range 7f3a0000-7f3affff: root hash mismatch after repair"
	case s.fault == SyncCorruption && s.Progress >= s.failsAt():
		return "range c4110000-c411ffff: corruption detected: checksum of stored assertion does not match"
	}
	return ""
}

// failsAt: a background sync resumes where the last one failed, an operator's
// begins at the beginning.
func (s *Sync) failsAt() float64 {
	if s.asked {
		return failingProgress
	}
	return failingProgress / 4
}

func (w *World) failSync(n *Node, why string) {
	s := &n.Sync
	s.Running, s.Progress = false, 0
	s.Errors++
	s.nextAuto = w.now + failingRetry
	if s.fault == SyncCorruption {
		s.Corruptions++
		s.nextAuto = w.now + corruptionRetry
	}
	w.logf(w.nodes[0], Error, "merkle sync failed: replica=%s id=%s: %s", n.ID, s.id, why)
	w.logf(n, Error, "sync error: id=%s: %s", s.id, why)
}

func (w *World) finishSync(n *Node) {
	s := &n.Sync
	s.Running, s.Progress = false, 1
	s.nextAuto = w.now + autoSyncEvery
	seconds := (w.now - s.started).Seconds()
	b := 0
	for b < len(SyncBounds) && seconds > SyncBounds[b] {
		b++
	}
	s.Buckets[b]++
	s.Count++
	s.SumSeconds += seconds
	if s.Forced && s.fault == SyncFailing {
		s.fault = SyncHealthy
		w.logf(n, Info, "merkle sync: diverged range repaired")
	}
	w.logf(w.nodes[0], Info, "merkle sync completed: replica=%s id=%s seconds=%.1f", n.ID, s.id, seconds)
}

// startAuto starts the sync of the background when it is due. A replica that is
// behind is left alone, unless the sync itself is what is wrong.
func (w *World) startAuto(n *Node) {
	s := &n.Sync
	if w.now < s.nextAuto || n.Breaker.Open {
		return
	}
	if s.fault == SyncHealthy && !n.Process.crashing && w.Lag(n) > 2*time.Second {
		s.nextAuto = w.now + 10*time.Second
		return
	}
	w.beginSync(n, fmt.Sprintf("auto-%s-%d", n.ID, s.Count+s.Errors+1), false, false)
}
