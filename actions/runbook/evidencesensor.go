package runbook

import (
	"cmp"
	"math"

	"github.com/stemedb/stemetop/sources/cluster"
)

// sensor is a number of a node that a diagnosis compares with the node's own past
// and with its peers.
type sensor uint8

const (
	sensorLag         sensor = iota // s, replica
	sensorRate                      // assertions/s, applied or taken in
	sensorBusy                      // percent of all processors
	sensorBusiest                   // percent of the busiest one
	sensorSteal                     // percent
	sensorIOWait                    // percent
	sensorPressureCPU               // percent of time, PSI some
	sensorRunning                   // runnable tasks per core
	sensorProcessCPU                // percent of one core, the service's busiest process
	sensorBlocked                   // 1 while that process is in state D
	sensorWait                      // ms, the WAL device's slower await
	sensorFlush                     // ms, its f_await
	sensorQueue                     // its aqu-sz
	sensorPressureIO                // percent of time, PSI some
	sensorRTT                       // ms
	sensorLoss                      // percent
	sensorReceived                  // bytes/s
	sensorTook                      // ms, the slower of scrape and host reading
	sensorPathRTT                   // ms, from the primary's host
	sensorPathLoss                  // percent, likewise
	sensorFlowRTT                   // ms, of the RPC connection, by the primary's kernel
	sensorResent                    // percent of the segments that it sends, accidents apart
	sensorSent                      // bytes/s, by the primary to all
	sensorWrites                    // writes/s that the WAL device completes
	numSensors        = int(sensorWrites) + 1
)

// quantities are the sensors that a Series keeps too.
var quantities = map[sensor]cluster.Quantity{
	sensorLag: cluster.QuantityLag, sensorRate: cluster.QuantityRate, sensorBusy: cluster.QuantityCPU,
	sensorIOWait: cluster.QuantityIOWait, sensorWait: cluster.QuantityDiskAwait,
}

// onsetLimits are the values half way to which, from normal, a sensor counts as
// departing. They are those that the findings use; a sensor without one departs
// at three deviations.
var onsetLimits = [numSensors]float64{
	sensorBusy: highCore, sensorBusiest: highCore, sensorSteal: highSteal, sensorPressureCPU: highPressure,
	sensorProcessCPU: highProcess, sensorWait: waitFlash, sensorFlush: waitFlash, sensorPressureIO: highPressure,
	sensorLoss: highLoss, sensorPathLoss: highLoss, sensorResent: highResent, sensorTook: slowAnswer,
}

// readings are what all sensors of a node say at an instant; NaN is unknown.
type readings [numSensors]float32

func noReadings() readings {
	var v readings
	for i := range v {
		v[i] = float32(math.NaN())
	}
	return v
}

func (v *readings) set(s sensor, f cluster.Figure) {
	if x, ok := f.Value(); ok {
		v[s] = float32(x)
	}
}

func readReplica(r *cluster.Replica) readings {
	v := noReadings()
	if r.Lag.State == cluster.LagLive {
		v.set(sensorLag, r.Lag.Seconds)
	}
	v.set(sensorRate, r.Assertions.PerSecond)
	v.node(&r.Node)
	if n := &r.Network; n.Reachable {
		v.set(sensorRTT, n.RTT)
		v.set(sensorLoss, lossNow(n.Loss, n.Ceased))
	}
	v.path(&r.Network)
	return v
}

// path takes what the primary's host and its kernel tell of the way to a replica.
func (v *readings) path(n *cluster.Network) {
	trips, _ := n.Peer.Trips()
	v.set(sensorPathRTT, trips.RTT)
	v.set(sensorPathLoss, lossNow(trips.Loss, trips.Ceased))
	if f := &n.Kernel.Primary; f.Known {
		v.set(sensorFlowRTT, f.RTT)
		v.set(sensorResent, resent(f))
	}
}

// lossNow returns the loss of now: none where what is remembered is over.
func lossNow(loss cluster.Figure, ceased bool) cluster.Figure {
	if ceased {
		return cluster.Known(0)
	}
	return loss
}

// resent returns the share of segments sent again. One now and then is a large
// share of what hardly flows, and counts as none; but TCP waits ever longer where
// nothing comes through, and then it is most of what is sent, with more waiting.
func resent(f *cluster.Flow) cluster.Figure {
	share, ok := f.Retransmitted.Value()
	again, known := f.RetransmissionsPerSecond.Value()
	queue, _ := f.SendQueue.Value()
	if ok && known && again < fewResent && (share < stuckShare || queue == 0) {
		return cluster.Known(0)
	}
	return f.Retransmitted
}

func readPrimary(p *cluster.Primary) readings {
	v := noReadings()
	v.set(sensorRate, p.IngestPerSecond)
	v.set(sensorSent, p.SentBytesPerSecond)
	v.node(&p.Node)
	return v
}

func (v *readings) node(n *cluster.Node) {
	took := max(n.Metrics.Took, n.Host.Took)
	if (n.Metrics.Reachable || n.Host.Reachable) && took > 0 {
		v.set(sensorTook, cluster.Known(took.Seconds()*1000))
	}
	if !n.Host.Reachable {
		return
	}
	h := &n.Host
	v.set(sensorBusy, h.CPU.Busy())
	v.set(sensorBusiest, h.CPU.Busiest)
	v.set(sensorSteal, h.CPU.Steal)
	v.set(sensorIOWait, h.CPU.IOWait)
	v.set(sensorPressureCPU, h.Pressure.CPUSome)
	v.set(sensorPressureIO, h.Pressure.IOSome)
	if cores := cores(h); h.Load.Has && cores > 0 {
		// The reader itself runs while it counts.
		v.set(sensorRunning, cluster.Known(float64(max(1, h.Load.Running)-1)/float64(cores)))
	}
	if d := walDisk(h); d != nil {
		v.set(sensorWait, cluster.MaxOf(d.ReadAwait, d.WriteAwait))
		v.set(sensorFlush, d.FlushAwait)
		v.set(sensorQueue, d.QueueSize)
		v.set(sensorWrites, d.WritesPerSecond)
	}
	if p := service(h); p != nil {
		v.set(sensorProcessCPU, p.CPU)
		v.set(sensorBlocked, cluster.Known(float64(btoi(p.State == 'D'))))
	}
	v.set(sensorReceived, received(h))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cores returns how many processors a host has, or 0.
func cores(h *cluster.Host) int {
	if h.Facts != nil && h.Facts.Cores > 0 {
		return h.Facts.Cores
	}
	return h.CPU.Count
}

// walDisk returns the device below the WAL; where that is not known the one with
// the greatest %util, as the history does; nil if there is none.
func walDisk(h *cluster.Host) *cluster.DiskUsage { return cluster.BusiestDisk(h.Disks) }

// service returns the busiest of the wanted processes; nil if none is known.
func service(h *cluster.Host) *cluster.ProcessUsage {
	if len(h.Processes) == 0 {
		return nil
	}
	return &h.Processes[0]
}

func received(h *cluster.Host) cluster.Figure {
	var sum cluster.Figure
	for i := range h.Nets {
		if v, ok := h.Nets[i].RxBytesPerSecond.Value(); ok && !h.Nets[i].Loopback() {
			had, _ := sum.Value()
			sum = cluster.Known(had + v)
		}
	}
	return sum
}

// less compares figures; an unknown one is below all.
func less(a, b cluster.Figure) bool {
	x, known := a.Value()
	y, ok := b.Value()
	return ok && (!known || cmp.Less(x, y))
}
