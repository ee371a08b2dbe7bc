package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// holdBusiest is for how long another device must have been the busier to stand
	// first: of two that are alike each is so every other second.
	holdBusiest = 10 * time.Second
	// idleAfter is for how long a device must have done nothing to count as idle.
	idleAfter = time.Minute
)

// HostRecall is the memory by which the devices of one host stand in an order that
// does not change with each reading.
type HostRecall struct {
	Node        NodeID
	Disks, Nets DevicesRecall
}

// DevicesRecall is that memory of one kind of devices. Its times are the host's
// uptime, which no step of a clock moves.
type DevicesRecall struct {
	Busiest     Text
	Behind      bool // another has been the busier one since BehindSince
	BehindSince time.Duration
	Moved       []DeviceMove // those that did something in the last minute
}

// DeviceMove is when a device was last seen to do something.
type DeviceMove struct {
	Name Text
	At   time.Duration // uptime
}

// device is a disk or an interface, as far as the order is concerned.
type device struct {
	name   Text
	load   float64 // %util or bytes per second; negative where not known
	hangs  bool
	moves  bool
	behind bool // stands behind all others whatever it does: it is no hardware
}

// note takes in a reading. What is put together from it replaces what was, which a
// clone may share. With hold 0 the busiest of the reading is the busiest.
func (m *DevicesRecall) note(at time.Duration, list []device, hold time.Duration) {
	was := m.Moved
	m.Moved = nil
	for i := range list {
		d := &list[i]
		moved := DeviceMove{d.name, at}
		if !d.moves {
			j := slices.IndexFunc(was, func(o DeviceMove) bool { return o.Name == d.name })
			if j < 0 || at < was[j].At || at-was[j].At > idleAfter {
				continue
			}
			moved = was[j]
		}
		m.Moved = append(m.Moved, moved)
	}
	if len(list) == 0 {
		m.Busiest, m.Behind, m.BehindSince = Text{}, false, 0
		return
	}
	top := slices.MinFunc(list, busierFirst)
	i := slices.IndexFunc(list, func(d device) bool { return d.name == m.Busiest })
	switch {
	case i < 0 || list[i].load < 0 || list[i].behind != top.behind || list[i].hangs != top.hangs || hold == 0:
	case list[i].load >= top.load:
		m.Behind, m.BehindSince = false, 0
		return
	case !m.Behind || at < m.BehindSince:
		m.Behind, m.BehindSince = true, at
		return
	case at-m.BehindSince < hold:
		return
	}
	m.Busiest, m.Behind, m.BehindSince = top.name, false, 0
}

func busierFirst(a, b device) int {
	return cmp.Or(falseFirst(a.behind, b.behind), -falseFirst(a.hangs, b.hangs), -cmp.Compare(a.load, b.load), cmp.Compare(a.name.s, b.name.s))
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compare puts the busiest first and what is idle or no hardware last. Among those
// that are alike the name counts, not what they do at the moment.
func (m *DevicesRecall) compare(a, b device) int {
	moved := func(d device) bool {
		return slices.ContainsFunc(m.Moved, func(o DeviceMove) bool { return o.Name == d.name })
	}
	return cmp.Or(
		-falseFirst(a.name == m.Busiest, b.name == m.Busiest), falseFirst(a.behind, b.behind),
		-falseFirst(moved(a), moved(b)), cmp.Compare(a.name.s, b.name.s),
	)
}

// orderDevices marks the WAL's device, and puts disks and interfaces into the order
// that Host promises.
func (n *nodeState) orderDevices(h *Host, at, hold time.Duration) {
	if f := n.hostFacts(); f != nil && !f.WAL.Device.IsZero() {
		for i := range h.Disks {
			h.Disks[i].WAL = h.Disks[i].Name == f.WAL.Device
		}
	}
	n.devices.Disks.note(at, devicesOf(h.Disks, diskDevice), hold)
	n.devices.Nets.note(at, devicesOf(h.Nets, netDevice), hold)
	slices.SortStableFunc(h.Disks, func(a, b DiskUsage) int {
		return cmp.Or(-falseFirst(a.WAL, b.WAL), n.devices.Disks.compare(diskDevice(&a), diskDevice(&b)))
	})
	slices.SortStableFunc(h.Nets, func(a, b NetUsage) int {
		return n.devices.Nets.compare(netDevice(&a), netDevice(&b))
	})
}

func devicesOf[T any](list []T, of func(*T) device) []device {
	out := make([]device, len(list))
	for i := range list {
		out[i] = of(&list[i])
	}
	return out
}

func diskDevice(d *DiskUsage) device {
	done := d.InFlight > 0
	for _, f := range [...]Figure{d.ReadsPerSecond, d.WritesPerSecond, d.DiscardsPerSecond, d.FlushesPerSecond} {
		done = done || f.number() > 0
	}
	return device{name: d.Name, load: loadOf(d.Util), hangs: d.Stalled, moves: done, behind: !d.Hardware()}
}

func netDevice(n *NetUsage) device {
	carried := n.RxBytesPerSecond.number() + n.TxBytesPerSecond.number()
	load := -1.0
	if n.RxBytesPerSecond.Known() || n.TxBytesPerSecond.Known() {
		load = carried
	}
	return device{name: n.Name, load: load, moves: carried > 0, behind: n.Loopback()}
}

func loadOf(f Figure) float64 {
	if !f.Known() {
		return -1
	}
	return f.number()
}

// Hardware tells by its name whether a device may be hardware, or of a storage: a
// loop device is busy with what the disk below it is busy with, a RAM disk with
// swapping, and no database lives on a CD.
func (d *DiskUsage) Hardware() bool {
	switch strings.TrimRight(d.Name.s, "0123456789") {
	case "loop", "ram", "zram", "sr", "fd":
		return false
	}
	return true
}

// Loopback tells whether it is the interface by which the host talks to itself.
func (n *NetUsage) Loopback() bool { return n.Name.s == "lo" }

// BusiestDisk returns the WAL's device, else the one with the greatest %util now; one
// that is no hardware only where there is no other. It is nil where there is none.
func BusiestDisk(disks []DiskUsage) *DiskUsage {
	var busiest *DiskUsage
	for i := range disks {
		d := &disks[i]
		if d.WAL {
			return d
		}
		if busiest == nil || cmp.Or(falseFirst(d.Hardware(), busiest.Hardware()), cmp.Compare(loadOf(d.Util), loadOf(busiest.Util))) > 0 {
			busiest = d
		}
	}
	return busiest
}

// NoWAL says why none of the devices of which there are figures is known to be the
// WAL's; empty where one is, and where there are no figures.
func (h *Host) NoWAL() Text {
	if len(h.Disks) == 0 || h.Disks[0].WAL {
		return Text{}
	}
	switch {
	case h.Facts == nil:
		return Clean("not looked up yet")
	case !h.Facts.WAL.Device.IsZero():
		return Clean(h.Facts.WAL.Device.s + " has done nothing since boot")
	case h.Facts.WAL.Why.IsZero():
		return Clean("not told")
	}
	return h.Facts.WAL.Why
}
