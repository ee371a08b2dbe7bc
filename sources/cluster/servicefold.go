package cluster

import (
	"slices"
	"time"
)

const (
	// serviceFresh and apiConfigFresh are how old what is read each half minute and
	// each minute may be: three of those, and a little.
	serviceFresh   = 95 * time.Second
	apiConfigFresh = 3*time.Minute + 5*time.Second
	// startSlack is by how much the start of one process may be told differently, in
	// ticks.
	startSlack = 2
	// beganSlack is by how many seconds the start that a process tells of itself may
	// move: it is reckoned from the host's clock, which is set now and then.
	beganSlack = 2
	// keepRestarts bounds what is remembered of a service that never stands.
	keepRestarts = 32
)

func (s *State) service(id NodeID) *ServiceRecall {
	r := s.services[id]
	if r == nil {
		r = &ServiceRecall{Node: id}
		s.services[id] = r
	}
	return r
}

// boot forgets the runs before a reboot, which is no crash of the service.
func (m *ServiceRecall) boot(uptime time.Duration) {
	if uptime < m.Uptime {
		m.Runs, m.Counted = forget(m.Runs), false
	}
	m.Uptime = uptime
}

// forget keeps when there were restarts, and no process to compare with.
func forget(runs []RunRecall) []RunRecall {
	runs = slices.Clone(runs)
	for i := range runs {
		runs[i].PID, runs[i].StartTicks = 0, 0
	}
	return runs
}

// processes takes in which processes run.
func (m *ServiceRecall) processes(at time.Time, r *HostReading) {
	m.boot(r.Uptime)
	oldest := map[Text]*Process{}
	for i := range r.Processes {
		p := &r.Processes[i]
		if had := oldest[p.Command]; had == nil || p.StartTicks < had.StartTicks {
			oldest[p.Command] = p
		}
	}
	m.Runs = slices.Clone(m.Runs) // a clone of the state shares it
	for i := range m.Runs {
		if m.Runs[i].Lists++; m.Runs[i].Lists > mostLists { // what was long ago counts less
			m.Runs[i].Lists, m.Runs[i].Seen = m.Runs[i].Lists/2, m.Runs[i].Seen/2
		}
	}
	for i := range r.Processes {
		p := &r.Processes[i]
		if oldest[p.Command] == p {
			m.run(at, p)
		}
	}
}

// mostLists is over how many lists it is told whether a process is one that stays.
const mostLists = 60

// stays tells whether a process is meant to run all the time, as a crash loop of it
// would be one: it was in more than two of three lists. A helper that comes and goes,
// by cron or by hand, begins anew each time.
func (r *RunRecall) stays() bool { return 3*r.Seen > 2*r.Lists }

func (m *ServiceRecall) run(at time.Time, p *Process) {
	i := slices.IndexFunc(m.Runs, func(r RunRecall) bool { return r.Command == p.Command })
	if i < 0 {
		m.Runs = append(slices.Clip(m.Runs), RunRecall{Command: p.Command, PID: p.PID, StartTicks: p.StartTicks, Seen: 1, Lists: 1})
		return
	}
	run := m.Runs[i]
	run.Seen++
	if run.PID != 0 && p.PID != run.PID && p.StartTicks > run.StartTicks+startSlack {
		run.Again = again(run.Again, at, 1)
	}
	run.PID, run.StartTicks = p.PID, p.StartTicks
	m.Runs[i] = run
}

// counter takes in systemd's own count. One that fell was started by hand.
func (m *ServiceRecall) counter(at time.Time, r *ServiceReading) {
	m.boot(r.Uptime)
	if !r.Told || !r.Counted {
		return
	}
	if m.Counted && r.Restarts > m.Count {
		m.Grown = again(m.Grown, at, r.Restarts-m.Count)
	}
	m.Count, m.Counted = r.Restarts, true
}

// began takes in the start that a process tells of itself, in Unix seconds, and when it
// told, by its own clock if that is known. A process that was started again began after
// the one before was looked at. Else there are several behind one address, which tell of
// themselves in turn, or the clock was set: those are no restarts.
func (m *ServiceRecall) began(at time.Time, start float64, told time.Time) {
	if !isCount(start) {
		return
	}
	if m.Began > 0 && start > m.Began+beganSlack && start > float64(m.ToldAt.Unix())-beganSlack {
		m.Anew = again(m.Anew, at, 1)
	}
	m.Began, m.ToldAt = max(m.Began, start), told
}

