package physics

import "math"

// Disk is a block device as /proc/diskstats counts it, in the model's floating
// point. Ticks are ms.
type Disk struct {
	ReadIOs, ReadSectors, ReadTicks          float64
	WriteIOs, WriteMerges, WriteSectors      float64
	WriteTicks, IOTicks, WeightedTicks       float64
	DiscardIOs, DiscardSectors, DiscardTicks float64
	FlushIOs, FlushTicks                     float64
	InFlight                                 int
}

const (
	unitsPerIO = 10 // group commit: work units in one write
	queueDepth = 20 // writers that can wait at once
	writeKB    = 24
	readKB     = 16
	rootUnits  = 3000 // work units/s of the system's disk, a slow one
)

// parallel accounts for one step in which another program kept reads in a part
// of the time in the device, of which busy was in use; it serves them side by side at its usual speed.
func (d *Disk) parallel(share, busy float64) {
	const perSecond, wait = 4000, 0.2 // ms
	reads := share * perSecond * stepSeconds
	d.ReadIOs += reads
	d.ReadSectors += reads * readKB * 2
	d.ReadTicks += reads * wait
	d.WeightedTicks += reads * wait
	d.IOTicks += share * (1 - busy) * 1000 * stepSeconds
}

// step accounts for one step in which units of work were done by a disk whose
// capacity is of units per step.
//
// It is a closed queue: the wait is the service time over the idle share, as in
// an M/M/1 queue, but never more than queueDepth requests' worth. The queue
// length follows by Little's law (length = completion rate x wait), and so the
// counters agree with one another as the kernel's do.
func (d *Disk) step(units, capacity, readsPerSecond float64) (busy float64) {
	busy = min(1, units/capacity)
	service := 1000 * stepSeconds * unitsPerIO / capacity // ms per request
	wait := service * min(queueDepth, 1/math.Max(1e-9, 1-busy))
	writes, reads := units/unitsPerIO, readsPerSecond*stepSeconds
	d.WriteIOs += writes
	d.WriteMerges += writes * 0.3
	d.WriteSectors += writes * writeKB * 2
	d.WriteTicks += writes * wait
	d.ReadIOs += reads
	d.ReadSectors += reads * readKB * 2
	d.ReadTicks += reads * wait * 0.6
	d.FlushIOs += writes / 8
	d.FlushTicks += writes / 8 * wait * 1.2
	d.IOTicks += busy * 1000 * stepSeconds
	weighted := writes*wait + reads*wait*0.6
	d.WeightedTicks += weighted
	d.InFlight = int(weighted/(1000*stepSeconds) + 0.5)
	return busy
}
