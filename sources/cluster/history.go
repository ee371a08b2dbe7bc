package cluster

import (
	"fmt"
	"math"
	"sync"
	"time"
)

// HistoryOptions bound what a History keeps.
type HistoryOptions struct {
	Raw       time.Duration // every point, 15 min if 0
	Fine      time.Duration // steps of 10 s, an hour if 0, Raw at least
	Retention time.Duration // coarse beyond Raw, 24 h if 0
	MaxBytes  int64         // coarsens first when this is not enough, 128 MiB if 0
}

// History is the memory of numbers over time: every point at first, then tiers
// of buckets with minimum, maximum and last, so that a spike survives. It has
// one writer and any number of readers.
type History struct {
	mu       sync.RWMutex
	options  HistoryOptions
	shape    shape
	series   map[seriesKey]*series
	lines    map[NodeID][]HeardLine // of logs, in their order
	interval time.Duration
	notice   Text
}

type seriesKey struct {
	node     NodeID
	quantity Quantity
}

// NewHistory returns an empty history.
func NewHistory(o HistoryOptions) *History {
	if o.Raw <= 0 {
		o.Raw = 15 * time.Minute
	}
	if o.Fine <= 0 {
		o.Fine = fineSpan
	}
	if o.Retention <= 0 {
		o.Retention = 24 * time.Hour
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 128 << 20
	}
	return &History{options: o, shape: fullShape(o), series: map[seriesKey]*series{}, lines: map[NodeID][]HeardLine{}, interval: time.Second}
}

// Notice says how the memory cap coarsened the history; empty if it did not.
func (h *History) Notice() Text {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.notice
}

// Clone returns a copy that shares nothing with h.
func (h *History) Clone() *History {
	h.mu.RLock()
	defer h.mu.RUnlock()
	c := &History{options: h.options, shape: h.shape, series: make(map[seriesKey]*series, len(h.series)), interval: h.interval, notice: h.notice}
	for k, r := range h.series {
		c.series[k] = r.clone()
	}
	c.lines = make(map[NodeID][]HeardLine, len(h.lines))
	for id, l := range h.lines {
		c.lines[id] = l[:len(l):len(l)] // what is in it never changes
	}
	return c
}

// Apply takes what o added to s, which has folded o already.
func (h *History) Apply(o *Observation, s *State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.interval = s.interval
	if b, ok := o.Body.(*ClockStep); ok && b.By < 0 && !b.Moved {
		h.shift(b.By)
	}
	switch o.Source.Kind {
	case FromMetrics:
		h.applyMetrics(o, s)
	case FromHost:
		h.applyHost(o, s)
	case FromLog:
		h.applyLog(o)
	case FromMonitor, FromOperator, FromProbe, FromAdmin, FromJudge, FromPeer, FromPrometheus, FromAction:
	}
}

func (h *History) applyMetrics(o *Observation, s *State) {
	node := o.Source.Node
	if o.Body == nil {
		h.add(node, QuantityRate, o.Taken, Figure{})
		if node != s.session.Primary.ID {
			return
		}
	} else {
		h.add(node, QuantityRate, o.Taken, s.counters[counterKey{node, "", FamilyAssertions}].rate())
	}
	if node != s.session.Primary.ID {
		return
	}
	for id, l := range s.lags {
		switch {
		case o.Body != nil && l.State != LagUnknown && l.Taken.Equal(o.Taken):
			h.add(id, QuantityLag, o.Taken, Known(l.Value))
		case !l.StateSince.IsZero():
			h.add(id, QuantityLag, o.Taken, Figure{})
		}
	}
}

func (h *History) applyHost(o *Observation, s *State) {
	switch o.Body.(type) {
	case *HostFacts, *SocketReading:
		return
	}
	node := o.Source.Node
	var u Host
	if o.Body != nil {
		u = s.figures(s.nodes[node])
	}
	h.add(node, QuantityCPU, o.Taken, u.CPU.Busy())
	h.add(node, QuantityIOWait, o.Taken, u.CPU.IOWait)
	var disk DiskUsage
	if d := BusiestDisk(u.Disks); d != nil {
		disk = *d
	}
	h.add(node, QuantityDiskUtil, o.Taken, disk.Util)
	h.add(node, QuantityDiskAwait, o.Taken, MaxOf(disk.ReadAwait, disk.WriteAwait))
	var tx Figure
	for i := range u.Nets {
		if v, ok := u.Nets[i].TxBytesPerSecond.Value(); ok && !u.Nets[i].Loopback() {
			tx = Known(tx.number() + v)
		}
	}
	h.add(node, QuantityNetTx, o.Taken, tx)
}

