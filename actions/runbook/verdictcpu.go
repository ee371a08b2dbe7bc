package runbook

import (
	"math"
	"slices"

	"github.com/stemedb/stemetop/sources/cluster"
)

// cpu looks at the processors: one saturated core is enough for a thread that
// applies, and hides in an average. iowait is idle time.
func (d *diagnosis) cpu() {
	h := &d.r.Host
	if !h.Reachable {
		return
	}
	before := len(d.findings)
	d.processCPU(h)
	core := d.saturated(h, d.n, cluster.CauseCPU, "")
	if v := d.level(d.n, sensorSteal, limit{highSteal, highSteal, pressureFactor}); v.found() {
		d.find(finding{
			cause: cluster.CauseCPU, tool: "steal", order: v.order, since: v.since,
			text: "steal " + percent(v.shown()) + v.was(percent) + ": a neighbour takes the core" + d.when(v),
		})
	}
	if v := d.level(d.n, sensorPressureCPU, limit{highPressure, highPressure, pressureFactor}); v.found() {
		f := finding{
			cause: cluster.CauseCPU, tool: "PSI cpu", order: v.order, since: v.since,
			text: "PSI cpu " + percent(v.shown()) + v.was(percent) + d.when(v),
		}
		if words, idle := d.idles(h); idle {
			f.weak, f.text = true, f.text+words
		}
		d.find(f)
	}
	if v := d.level(d.n, sensorRunning, limit{highRunning, highRunning, pressureFactor}); v.found() {
		d.find(finding{
			cause: cluster.CauseCPU, tool: "loadavg", order: v.order, since: v.since, weak: true,
			text: brief(v.shown()) + " runnable tasks per core" + v.was(brief) + d.when(v),
		})
	}
	// A core that was always full accuses nobody, but nor does it clear the
	// processor, and one that is nearly full does not either.
	d.fine[cluster.CauseCPU] = core.known && core.now <= calmCore && !strong(d.findings[before:])
	if d.fine[cluster.CauseCPU] {
		words := "cpu " + figure(h.CPU.Busy(), percent) + ", busiest core " + percent(core.now)
		d.normal = append(d.normal, words)
	}
}

// strong tells whether a finding that proves something is among some.
func strong(list []finding) bool {
	return slices.ContainsFunc(list, func(f finding) bool { return !f.weak })
}

// saturated judges the busiest core of a node, and of all of them the average.
func (d *diagnosis) saturated(h *cluster.Host, n *subject, c cluster.Cause, whose string) level {
	v := d.level(n, sensorBusiest, limit{highCore, highCore, cpuFactor})
	if !v.found() {
		if all := d.level(n, sensorBusy, limit{highCore, highCore, cpuFactor}); all.found() {
			v = all
		}
	}
	if !v.found() {
		return v
	}
	f := finding{cause: c, tool: whose + "cpu time", order: v.order, since: v.since}
	f.text = whose + "busiest core " + percent(v.shown()) + v.was(percent) + " of " + brief(float64(cores(h))) +
		", all together " + figure(h.CPU.Busy(), percent) + d.when(v)
	if words, idle := d.idles(h); n == d.n && idle {
		f.weak, f.text = true, f.text+words
	}
	d.find(f)
	return v
}

// idles tells whether the service could have more of the processors, and takes no
// more: where there are idle cores the scheduler moves on whoever waits for a busy one.
// Where tasks do wait (PSI, which is of the whole host) it is not the service that
// does if it uses next to nothing, and no less than it used to.
func (d *diagnosis) idles(h *cluster.Host) (words string, ok bool) {
	p := service(h)
	if p == nil || d.full(h) {
		return "", false
	}
	used, known := p.CPU.Value()
	words = ", but " + p.Command.String() + " uses " + percent(used) + " of a core"
	was := d.n.norms[sensorProcessCPU]
	switch waits := d.n.now(sensorPressureCPU); {
	case !known || used >= halfCore:
		return "", false
	case math.IsNaN(waits):
		return words, true
	case waits < highPressure:
		return words + " and waits for none", true
	case used < littleCore && was.known && used >= asBefore*was.mid:
		return words + ", as before", true
	}
	return "", false
}

// Uses of a core, in percent: with less than halfCore a thread has room to spare;
// littleCore is next to nothing; asBefore is the share of its usual use from which on
// nothing is taken from it.
const (
	halfCore   = 60
	littleCore = 20
	asBefore   = 0.7
)

// full tells whether all cores together are saturated.
func (d *diagnosis) full(h *cluster.Host) bool {
	v, ok := h.CPU.Busy().Value()
	return ok && v > highCore
}

// processCPU judges the service's own use: a thread that has a core to itself
// and needs more.
func (d *diagnosis) processCPU(h *cluster.Host) {
	p := service(h)
	v := d.level(d.n, sensorProcessCPU, limit{highProcess, highProcess, cpuFactor})
	if p == nil || !v.found() || math.IsNaN(v.shown()) {
		return
	}
	d.find(finding{
		cause: cluster.CauseCPU, tool: "/proc/PID/stat", order: v.order, since: v.since,
		weak: !v.norm.known, // many threads may rightly use many cores
		text: p.Command.String() + " uses " + percent(v.shown()) + " of a core" + v.was(percent) + d.when(v),
	})
}
