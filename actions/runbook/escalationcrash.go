package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// crashWindow is within which two restarts of one command are a crash loop.
	crashWindow = 10 * time.Minute
	// startSlack is by how much the start of one process may be told differently:
	// a tick of the kernel's clock.
	startSlack = 0.02
)

// restarts is what is remembered of the processes of one node.
type restarts struct {
	uptime  time.Duration
	newest  time.Time // ProcessesAt of what is taken in
	service map[cluster.Text]instance
	at      map[cluster.Text][]time.Time // of restarts within the window
}

// instance is one run of a command: the earliest started of the processes with
// its name, since workers come and go.
type instance struct {
	pid     int
	started float64 // seconds after boot
}

// restarts takes the processes of a node and tells whether one of its commands is
// in a crash loop. A reboot is no crash of the service.
func (e *Escalations) restarts(n *cluster.Node, at time.Time) bool {
	x := e.crashes[n.ID]
	if x == nil {
		if !n.Host.ProcessesKnown {
			return false
		}
		x = &restarts{service: map[cluster.Text]instance{}, at: map[cluster.Text][]time.Time{}}
		e.crashes[n.ID] = x
	}
	if n.Host.ProcessesKnown && n.Host.ProcessesAt.After(x.newest) {
		x.take(&n.Host)
	}
	looping := false
	for command, times := range x.at {
		for len(times) > 0 && at.Sub(times[0]) > crashWindow {
			times = times[1:]
		}
		x.at[command] = times
		looping = looping || len(times) >= 2
	}
	return looping
}

func (x *restarts) take(h *cluster.Host) {
	if h.Uptime < x.uptime {
		clear(x.service)
	}
	x.newest, x.uptime = h.ProcessesAt, h.Uptime
	running := map[cluster.Text]instance{}
	for i := range h.Processes {
		p := &h.Processes[i]
		started, ok := p.Started.Value()
		if !ok {
			continue
		}
		if had, ok := running[p.Command]; !ok || started < had.started {
			running[p.Command] = instance{p.PID, started}
		}
	}
	for command, is := range running {
		was, known := x.service[command]
		if known && is.pid != was.pid && is.started > was.started+startSlack {
			x.at[command] = append(x.at[command], h.ProcessesAt)
		}
		x.service[command] = is
	}
}
