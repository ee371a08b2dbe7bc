package cluster

import (
	"fmt"
	"time"
)

// nodeState is what is remembered of one node's sources. The bodies that it
// points to never change.
type nodeState struct {
	metrics, host, probe, admin, log attempts
	ping, port                       attempts // from the primary's host

	facts               *Observation
	base, last          *Observation // host readings: rates run from base to last
	procBase, procAt    *Observation // the same for those that have processes
	trace, writers      *Observation // what was measured on demand, the newest
	sockets, socketBase *Observation // lists of connections: rates run from base to the newest
	service, api        *Observation // of the database: its unit, its configuration
	usage               Host         // figures from the above; Access is filled in when viewed
	devices             HostRecall   // in which order they stand; its Node is filled in when recalled
}

// attempts are the newest attempt of a source and the newest that was usable.
type attempts struct {
	newest, usable *Observation
}

func (a *attempts) add(o *Observation) {
	a.newest = keep(o)
	if o.Body != nil {
		a.usable = a.newest
	}
}

// view judges a source as of at. Where the newest attempt failed, why it did stands
// until the next has ended: one that hangs knows no better.
func (a *attempts) view(configured bool, since, at time.Time, fresh time.Duration) Access {
	v := Access{Configured: configured}
	if a.usable != nil {
		v.Newest, v.Took, v.Seq = a.usable.Taken, a.usable.Took, a.usable.Seq
	}
	switch {
	case a.newest == nil && !configured:
		v.Err = Fail(FailConfig, "not configured", "")
	case a.newest == nil:
		v.Err = Fail(FailConnecting, "no answer yet, for "+seconds(at.Sub(since)), "")
	case at.Sub(a.newest.Received) > fresh && a.newest.Body != nil:
		v.Attempt = a.newest.Received
		v.Err = Fail(FailTimeout, "no answer for "+seconds(at.Sub(a.newest.Received)), "")
	default:
		v.Attempt, v.Err = a.newest.Received, a.newest.Err
		v.Reachable = a.newest.Body != nil
	}
	return v
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%.0f s", max(0, d).Seconds())
}

func (s *State) applyHost(o *Observation) {
	n := s.node(o.Source.Node)
	switch b := o.Body.(type) {
	case *HostFacts:
		n.facts = keep(o)
		if n.last != nil {
			n.usage = s.usage(n)
		}
		s.joined = nil
		return // facts come beside the counters of the same tick: not an attempt of their own
	case *SocketReading:
		s.foldSockets(n, o, b)
		return // beside counters too
	case *ServiceReading:
		n.service = keep(o)
		s.service(o.Source.Node).counter(o.Taken, b)
		return
	case *APIConfig:
		n.api = keep(o)
		return
	case *WritersReading:
		n.writers = keep(o)
		return // on demand
	case *HostReading:
		s.foldHost(n, o, b)
	}
	n.host.add(o)
}

func (n *nodeState) hostFacts() *HostFacts {
	if n.facts == nil {
		return nil
	}
	f, _ := n.facts.Body.(*HostFacts)
	return f
}

func reading(o *Observation) *HostReading {
	if o == nil {
		return nil
	}
	r, _ := o.Body.(*HostReading)
	return r
}

func (s *State) foldHost(n *nodeState, o *Observation, r *HostReading) {
	if prev := reading(n.last); prev != nil && r.Uptime < prev.Uptime {
		// Rebooted. A reboot that uptime does not show took longer than three
		// intervals, and no rate is drawn over that either.
		n.last, n.base, n.procAt, n.procBase = nil, nil, nil, nil
		n.devices = HostRecall{}
	}
	if n.base == nil || !s.whole {
		n.base = n.last
	}
	n.last = keep(o)
	if r.AskedProcesses {
		if n.procBase == nil || !s.whole {
			n.procBase = n.procAt
		}
		n.procAt = n.last
		s.service(o.Source.Node).processes(o.Taken, r)
	}
	n.usage = s.usage(n)
}

// usage computes the host's figures from the remembered readings.
func (s *State) usage(n *nodeState) Host {
	r, base := reading(n.last), reading(n.base)
	h := Host{Load: r.Load, Memory: r.Memory, Uptime: r.Uptime, Missing: r.Missing}
	if p := reading(n.procAt); p != nil {
		hz := 0
		if f := n.hostFacts(); f != nil {
			hz = f.HZ
		}
		h.Processes, h.ProcessesKnown, h.ProcessesAt = ProcessRates(reading(n.procBase), p, hz), true, n.procAt.Taken
	}
	if base == nil {
		h.RatesWhy = Clean("the first reading")
		return h
	}
	h.Interval = r.Uptime - base.Uptime
	h.CPU, h.Nets, h.Pressure = CPURates(base, r), NetRates(base, r), PressureRates(base, r)
	h.Disks = DiskRates(base, r)
	hold := holdBusiest
	if s.whole {
		hold = 0 // what is compared is of the whole time
	}
	n.orderDevices(&h, r.Uptime, hold)
	return h
}

// figures returns the host's figures, without rates if the two readings below
// them are so far apart that a rate would hide what happened between.
func (s *State) figures(n *nodeState) Host {
	h := n.usage
	if !s.whole && h.Interval > s.fresh() {
		h.RatesWhy = Clean(fmt.Sprintf("the last two readings are %.1f s apart", h.Interval.Seconds()))
		h.Interval, h.CPU, h.Disks, h.Nets, h.Pressure = 0, CPUUsage{}, nil, nil, PressureUsage{}
	}
	return h
}