// add appends a point; an unknown figure marks a hole, once. A series begins
// with its first known figure.
// shift moves all that is kept by a step back of the monitor's clock, so that times go
// on rising. A step ahead leaves a gap.
func (h *History) shift(by time.Duration) {
	h.shape.origin += by.Milliseconds()
	for id, list := range h.lines {
		moved := make([]HeardLine, len(list))
		for i, l := range list {
			l.Received = l.Received.Add(by)
			moved[i] = l
		}
		h.lines[id] = moved
	}
}

func (h *History) add(node NodeID, q Quantity, at time.Time, f Figure) {
	key := seriesKey{node, q}
	r := h.series[key]
	if r == nil {
		if !f.Known() {
			return
		}
		if len(h.series) == 0 {
			const day = 24 * time.Hour
			h.shape.origin = at.UnixMilli() - mod(at.UnixMilli(), day.Milliseconds())
		}
		r = &series{}
		h.series[key] = r
		h.fit()
	}
	v := float32(math.NaN())
	if f.Known() {
		v = float32(f.number())
	} else if r.hole() {
		return
	}
	r.add(&h.shape, at.UnixMilli(), v)
}

// fit coarsens all series when one more would not fit the memory cap.
func (h *History) fit() {
	for h.shape.bytes()*int64(len(h.series)) > h.options.MaxBytes && h.shape.coarsen() {
		h.notice = Clean(fmt.Sprintf("history coarsened to fit %d MiB: every point for %s, then %s steps",
			h.options.MaxBytes>>20, h.shape.raw, h.shape.tiers[len(h.shape.tiers)-1].width))
		for _, r := range h.series {
			r.reshape(&h.shape)
		}
	}
}

// Span implements Series.
func (h *History) Span(node NodeID, q Quantity) (oldest, newest time.Time) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	r := h.series[seriesKey{node, q}]
	if r == nil || r.raw.len() == 0 {
		return time.Time{}, time.Time{}
	}
	first := r.raw.at(0).t
	for i := range r.tiers {
		if t := &r.tiers[i]; t.len() > 0 {
			first = min(first, t.at(0).t)
		}
	}
	last := r.raw.at(r.raw.len() - 1).t
	return time.UnixMilli(h.shape.unpack(first)).UTC(), time.UnixMilli(h.shape.unpack(last)).UTC()
}

// Buckets implements Series.
func (h *History) Buckets(node NodeID, q Quantity, to time.Time, width time.Duration, n int) []Bucket {
	return h.buckets(node, q, to, width, n, time.Time{})
}

// BucketsAsOf is Buckets as they were drawn at an instant, when steps of 10 s
// went back for an hour only. It is for a history that has more of them.
func (h *History) BucketsAsOf(at time.Time, node NodeID, q Quantity, to time.Time, width time.Duration, n int) []Bucket {
	return h.buckets(node, q, to, width, n, at)
}

func (h *History) buckets(node NodeID, q Quantity, to time.Time, width time.Duration, n int, asOf time.Time) []Bucket {
	if n <= 0 || width < time.Millisecond {
		return nil
	}
	w := width.Milliseconds()
	end := to.UnixMilli()
	first := end - mod(end, w) - int64(n-1)*w
	out := make([]Bucket, n)
	for i := range out {
		out[i].From = time.UnixMilli(first + int64(i)*w).UTC()
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if r := h.series[seriesKey{node, q}]; r != nil {
		b := bucketer{out: out, first: first, width: w, end: end, hold: freshIntervals * h.interval.Milliseconds(), fine: math.MinInt64}
		if !asOf.IsZero() {
			b.fine = r.fineAsOf(&h.shape, asOf.UnixMilli())
		}
		r.fill(&b, &h.shape)
	}
	return out
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }
