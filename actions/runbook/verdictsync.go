package runbook

import (
	"fmt"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// sync looks at Merkle syncs that fail. Errors that ended still stand in the
// runbook's rate over 5 minutes, so they count only while the counter grows.
func (d *diagnosis) sync() {
	y := &d.r.Sync
	before := len(d.findings)
	d.syncErrors(y)
	d.logs()
	if y.State == cluster.SyncStalled {
		d.find(finding{
			cause: cluster.CauseSync, tool: "progress", order: d.orderOf(y.Since), since: y.Since,
			text: "sync stands still at " + figure(y.Progress.Scale(100), percent) + d.sinceWords(y.Since),
		})
	}
	if n, first := d.n.progress.recent(d.s.At); n >= 2 {
		d.find(finding{
			cause: cluster.CauseSync, tool: "progress", order: d.orderOf(first), since: first,
			text: fmt.Sprintf("sync began anew %d times before it was done", n) + d.sinceWords(first),
		})
	}
	if len(d.findings) == before {
		return
	}
	if v := &d.r.Host.Service; v.Looping() {
		text := fmt.Sprintf("crash loop: %d restarts in %.0f min", v.Recent, cluster.CrashWindow.Minutes())
		if v.GaveUp {
			text = "crash loop: systemd starts " + v.Unit.String() + " no more"
		}
		d.find(finding{cause: cluster.CauseSync, tool: "service", order: d.findings[before].order, weak: true, text: text})
	}
	applies, ok := d.r.Assertions.PerSecond.Value()
	ingest, known := d.s.Primary.IngestPerSecond.Value()
	if ok && known && applies <= ingest {
		d.find(finding{
			cause: cluster.CauseSync, tool: "counters", order: d.findings[before].order, weak: true,
			text: "the gap does not close: applies " + perSecond(applies) + " of " + perSecond(ingest),
		})
	}
}

func (d *diagnosis) syncErrors(y *cluster.Sync) {
	rate, ok := y.ErrorsPerSecond.Value()
	e := d.all.p.errors[d.r.ID]
	over := ErrorsOver(y)
	if e != nil && e.rate(d.s.At) > rate {
		rate, over = e.rate(d.s.At), "of late"
	}
	if ok && rate <= fewErrors && e != nil && e.failsAlways(d.s.At) {
		since := e.firstFailed
		if since.Sub(d.s.FirstSeen) < errorGap {
			since = time.Time{} // the first that we saw need not be the first
		}
		d.find(finding{
			cause: cluster.CauseSync, tool: "errors", order: d.orderOf(since), since: since,
			text: fmt.Sprintf("%.0f syncs in a row failed, none completed", e.inRow) + d.sinceWords(since),
		})
	}
	if !ok || rate <= fewErrors {
		return
	}
	words := fmt.Sprintf("%.2g sync errors/s %s", rate, over)
	switch {
	case e == nil:
		d.find(finding{
			cause: cluster.CauseSync, tool: "errors", weak: true,
			text: words + ", whether they go on is not known yet",
		})
	case e.last.IsZero() || d.s.At.Sub(e.last) > errorGap:
		last := "we look"
		if !e.last.IsZero() {
			last = d.clock(e.last)
		}
		d.notes = append(d.notes, words+", none since "+last+": they are over")
	default:
		d.find(finding{
			cause: cluster.CauseSync, tool: "errors", order: d.orderOf(d.errorsSince(e)), since: d.errorsSince(e),
			text: words + d.sinceWords(d.errorsSince(e)),
		})
	}
}

// errorsSince returns when the errors began; zero if that was before we looked.
func (d *diagnosis) errorsSince(e *errorRun) time.Time {
	if e.since.Sub(d.s.FirstSeen) < momentEvery {
		return time.Time{}
	}
	return e.since
}
