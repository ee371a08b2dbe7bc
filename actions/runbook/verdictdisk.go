package runbook

import (
	"math"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// writesShare is the share of its usual writes from which on a device is not held
	// up, and leastWrites how many a second they have to be to tell.
	writesShare = 0.7
	leastWrites = 5
)

// disk looks at the WAL's device: how long requests wait, and how long tasks do.
// That it is busy (%util) accuses nobody: parallel devices are at 100 % in health.
func (d *diagnosis) disk() {
	h := &d.r.Host
	k := walDisk(h)
	if !h.Reachable || k == nil {
		return
	}
	waits := d.diskWaits(h, k)
	pressure := d.diskPressure(h, k, waits)
	share := min(mostIOWait, 50/float64(max(1, cores(h)))) // half a core's
	iowait := d.level(d.n, sensorIOWait, limit{share, share, iowaitFactor})
	if iowait.found() {
		d.find(finding{
			cause: cluster.CauseDisk, tool: "/proc/stat", order: iowait.order, since: iowait.since, weak: true,
			text: "iowait " + percent(iowait.shown()) + iowait.was(percent) + d.when(iowait),
		})
	}
	if p := service(h); p != nil && d.n.mostly(sensorBlocked) {
		d.find(finding{
			cause: cluster.CauseDisk, tool: "/proc/PID/stat", weak: true,
			text: p.Command.String() + " waits in state D",
		})
	}
	// Nothing completed in a device that stands still is no wait either.
	idle := k.InFlight == 0 && !k.Stalled && k.QueueSize.Known()
	d.fine[cluster.CauseDisk] = !waits && !pressure && (d.n.has(sensorWait) || idle)
	if d.fine[cluster.CauseDisk] {
		d.normal = append(d.normal, d.calmDisk(k))
	}
}

// diskWaits judges the waits that iostat shows. Reads, writes and flushes of one
// device are one indicator.
func (d *diagnosis) diskWaits(h *cluster.Host, k *cluster.DiskUsage) (slow bool) {
	l := limit{waitOtherKnown, waitOther, waitFactor}
	if x := kindOf(h); x.known && !x.rotational {
		l.known, l.alone = waitFlashKnown, waitFlash
	}
	if k.Stalled {
		q := d.level(d.n, sensorQueue, limit{0.5, 0.5, 0})
		d.find(finding{
			cause: cluster.CauseDisk, tool: "diskstats", order: q.order, since: q.since,
			text: diskWords(k) + " hangs: " + brief(float64(k.InFlight)) + " in flight, none completed" + d.sinceWords(q.since),
		})
		return true
	}
	when := ""
	f := finding{cause: cluster.CauseDisk, tool: "diskstats", text: diskWords(k)}
	for _, x := range []struct {
		s    sensor
		name string
	}{{sensorWait, waitName(k)}, {sensorFlush, "f_await"}} {
		v := d.level(d.n, x.s, l)
		if !v.found() {
			continue
		}
		f.text += ", " + x.name + " " + milliseconds(v.shown()) + v.was(briefTime)
		if !slow || better(v.order, f.order) {
			f.order, f.since, when = v.order, v.since, d.when(v)
		}
		slow = true
	}
	if slow {
		f.text += when
		d.find(f)
	}
	return slow
}

// waitName returns which of the two waits is the longer.
func waitName(k *cluster.DiskUsage) string {
	if less(k.WriteAwait, k.ReadAwait) {
		return "r_await"
	}
	return "w_await"
}

