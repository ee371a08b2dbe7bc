package runbook

import (
	"math"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const everyFamily = cluster.Families(1<<cluster.NumFamilies - 1)

func (w *world) publish(after time.Duration, took time.Duration, kind cluster.SourceKind, node cluster.NodeID, b cluster.Body, err *cluster.Failure) {
	w.seq++
	at := w.at(w.second).Add(after)
	o := cluster.Observation{
		Seq: w.seq, Received: at, Mono: at.Sub(w.start), Taken: at.Add(-took / 2), Took: took,
		Source: cluster.Source{Kind: kind, Node: node}, Body: b, Err: err,
	}
	w.state.Apply(&o)
	w.hist.Apply(&o, w.state)
	w.judge.Apply(&o)
}

func (w *world) session() {
	b := &cluster.Session{
		Run: "w", Cluster: cluster.Clean("virtual"), Interval: time.Duration(w.interval) * time.Second, Speed: 1,
		Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
		Primary:    cluster.NodeSpec{ID: "node1", Metrics: true, Host: !w.miss.primaryHost},
	}
	for i, n := range w.nodes[1:] {
		b.Replicas = append(b.Replicas, cluster.NodeSpec{ID: n.id, Metrics: true, Host: !w.miss.host, RPC: cluster.Clean(rpcOf(i))})
	}
	w.publish(0, 0, cluster.FromMonitor, "", b, nil)
}

var noAnswer = cluster.Fail(cluster.FailTimeout, "no answer within 5 s", "")

// observe publishes what collectors would read now, and lets the judge conclude.
func (w *world) observe() {
	if w.seq == 0 {
		w.session()
		if w.earlier != nil {
			w.publish(0, 0, cluster.FromMonitor, "", w.earlier, nil)
		}
	}
	r := &cluster.MetricsReading{Asked: everyFamily, Samples: []cluster.Sample{{Family: cluster.FamilyAssertions, Value: w.nodes[0].applied}}}
	if sent := 0.0; w.tellsSent {
		for _, n := range w.nodes[1:] {
			sent += n.received
		}
		r.Samples = append(r.Samples, cluster.Sample{Family: cluster.FamilySentBytes, Value: sent})
	}
	for _, n := range w.nodes[1:] {
		e, lag := n.now(w.second), w.lag(n)
		if w.whole {
			lag = math.Floor(lag)
		}
		if e.lag != nil {
			lag = e.lag(lag, w.second)
		}
		progress := 0.0
		if e.sync != nil {
			progress = e.sync(w.second)
		}
		r.Samples = append(r.Samples,
			cluster.Sample{Family: cluster.FamilyLag, Replica: n.id, Value: lag},
			cluster.Sample{Family: cluster.FamilySyncProgress, Replica: n.id, Value: progress},
			cluster.Sample{Family: cluster.FamilySyncErrors, Replica: n.id, Value: n.errors},
			cluster.Sample{Family: cluster.FamilySyncDurationCount, Replica: n.id, Value: n.completed})
	}
	r.Unit = cluster.ProgressRatio
	slices.SortStableFunc(r.Samples, func(a, b cluster.Sample) int { return int(a.Family) - int(b.Family) })
	w.publish(0, w.scrape(w.nodes[0]), cluster.FromMetrics, "node1", r, nil)
	for i, n := range w.nodes {
		w.observeNode(n, i == 0)
	}
	w.observePaths()
	if !w.miss.admin {
		w.publish(3*time.Millisecond, time.Millisecond, cluster.FromAdmin, "node1", w.breakers(), nil)
	}
	w.said = append(w.said, w.judge.Conclude(w.snapshot())...)
}

func (w *world) snapshot() *cluster.Snapshot {
	return w.state.Snapshot(w.at(w.second).Add(20*time.Millisecond), w.hist)
}

// scrape is how long an answer of n takes.
func (w *world) scrape(n *vnode) time.Duration {
	e := n.now(w.second)
	took := w.noisy(4+e.slow) + 2*(n.rtt+e.rtt+e.ownRTT)
	if w.rng.Float64()*100 < 6*(e.loss+e.ownLoss) {
		took += 210
	}
	return time.Duration(took * float64(time.Millisecond))
}

func (w *world) observeNode(n *vnode, primary bool) {
	e := n.now(w.second)
	const after = 2 * time.Millisecond
	took := w.scrape(n)
	if !primary && !w.miss.metrics {
		if e.cut {
			w.publish(after, 0, cluster.FromMetrics, n.id, nil, noAnswer)
		} else {
			w.publish(after, took, cluster.FromMetrics, n.id, &cluster.MetricsReading{
				Asked: everyFamily.With(0) &^ (1 << cluster.FamilyLag), Samples: []cluster.Sample{{Family: cluster.FamilyAssertions, Value: n.applied}},
			}, nil)
		}
	}
	if missing := w.miss.host || (primary && w.miss.primaryHost); !missing {
		w.observeHost(n, e, took)
	}
	if !primary && !w.miss.probe {
		p := &cluster.ProbeReading{Method: cluster.ProbeICMP, Sent: 1, Port: e.port}
		if e.ownPort != cluster.PortUnknown {
			p.Port = e.ownPort
		}
		if !e.cut && w.rng.Float64()*100 >= e.loss+e.ownLoss {
			p.RTTs = []time.Duration{time.Duration((w.noisy(n.rtt) + e.rtt + e.ownRTT) * float64(time.Millisecond))}
		}
		if e.cut {
			p.Port = cluster.PortFiltered
		}
		w.publish(after, time.Millisecond, cluster.FromProbe, n.id, p, nil)
	}
}

func (w *world) observeHost(n *vnode, e effect, took time.Duration) {
	const after = 2 * time.Millisecond
	if e.cut {
		w.publish(after, 0, cluster.FromHost, n.id, nil, noAnswer)
		return
	}
	if w.second%30 == 0 || w.second == w.skip {
		w.publish(after, took, cluster.FromHost, n.id, &cluster.HostFacts{
			HZ: 100, Cores: n.cores, ClockKnown: true, ClockOffset: seconds(e.clock), ClockError: 5 * time.Millisecond, WAL: cluster.WALDevice{Device: cluster.Clean("nvme0n1")},
			Devices: []cluster.DeviceFacts{{Name: cluster.Clean("nvme0n1"), Rotational: n.rotational}},
		}, nil)
	}
	r := n.r
	r.PerCPU, r.Disks, r.Nets = slices.Clone(r.PerCPU), slices.Clone(r.Disks), slices.Clone(r.Nets)
	r.AskedProcesses = !w.miss.processes && w.second%2 == 0
	if !r.AskedProcesses {
		r.Processes = nil
	}
	w.publish(after, took, cluster.FromHost, n.id, &r, nil)
}

func (w *world) breakers() *cluster.BreakersReading {
	b := &cluster.BreakersReading{}
	for _, n := range w.nodes[1:] {
		if n.now(w.second).tripped {
			b.Tripped = append(b.Tripped, cluster.TrippedBreaker{Agent: "agent-" + n.id, Since: w.at(n.tripAt), Failures: 5, FailuresKnown: true})
		}
	}
	return b
}
