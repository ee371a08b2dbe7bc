package runbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// fromService is the host whose processes, and whose systemd, tell of the service;
// where it doesn't answer, the metrics in which the process tells of itself.
func fromService(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	a, s := r.Host.Access, &r.Host.Service
	switch {
	case a.Reachable && s.Known:
		a.Newest = s.At
	case !a.Reachable && (s.ByMetrics || s.Recent > 0):
		return r.Metrics
	}
	return a
}

// fromAPIConfig is the primary's host, by when its configuration was read.
func fromAPIConfig(s *cluster.Snapshot, _ *cluster.Replica) cluster.Access {
	a := s.Primary.Host.Access
	if a.Reachable && s.Primary.Config.Read {
		a.Newest = s.Primary.Config.At
	}
	return a
}

func lookAtService(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	v := &r.Host.Service
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if v.Known {
		state := v.Active.String()
		if v.Result.String() != "success" && !v.Result.IsZero() {
			state += " after " + v.Result.String()
		}
		add("%s %s", v.Unit, state)
	}
	if v.Recent > 0 {
		w := fmt.Sprintf("%d restarts in %.0f min", v.Recent, cluster.CrashWindow.Minutes())
		if v.Recent == 1 {
			w = fmt.Sprintf("1 restart in %.0f min", cluster.CrashWindow.Minutes())
		}
		words = append(words, w+duringSync(r))
	}
	if v.GaveUp {
		add("systemd starts it no more")
	}
	if !v.Since.IsZero() {
		add("up for %s", upWords(s.At.Sub(v.Since)))
	}
	if n, ok := v.Restarts.Value(); ok {
		add("%.0f restarts by systemd's count", n)
	}
	if len(words) == 0 {
		return v.Why.String(), false, false
	}
	return strings.Join(words, ", "), v.Looping() || v.Known && v.Active.String() != "active", true
}

// duringSync says that a crash loop has to do with the sync, by what the sync did.
func duringSync(r *cluster.Replica) string {
	errors, _ := r.Sync.ErrorsPerSecond.Value()
	switch {
	case r.Sync.State == cluster.SyncRunning || r.Sync.State == cluster.SyncStalled:
		return " while a sync is " + r.Sync.State.String()
	case errors > 0:
		return fmt.Sprintf(" with %.2g sync errors/s", errors)
	}
	return ""
}

// upWords is a time that something is up.
func upWords(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", max(0, d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f d", d.Hours()/24)
}

// Pausing is how near the primary is to pausing ingestion for a replica's lag.
type Pausing struct {
	Limit float64 // seconds of lag; 0 where its configuration sets none
	Worst cluster.Text
	Lag   float64 // of the worst replica, seconds
	Near  bool    // it is near the limit, or past it
	Still bool    // past it, and nothing is ingested
}

// pauseNear is from which part of the limit on a lag is near it.
const pauseNear = 0.8

// Pause says how near the primary is to pausing ingestion, by its configuration and
// by the lags that are live.
func Pause(s *cluster.Snapshot) Pausing {
	limit := s.Primary.Config.MaxLag
	if !s.Primary.Config.Read || !limit.Valid || limit.Value <= 0 {
		return Pausing{}
	}
	p := Pausing{Limit: limit.Value}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		if v, ok := r.Lag.Seconds.Value(); ok && r.Lag.State == cluster.LagLive && (p.Worst.IsZero() || v > p.Lag) {
			p.Worst, p.Lag = r.Name, v
		}
	}
	p.Near = p.Lag >= pauseNear*p.Limit
	ingest, ok := s.Primary.IngestPerSecond.Value()
	p.Still = p.Lag > p.Limit && ok && ingest < 1
	return p
}

// Words say it, e.g. "pauses at 30 s: node2 is at 28"; empty where there is no limit.
func (p *Pausing) Words() string {
	if p.Limit == 0 {
		return ""
	}
	limit := strconv.FormatFloat(p.Limit, 'f', -1, 64) // as it is set
	words := "pauses at " + limit + " s"
	switch {
	case p.Still:
		words = "paused above " + limit + " s"
	case p.Lag > p.Limit:
		words = "should pause above " + limit + " s"
	}
	if !p.Worst.IsZero() {
		words += ": " + p.Worst.String() + " is at " + brief(p.Lag)
	}
	return words
}

// defaultTimeout is rpc_timeout_ms where it is not set, by the runbook.
const defaultTimeout = 5000

func lookAtAPIConfig(s *cluster.Snapshot, _ *cluster.Replica) (evidence string, finding, known bool) {
	c := &s.Primary.Config
	if !c.Read {
		return because("not read", c.Why), false, false
	}
	p := Pause(s)
	words, finding := "ingestion "+p.Words(), p.Near
	switch {
	case p.Limit > 0:
	case c.MaxLag.Valid:
		words = "max_replication_lag_seconds is 0"
	case c.MaxLag.Set:
		words, finding = "max_replication_lag_seconds is not a valid number", true
	default:
		words = "max_replication_lag_seconds is not set"
	}
	switch {
	case c.Timeout.Valid:
		words += fmt.Sprintf("; a call fails after %.0f ms", c.Timeout.Value)
	case c.Timeout.Set:
		words, finding = words+"; rpc_timeout_ms is not a valid number", true
	default:
		words += fmt.Sprintf("; a call fails after %d ms, the default", defaultTimeout)
	}
	return words, finding, true
}
