package cluster

import "time"

// stepped takes in a step of the monitor's wall clock. Where it was set back, the times
// of what is remembered move with it: else the next readings would be older than those
// before, for as long as it was set back. Where it was set ahead, or the machine slept,
// what was read is as old as it looks, and no rate goes over the gap: whether it lasted
// a second or an hour can't be told.
func (s *State) stepped(by time.Duration) {
	if by < 0 {
		s.shift(by)
		return
	}
	for key, c := range s.counters {
		if key.family != FamilyCorruption { // of which no rate is told: what was reported stays reported
			c.points = c.points[:0]
		}
	}
}

func (s *State) shift(by time.Duration) {
	for _, c := range s.counters {
		c.shift(by)
	}
	for _, l := range s.lags {
		shiftTimes(by, &l.EqualSince, &l.CountTaken, &l.Taken, &l.StateSince)
	}
	for _, y := range s.syncs {
		shiftTimes(by, &y.Taken, &y.Moved, &y.Since, &y.Began)
	}
	for id, points := range s.probes {
		s.probes[id] = shiftedProbes(points, by)
	}
	for _, p := range s.peers {
		p.Pings, p.Forwards = shiftedProbes(p.Pings, by), shiftedProbes(p.Forwards, by)
	}
	for _, m := range s.services {
		m.shift(by)
	}
	for _, n := range s.nodes {
		n.shift(by)
	}
	s.prometheus.shift(by)
	shiftTimes(by, &s.firstSeen)
}

func (c *counter) shift(by time.Duration) { c.base += int64(by / markUnit) }

func (m *ServiceRecall) shift(by time.Duration) {
	m.Grown, m.Anew = shiftedTimes(m.Grown, by), shiftedTimes(m.Anew, by)
	runs := make([]RunRecall, len(m.Runs)) // a clone of the state shares them
	for i, r := range m.Runs {
		r.Again = shiftedTimes(r.Again, by)
		runs[i] = r
	}
	m.Runs = runs
}

func (n *nodeState) shift(by time.Duration) {
	for _, a := range []*attempts{&n.metrics, &n.host, &n.probe, &n.admin, &n.log, &n.ping, &n.port} {
		a.shift(by)
	}
	for _, o := range []**Observation{
		&n.facts, &n.base, &n.last, &n.procBase, &n.procAt, &n.trace, &n.writers, &n.sockets, &n.socketBase, &n.service, &n.api,
	} {
		*o = shifted(*o, by)
	}
}

func (a *attempts) shift(by time.Duration) {
	same := a.usable == a.newest
	a.newest = shifted(a.newest, by)
	if same {
		a.usable = a.newest
	} else {
		a.usable = shifted(a.usable, by)
	}
}

// shifted returns an observation as if it had come by the new clock. What it came as
// is shared with others, and stays.
func shifted(o *Observation, by time.Duration) *Observation {
	if o == nil {
		return nil
	}
	c := *o
	shiftTimes(by, &c.Received, &c.Taken)
	return &c
}

func shiftTimes(by time.Duration, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
}

func shiftedTimes(list []time.Time, by time.Duration) []time.Time {
	out := make([]time.Time, len(list))
	for i, t := range list {
		out[i] = t.Add(by)
	}
	return out
}

func shiftedProbes(list []ProbePoint, by time.Duration) []ProbePoint {
	out := make([]ProbePoint, len(list))
	for i, p := range list {
		p.Taken = p.Taken.Add(by)
		out[i] = p
	}
	return out
}
