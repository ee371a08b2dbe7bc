package cluster

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot returns what is known as of at. series is what Snapshot.Series will be.
func (s *State) Snapshot(at time.Time, series Series) *Snapshot {
	v := new(Snapshot)
	s.SnapshotOver(v, at, series)
	return v
}

// SnapshotOver is Snapshot in the memory of an older one, of which nobody may keep
// anything: a thousand replicas take 2.5 MB.
func (s *State) SnapshotOver(v *Snapshot, at time.Time, series Series) {
	*v = Snapshot{
		At: at, Session: s.session, Interval: s.interval, LastSeq: s.lastSeq,
		Series: series, FirstSeen: s.firstSeen,
		Replicas: slices.Grow(v.Replicas[:0], len(s.session.Replicas)+len(s.found)),
	}
	v.Primary = s.viewPrimary(at)
	for _, spec := range s.session.Replicas {
		v.Replicas = append(v.Replicas, s.viewReplica(spec, true, &v.Primary, at))
	}
	for _, id := range s.found {
		v.Replicas = append(v.Replicas, s.viewReplica(NodeSpec{ID: id}, false, &v.Primary, at))
	}
	s.viewJudged(v)
	s.viewPrometheus(v)
	for i := range s.gaps {
		if g, ok := s.gaps[i].Body.(*Gap); ok {
			v.Gaps = append(v.Gaps, *g)
		}
	}
	for i := range s.notes {
		if n, ok := s.notes[i].Body.(*Note); ok {
			v.Notes = append(v.Notes, NoteAt{At: s.notes[i].Received, Note: *n})
		}
	}
	s.viewActions(v)
	if s.step != nil {
		if b, ok := s.step.Body.(*ClockStep); ok {
			v.LastStep, v.StepAt = ClockStep{By: b.By}, s.step.Received
		}
	}
}

// viewJudged fills in breakers and conclusions.
func (s *State) viewJudged(v *Snapshot) {
	s.viewBreakers(v)
	alerts := s.viewAlerts()
	for i := range v.Replicas {
		r := &v.Replicas[i]
		r.Alerts, r.Verdict = alerts[r.ID], s.viewVerdict(r.ID)
	}
	v.Escalations = s.viewEscalations()
}

func (s *State) viewNode(spec NodeSpec, configured bool, at time.Time) Node {
	v := Node{ID: spec.ID, Name: spec.ID.Text(), Spec: spec, Configured: configured}
	n := s.nodes[spec.ID]
	if n == nil {
		n = &nodeState{}
	}
	v.Metrics = n.metrics.view(spec.Metrics, s.firstSeen, at, s.fresh())
	v.Host = s.figures(n)
	v.Host.Facts = n.hostFacts()
	v.Host.Access = n.host.view(spec.Host, s.firstSeen, at, s.fresh())
	v.Host.Writers = s.viewWriters(n)
	v.Host.Sockets = s.viewSockets(spec.ID, v.Host.Access, at)
	v.Host.Service = s.viewService(spec.ID, at)
	v.Log = s.viewLog(spec, n, at)
	return v
}

func (s *State) viewPrimary(at time.Time) Primary {
	v := Primary{Node: s.viewNode(s.session.Primary, true, at)}
	c := s.primaryCount()
	if p, ok := c.last(); ok && at.Sub(p.Taken) <= s.fresh() {
		v.Assertions = Known(p.Value)
	} else if v.Metrics.Err != nil {
		v.AssertionsWhy = v.Metrics.Err.What
	} else {
		v.AssertionsWhy = Clean(cmp.Or(s.badCount(v.ID), "no fresh count"))
	}
	v.IngestPerSecond = c.freshRate(at, s.fresh())
	if v.Assertions.Known() && !v.IngestPerSecond.Known() {
		v.AssertionsWhy = Clean("no rate yet")
	}
	v.SentBytesPerSecond, v.SentWhy = s.sentRate(at)
	v.Config = s.viewAPIConfig(v.ID, at)
	if n := s.nodes[v.ID]; n != nil {
		v.Admin = n.admin.view(n.admin.newest != nil, s.firstSeen, at, s.fresh())
	} else {
		v.Admin.Err = Fail(FailConfig, "not configured", "")
	}
	return v
}

func (s *State) viewReplica(spec NodeSpec, configured bool, primary *Primary, at time.Time) Replica {
	v := Replica{Node: s.viewNode(spec, configured, at)}
	v.Lag = s.viewLag(spec.ID, primary.Metrics, at)
	v.Sync = s.viewSync(spec.ID, at)
	v.Network = s.viewNetwork(spec.ID, configured, at)
	v.Network.Trace = s.viewTrace(spec.ID)
	v.Network.Kernel = Kernel{
		Primary: s.viewFlow(primary.ID, spec.ID, primary.Host.Access, at),
		Replica: s.viewFlow(spec.ID, primary.ID, v.Host.Access, at),
	}
	v.Assertions = s.viewAssertions(spec.ID, v.Metrics, at)
	return v
}

func (s *State) viewAssertions(id NodeID, own Access, at time.Time) Assertions {
	c := s.replicaCount(id)
	v := Assertions{PerSecond: c.freshRate(at, s.fresh())}
	if p, ok := c.last(); ok && at.Sub(p.Taken) <= s.fresh() {
		v.Indexed = Known(p.Value)
	}
	var why string
	v.Behind, why = behind(s.primaryCount(), c, at, s.fresh())
	switch {
	case !v.Indexed.Known() && own.Err != nil:
		v.Why = own.Err.What
	case why != "":
		v.Why = Clean(cmp.Or(s.badCount(id), why))
	case !v.PerSecond.Known():
		v.Why = Clean("no rate yet")
	}
	return v
}
