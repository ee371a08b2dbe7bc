package physics

import "time"

// Process is the stemedb-api process of a node.
type Process struct {
	Up          bool
	PID         int
	StartTicks  uint64 // after boot, 1/100 s
	Restarts    int
	UserTicks   float64 // 1/100 s, of this process since it started
	SystemTicks float64
	RSSBytes    uint64

	crashing bool
	nextFlip time.Duration
}

// A crash loop as systemd makes one: up until the sync fails, then RestartSec.
const (
	crashUp   = 8 * time.Second
	crashDown = 5 * time.Second
)

func newProcess(seed, stream uint64) Process {
	return Process{
		Up: true, PID: 812, StartTicks: 1874, UserTicks: 5_240_000, SystemTicks: 1_310_000,
		RSSBytes: uint64((1.6 + 0.1*noise(seed, stream, 2)) * (1 << 30)),
	}
}

// stepProcess lets a crash-looping process die and come back.
func (w *World) stepProcess(n *Node) {
	p := &n.Process
	if w.now < p.nextFlip || (p.Up && !p.crashing) {
		return
	}
	if p.Up {
		p.Up = false
		p.nextFlip = w.now + crashDown
		if n.Sync.Running {
			w.failSync(n, "connection reset by replica")
		}
		w.logf(n, Error, "panic: merkle sync: slice bounds out of range [:4096] with capacity 2048")
		return
	}
	p.Up = true
	p.Restarts++
	p.PID += 97
	p.StartTicks = uint64((BootOffset + w.now) / (10 * time.Millisecond))
	p.UserTicks, p.SystemTicks = 0, 0
	p.nextFlip = w.now + crashUp
	n.Sync.nextAuto = w.now + crashUp/2
	w.logf(n, Info, "stemedb-api started: pid=%d restarts=%d", p.PID, p.Restarts)
}

// BootOffset is how long the hosts had been up at time 0.
const BootOffset = 9*24*time.Hour + 4*time.Hour + 11*time.Minute
