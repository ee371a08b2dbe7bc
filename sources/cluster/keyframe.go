package cluster

import (
	"cmp"
	"slices"
)

// Keyframe returns observations that, applied in order to a new State, rebuild
// this one: the session, the newest readings of each source as they were, and a
// Recall of what goes further back.
func (s *State) Keyframe() []Observation {
	if s.sessionSeen == nil {
		return nil
	}
	var rest []Observation
	add := func(list ...*Observation) {
		for _, o := range list {
			if o != nil {
				rest = append(rest, *o)
			}
		}
	}
	add(s.settings, s.norms)
	if s.step != nil {
		o := *s.step
		if b, ok := o.Body.(*ClockStep); ok {
			o.Body = &ClockStep{By: b.By, Moved: true}
		}
		rest = append(rest, o)
	}
	rest = append(append(rest, s.gaps...), s.notes...)
	add(s.acts.limit)
	rest = append(rest, s.acts.steps...)
	add(s.judged.all()...)
	add(s.prometheus.usable, s.prometheus.newest)
	for _, id := range sortedKeys(s.nodes) {
		n := s.nodes[id]
		add(n.probe.usable, n.probe.newest, n.admin.usable, n.admin.newest)
		add(n.metrics.usable, n.metrics.newest, n.facts, n.socketBase, n.sockets, n.service, n.api)
		add(n.ping.usable, n.ping.newest, n.port.usable, n.port.newest)
		add(n.trace, n.writers)
		add(n.log.usable, n.log.newest)
		add(n.procBase, n.procAt, n.base, n.last, n.host.usable, n.host.newest)
	}
	slices.SortStableFunc(rest, func(a, b Observation) int { return cmp.Compare(a.Seq, b.Seq) })
	rest = slices.CompactFunc(rest, func(a, b Observation) bool { return a.Seq == b.Seq })
	recall := Observation{
		Seq: s.lastSeq, Received: s.sessionSeen.Received, Taken: s.sessionSeen.Taken,
		Source: Source{Kind: FromMonitor}, Body: s.remember(),
	}
	if n := len(rest); n > 0 {
		recall.Received = rest[n-1].Received
	}
	return append(append([]Observation{*s.sessionSeen}, rest...), recall)
}

func (s *State) remember() *Recall {
	r := &Recall{FirstSeen: s.firstSeen}
	for _, id := range sortedKeys(s.lags) {
		r.Lags = append(r.Lags, *s.lags[id])
	}
	for _, id := range sortedKeys(s.syncs) {
		r.Syncs = append(r.Syncs, *s.syncs[id])
	}
	for _, id := range sortedKeys(s.probes) {
		r.Probes = append(r.Probes, ProbeRecall{Node: id, Points: s.probes[id]})
	}
	for _, id := range sortedKeys(s.peers) {
		r.Peers = append(r.Peers, *s.peers[id])
	}
	for _, id := range sortedKeys(s.services) {
		r.Services = append(r.Services, *s.services[id])
	}
	for _, id := range sortedKeys(s.nodes) {
		if n := s.nodes[id]; n.base != nil {
			h := n.devices
			h.Node = id
			r.Hosts = append(r.Hosts, h)
		}
	}
	for _, id := range sortedKeys(s.logs) {
		r.Logs = append(r.Logs, *s.logs[id])
	}
	for k, c := range s.counters {
		r.Counts = append(r.Counts, CountRecall{Node: k.node, Replica: k.replica, Family: k.family, Points: c.recall(), Anew: c.anew})
	}
	slices.SortFunc(r.Counts, func(a, b CountRecall) int {
		// By family first: one family is read in the same scrapes everywhere, so
		// that its points stand beside their like and cost little to record.
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Replica, b.Replica))
	})
	return r
}

// recall replaces what was folded from a keyframe's readings by what the State
// that wrote it remembered.
func (s *State) recall(r *Recall) {
	s.firstSeen = r.FirstSeen
	clear(s.lags)
	clear(s.syncs)
	clear(s.counters)
	clear(s.probes)
	clear(s.peers)
	clear(s.services)
	clear(s.logs)
	s.found = nil
	for i := range r.Lags {
		l := r.Lags[i]
		s.lags[l.Replica] = &l
		s.discover(l.Replica)
	}
	for i := range r.Syncs {
		y := r.Syncs[i]
		s.percent = s.percent || y.Max > 1+overshoot
		s.syncs[y.Replica] = &y
	}
	for _, p := range r.Probes {
		s.probes[p.Node] = p.Points
	}
	for i := range r.Peers {
		p := r.Peers[i]
		s.peers[p.Node] = &p
	}
	for i := range r.Services {
		m := r.Services[i]
		s.services[m.Node] = &m
	}
	for i := range r.Hosts {
		n := s.node(r.Hosts[i].Node)
		if n.devices = r.Hosts[i]; n.last != nil {
			n.usage = s.usage(n)
		}
	}
	for i := range r.Logs {
		l := r.Logs[i]
		s.logs[l.Node] = &l
	}
	for i := range r.Counts {
		c := &r.Counts[i]
		s.counters[counterKey{c.Node, c.Replica, c.Family}] = recalled(c)
	}
}