// again returns list with n restarts at at, and without what is too old. It leaves
// the array of list alone.
func again(list []time.Time, at time.Time, n uint64) []time.Time {
	kept := slices.Clone(list)
	for range min(n, keepRestarts) {
		kept = append(kept, at)
	}
	return kept[max(0, len(kept)-keepRestarts):]
}

// recent is how many restarts there were within the window.
func (m *ServiceRecall) recent(at time.Time) int {
	within := func(list []time.Time) int {
		n := 0
		for _, t := range list {
			if at.Sub(t).Abs() <= CrashWindow { // or after it, by a clock that was set back
				n++
			}
		}
		return n
	}
	most := max(within(m.Grown), within(m.Anew))
	daemon := slices.ContainsFunc(m.Runs, func(r RunRecall) bool { return r.stays() })
	for i := range m.Runs {
		if m.Runs[i].stays() || !daemon { // what comes and goes alone is the service
			most = max(most, within(m.Runs[i].Again))
		}
	}
	return most
}

// viewService is how the database's service on a host stands.
func (s *State) viewService(id NodeID, at time.Time) Service {
	v := Service{Why: Clean("not read yet")}
	n, m := s.nodes[id], s.services[id]
	if n == nil {
		return v
	}
	if m != nil {
		v.Recent = m.recent(at)
	}
	r := body[ServiceReading](n.service)
	switch {
	case n.service == nil:
	case at.Sub(n.service.Received) > serviceFresh:
		v.At, v.Why = n.service.Taken, Clean("not read for "+seconds(at.Sub(n.service.Received)))
	default:
		v = Service{
			Known: r.Told, Why: r.Why, Hint: r.Hint, At: n.service.Taken, Recent: v.Recent,
			Unit: r.Unit, Active: r.Active, Sub: r.Sub, Result: r.Result,
			GaveUp: r.Told && r.Active.s == "failed" && r.Result.s == "start-limit-hit",
		}
		if r.Counted {
			v.Restarts = Known(float64(r.Restarts))
		}
		if r.Active.s == "active" && r.Entered > 0 && r.Uptime >= r.Entered {
			v.Since = n.service.Taken.Add(r.Entered - r.Uptime)
		}
	}
	if v.Since.IsZero() && !v.Known {
		v.Since = s.oldestProcess(n)
	}
	if u := n.metrics.usable; v.Since.IsZero() && !v.Known && m != nil && m.Began > 0 && u != nil && at.Sub(u.Received) <= serviceFresh {
		v.Since, v.At, v.ByMetrics = time.UnixMilli(int64(m.Began*1000)), u.Taken, true
	}
	return v
}

// oldestProcess is when the oldest of the database's processes began.
func (s *State) oldestProcess(n *nodeState) time.Time {
	h := &n.usage
	if n.procAt == nil || !h.ProcessesKnown || len(h.Processes) == 0 {
		return time.Time{}
	}
	var oldest Figure
	for i := range h.Processes {
		if at, ok := h.Processes[i].Started.Value(); ok && (!oldest.Known() || at < oldest.number()) {
			oldest = Known(at)
		}
	}
	r := reading(n.procAt)
	if !oldest.Known() || r == nil {
		return time.Time{}
	}
	return n.procAt.Taken.Add(time.Duration(oldest.number()*float64(time.Second)) - r.Uptime)
}

// viewAPIConfig is the database's configuration on the primary.
func (s *State) viewAPIConfig(id NodeID, at time.Time) APIConfigView {
	n := s.nodes[id]
	switch {
	case n == nil || n.api == nil:
		return APIConfigView{APIConfig: APIConfig{Why: Clean("not read yet")}}
	case at.Sub(n.api.Received) > apiConfigFresh:
		return APIConfigView{APIConfig: APIConfig{Why: Clean("not read for " + seconds(at.Sub(n.api.Received)))}, At: n.api.Taken}
	}
	return APIConfigView{APIConfig: body[APIConfig](n.api), At: n.api.Taken}
}
