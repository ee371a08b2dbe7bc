package main

import (
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// judging is where the judge sits: it hears every observation, and concludes once
// in an interval.
type judging struct {
	judge    *runbook.Judge
	interval time.Duration
	next     time.Duration    // monotonic, before which nothing is concluded
	seen     cluster.Snapshot // the last one that was concluded from
}

// settle is how long after the first answer of a round the others are waited
// for, so that a conclusion is of one round.
const settle = 100 * time.Millisecond

// space is between the samples that alerts remember of a counter: no Prometheus
// scrapes oftener, and with all of five minutes a thousand replicas took 20 MB.
const space = 5 * time.Second

// spaceOf is space, or less for a rule whose range would hold fewer than four samples.
func spaceOf(rules []runbook.Rule) time.Duration {
	apart := space
	for i := range rules {
		if r := rules[i].Rate; r > 0 {
			apart = min(apart, r/4)
		}
	}
	return apart
}

func newJudging(interval time.Duration, rules []runbook.Rule) *judging {
	return &judging{interval: interval, judge: runbook.NewJudge(runbook.JudgeOptions{
		Rules: rules, Alerts: runbook.AlertOptions{Space: spaceOf(rules)},
	})}
}

func (b *judging) apply(o *cluster.Observation) {
	if s, ok := o.Body.(*cluster.Settings); ok {
		b.interval = s.Interval
	}
	b.judge.Apply(o)
}

// due tells whether it is time to conclude, now that o came in. What the judge
// said itself is no reason to.
func (b *judging) due(o *cluster.Observation) bool {
	switch o.Source.Kind {
	case cluster.FromMonitor, cluster.FromOperator, cluster.FromJudge, cluster.FromAction:
		return false
	case cluster.FromMetrics, cluster.FromHost, cluster.FromProbe, cluster.FromAdmin,
		cluster.FromLog, cluster.FromPeer, cluster.FromPrometheus:
	}
	if o.Mono < b.next {
		return false
	}
	b.next = o.Mono + b.interval - min(settle, b.interval/4)
	return true
}

// conclude returns what changed in the judge's view, to be put on the stream.
func (b *judging) conclude(p *pipeline) []cluster.Observation {
	s := &b.seen
	p.timeline.HeadOver(s, p.wiring.clock.Now)
	var said []cluster.Observation
	for _, body := range b.judge.Conclude(s) {
		said = append(said, cluster.Observation{
			Taken: s.At, Source: cluster.Source{Kind: cluster.FromJudge}, Body: body,
		})
	}
	return said
}
