package runbook

import (
	"github.com/stemedb/stemetop/sources/cluster"
)

// host lets the counters of a host run for a second under a share of the usual load.
func (w *world) host(n *vnode, load float64) {
	e := n.now(w.second)
	strain := 0.0 // near its own capacity
	if room := n.room; load > 0.93*room || (n == w.nodes[0] && load > 5) {
		strain = 1
	}
	n.uptime++
	n.r.Uptime = seconds(n.uptime)
	w.disk(n, e, load, strain)
	w.cpus(n, e, load, strain)
	net := &n.r.Nets[0]
	net.RxBytes += uint64(w.noisy(max(0, load)*w.usual*220) + 3000)
	net.RxPackets += uint64(load*w.usual/5) + 20
	net.TxBytes += uint64(w.noisy(load*w.usual*30) + 3000)
	net.TxPackets += uint64(load*w.usual/10) + 20
}

func (w *world) disk(n *vnode, e effect, load, strain float64) {
	await := w.noisy(n.await)
	if strain > 0 && !w.byCPU {
		await, e.psiIO, e.blocked, e.util = w.noisy(n.await*12), max(e.psiIO, w.noisy(45)), max(e.blocked, 1), 99
	}
	if e.await > 0 {
		await = w.noisy(e.await)
	}
	share := load
	if e.writesOn {
		share = max(load, 1)
	}
	writes := n.count(restWrites, max(0.5, share*w.usual/12))
	d := &n.r.Disks[0]
	util := max(e.util, min(97, writes*n.await/10))
	d.WriteIOs += uint64(writes)
	d.WriteSectors += uint64(writes * 48)
	d.WriteTicks += uint32(writes * await)
	d.WeightedTicks += uint32(writes * await)
	d.IOTicks += uint32(util * 10)
	d.FlushIOs += uint64(writes / 2)
	d.FlushTicks += uint32(writes / 2 * max(await*0.7, w.noisy(e.flush)))
	o := &n.r.Disks[1]
	o.WriteIOs += 10
	o.WriteTicks += uint32(10 * w.noisy(max(2, e.other)))
	o.WeightedTicks += uint32(10 * w.noisy(max(2, e.other)))
	o.IOTicks += uint32(min(1000, 10*max(20, e.other)))
	some := min(100, w.noisy(max(e.psiIO, 1.5)))
	n.r.Pressure.Has = !w.miss.psi
	n.r.Pressure.IOSome += uint64(some * 1e4)
	n.r.Pressure.IOFull += uint64(some * 0.6e4)
}

// cpus runs the cores: the service on the first, what competes on all.
func (w *world) cpus(n *vnode, e effect, load, strain float64) {
	service := w.noisy(n.cpu * max(0.1, load))
	if strain > 0 && w.byCPU {
		service, e.psiCPU = 99, max(e.psiCPU, w.noisy(35))
	}
	service = min(100*float64(n.cores), max(service, min(100, e.service)))
	wait := min(100, e.blocked*100)
	n.r.PerCPU = n.r.PerCPU[:0]
	for i := range n.per {
		busy := w.noisy(5) + e.busyAll
		if i == 0 {
			busy += min(100, service)
		}
		if i == 1 {
			busy += e.oneCore
		}
		busy = min(100, busy)
		steal := min(e.steal, 100-busy)
		idle := 100 - busy - steal
		waits := 0.0
		if i == w.second%n.cores {
			waits = min(idle, wait)
		}
		c, rest := &n.per[i], restCores+5*i
		c.User += uint64(n.count(rest+0, busy*0.7))
		c.System += uint64(n.count(rest+1, busy*0.3))
		c.Steal += uint64(n.count(rest+2, steal))
		c.IOWait += uint64(n.count(rest+3, waits))
		c.Idle += uint64(n.count(rest+4, idle-waits))
		n.r.PerCPU = append(n.r.PerCPU, *c)
	}
	n.ticks = cluster.CPUTicks{}
	for _, c := range n.per {
		n.ticks.User, n.ticks.System, n.ticks.Steal = n.ticks.User+c.User, n.ticks.System+c.System, n.ticks.Steal+c.Steal
		n.ticks.IOWait, n.ticks.Idle = n.ticks.IOWait+c.IOWait, n.ticks.Idle+c.Idle
	}
	n.r.CPU = n.ticks
	n.process += min(service, 100-min(60, e.busyAll/2))
	n.r.Pressure.CPUSome += uint64(min(100, w.noisy(max(e.psiCPU, 2))) * 1e4)
	n.r.Load = cluster.Load{Has: true, Running: uint32(1 + w.rng.IntN(2) + int(e.busyAll/40*float64(n.cores)))}
	n.r.Memory = cluster.MemoryInfo{Has: true, Total: 16e6, Available: 9e6}
	state := byte('S')
	if w.rng.Float64() < min(1, e.blocked) {
		state = 'D'
	}
	n.r.Processes = []cluster.Process{{
		PID: 400 + n.restarts, Command: cluster.Clean("stemedb-api"), State: state,
		UserTicks: uint64(n.process), StartTicks: uint64(5000 + 1000*n.restarts), Threads: 12,
	}}
}