// diskPressure judges PSI, which sees stalls above the device's counters too. It
// is of the whole host: where another device or swapping explains it, it does
// not accuse the WAL's.
func (d *diagnosis) diskPressure(h *cluster.Host, k *cluster.DiskUsage, waits bool) (stalled bool) {
	v := d.level(d.n, sensorPressureIO, limit{highPressure, highPressure, pressureFactor})
	if !v.found() {
		return false
	}
	words := "PSI io " + percent(v.shown()) + v.was(percent) + d.when(v)
	if memory, ok := h.Pressure.MemorySome.Value(); ok && !waits && memory > highPressure {
		d.contradict(cluster.CauseDisk, "PSI memory "+percent(memory)+": swapping stalls I/O")
		return false
	}
	if other := slowOther(h, k); other != nil && !waits {
		d.contradict(cluster.CauseDisk, words+", but it is "+other.Name.String()+" that is slow")
		return false
	}
	if busy := d.busyNotSlow(h, v.shown()); busy != nil && !waits {
		d.contradict(cluster.CauseDisk, words+", but "+diskWords(busy)+" is busy, not slow: whoever uses it waits for each request")
		return false
	}
	if !waits && d.writesOn() {
		d.contradict(cluster.CauseDisk, words+", but "+diskWords(k)+" completes "+perSecond(d.n.now(sensorWrites))+" writes"+
			level{norm: d.n.norms[sensorWrites]}.was(perSecond)+": it is not the WAL that waits")
		return false
	}
	if !waits {
		words += ": stalled above the device's counters, which iostat does not show"
	}
	y := &d.r.Sync
	syncs := !waits && y.State == cluster.SyncRunning && (v.since.IsZero() || v.since.After(y.Since.Add(-2*momentEvery)))
	if syncs {
		words += ", or the sync that is running"
	}
	d.find(finding{cause: cluster.CauseDisk, tool: "PSI io", order: v.order, since: v.since, text: words, weak: syncs})
	return !syncs
}

// writesOn tells whether the WAL's device completes as many writes as it used to, or
// nearly. Where I/O is held back above a device it completes few.
func (d *diagnosis) writesOn() bool {
	was := d.n.norms[sensorWrites]
	return was.known && was.mid >= leastWrites && d.n.now(sensorWrites) >= writesShare*was.mid
}

// slowOther returns another device than the WAL's that is slow; nil if there is
// none or the WAL's is not known.
func slowOther(h *cluster.Host, wal *cluster.DiskUsage) *cluster.DiskUsage {
	for i := range h.Disks {
		o := &h.Disks[i]
		wait, ok := cluster.MaxOf(o.ReadAwait, o.WriteAwait).Value()
		if o != wal && wal.WAL && (o.Stalled || (ok && wait > waitFlash)) {
			return o
		}
	}
	return nil
}

// busyNotSlow returns a device that is in use for most of the time that tasks
// stood still, in percent, while its requests take no longer than they should;
// nil if there is none. One task that writes on and on waits all of the time, by
// PSI, on the fastest of devices. Where I/O is held back above a device, that is
// idle meanwhile.
func (d *diagnosis) busyNotSlow(h *cluster.Host, stood float64) *cluster.DiskUsage {
	fast := max(waitFast, d.normOf(d.n, sensorWait).high())
	if d.n.now(sensorWait) > fast || d.n.now(sensorFlush) > fast {
		return nil
	}
	for i := range h.Disks {
		if util, ok := h.Disks[i].Util.Value(); ok && util >= stood/2 {
			return &h.Disks[i]
		}
	}
	return nil
}

func (d *diagnosis) calmDisk(k *cluster.DiskUsage) string {
	words := diskWords(k)
	if v := d.n.now(sensorWait); !math.IsNaN(v) {
		words += ", " + waitName(k) + " " + milliseconds(v)
		if u, ok := k.Util.Value(); ok && u > highCore {
			words += ": busy, not slow"
		}
	}
	return words
}

// has tells whether a sensor of the node says something now.
func (n *subject) has(s sensor) bool { return !math.IsNaN(n.now(s)) }

// mostly tells whether a sensor that is 0 or 1 was 1 in at least two of the
// newest readings, and half of them.
func (n *subject) mostly(s sensor) bool {
	hits, known := 0, 0
	for i := max(0, n.moments.len()-6); i < n.moments.len(); i++ {
		if v := n.moments.value(i, s); !math.IsNaN(v) {
			known++
			hits += int(v)
		}
	}
	return hits >= 2 && 2*hits >= known
}
