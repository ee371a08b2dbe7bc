package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxSamples bounds the memory of one counter whatever the interval and space: an
// hour at 1 Hz, or five minutes at 14 Hz.
const maxSamples = 4200

// AlertSeries is the memory of one series of one target: as many samples as the
// rules over its family need, and how each of those rules stands. It is plain,
// so that a keyframe can hold it.
type AlertSeries struct {
	Target  cluster.NodeID // whose /metrics
	Family  cluster.Family
	Replica cluster.NodeID // whom it is about
	Seen    bool           // it was there once
	Stale   bool           // a stale marker is the newest: the series is gone
	Samples []PromSample   // oldest first
	Records []AlertRecord  // of each rule in turn; those over other families stay zero
}

// observe appends a sample. One that is not newer is dropped, as Prometheus
// drops what is out of order; a repeated old sample is so no new evidence.
func (s *AlertSeries) observe(p PromSample, keep, space time.Duration) {
	n := len(s.Samples)
	if n > 0 && p.At <= s.Samples[n-1].At {
		return
	}
	s.Seen, s.Stale = true, false
	if n > 1 && p.At-s.Samples[n-2].At < space.Milliseconds() && p.Value >= s.Samples[n-1].Value {
		n--
	}
	from := max(0, n+1-maxSamples)
	for from < n && s.Samples[from].At < p.At-keep.Milliseconds() {
		from++
	}
	s.Samples = append(s.Samples[from:n], p)
}

// value returns what the rule's expression, less its comparison, gives at time at.
func (s *AlertSeries) value(r *Rule, o *AlertOptions, at int64) (v float64, ok bool) {
	if r.Rate > 0 {
		return o.Dialect.rate(s.Samples, at, r.Rate.Milliseconds())
	}
	if n := len(s.Samples); n > 0 && !s.Stale && o.Dialect.covers(s.Samples[n-1].At, at, Lookback.Milliseconds()) {
		return s.Samples[n-1].Value, true
	}
	return 0, false
}
