package runbook

import (
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What a step sees is judged by the limits of the field alone; where the verdict
// blames what the step looks at, by comparison with the past, it is a finding too.

func blames(r *cluster.Replica, c cluster.Cause) bool { return r.Verdict.Cause == c }

func lookAtLag(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	lag, ok := r.Lag.Seconds.Value()
	if !ok {
		return r.Lag.Why.String(), true, true // the primary answers, and does not tell it
	}
	words := brief(lag) + " s, " + r.Lag.State.String()
	if !r.Lag.Why.IsZero() {
		words += ": " + r.Lag.Why.String()
	}
	return words, sick(s, r), true
}

func lookAtDisk(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	k := walDisk(&r.Host)
	if k == nil {
		return "no rates of its disks", false, false
	}
	limit := waitOther
	if x := kindOf(&r.Host); x.known && !x.rotational {
		limit = waitFlash
	}
	wait := cluster.MaxOf(k.ReadAwait, k.WriteAwait, k.FlushAwait)
	slow, _ := wait.Value()
	words := diskWords(k) + ", longest wait " + figure(wait, milliseconds) + ", PSI io " + figure(r.Host.Pressure.IOSome, percent)
	if !k.WAL {
		words += "; which device holds the WAL is not known"
	}
	if k.Stalled {
		words += "; it hangs"
	}
	return words, slow > limit || k.Stalled || blames(r, cluster.CauseDisk), true
}

func lookAtCPU(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	h := &r.Host
	busiest, ok := h.CPU.Busiest.Value()
	words := "busiest core " + figure(h.CPU.Busiest, percent) + ", all together " + figure(h.CPU.Busy(), percent) + ", steal " + figure(h.CPU.Steal, percent)
	if p := service(h); p != nil {
		words += ", " + p.Command.String() + " " + figure(p.CPU, percent)
	} else if h.ProcessesKnown {
		return words + ", no stemedb runs", true, ok
	}
	return words, busiest > highCore || blames(r, cluster.CauseCPU), ok
}

func lookAtSyncErrors(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	log, bad, read := logWords(s, r)
	rate, ok := r.Sync.ErrorsPerSecond.Value()
	if !ok {
		return "no counter of sync errors for it; " + log, bad, read
	}
	return fmt.Sprintf("%.2g errors/s %s; %s", rate, ErrorsOver(&r.Sync), log), bad || rate > fewErrors, true
}

func lookAtCounts(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	a := &r.Assertions
	behind, ok := a.Behind.Value()
	if !ok {
		return a.Why.String(), false, false
	}
	words := brief(behind) + " behind, applies " + figure(a.PerSecond, perSecond) + " of " + figure(s.Primary.IngestPerSecond, perSecond)
	if size, at, ok := LogDiff(s, r); ok {
		words += "; the newest Merkle diff was " + brief(size) + " at " + clockUTC(at)
	}
	ingest, _ := s.Primary.IngestPerSecond.Value()
	return words, behind > s.Session.Thresholds.Warning.Seconds()*ingest, true
}

func lookAtBreaker(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	b := &r.Breaker
	if b.State == cluster.BreakerUnknown {
		return b.Why.String(), false, false
	}
	if b.State == cluster.BreakerClosed {
		return b.State.String(), false, true
	}
	var words []string
	for _, t := range b.Tripped() {
		words = append(words, because(t.Agent.Text().String()+" tripped", t.Reason))
	}
	return strings.Join(words, "; "), true, true
}

func lookAtSync(_ *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	y := &r.Sync
	if y.State == cluster.SyncUnknown {
		return y.Why.String(), false, false
	}
	words := y.State.String()
	if y.State != cluster.SyncIdle {
		words += " at " + figure(y.Progress.Scale(100), percent)
	}
	return words, y.State == cluster.SyncStalled, true
}
