package cluster

import "time"

// HostReading is one tick of a host: raw counters as the kernel gave them.
// Rates are computed on reading, by two of these. A section that the host does
// not have or that was not asked in this tick is nil or zero with its Has bit unset.
type HostReading struct {
	// Uptime is the host's clock for rates, read just before the counters, as
	// iostat does; resolution 10 ms.
	Uptime    time.Duration
	CPU       CPUTicks   // the sum line
	PerCPU    []CPUTicks // by the number of the processor; zero for one that is offline
	Disks     []DiskCounters
	Nets      []NetCounters
	Pressure  Pressure
	Load      Load
	Memory    MemoryInfo
	Processes []Process // nil when not asked in this tick
	// AskedProcesses says whether Processes was asked: nil then means none runs.
	AskedProcesses bool
	// Missing are the sections that could not be read, with the reason.
	Missing []MissingSection
}

// MissingSection is a part of a reading that could not be had.
type MissingSection struct {
	Section Text // "pressure", "diskstats", ...
	Why     Text
}

// CPUTicks are the fields of a cpu line of /proc/stat, in ticks of 1/HZ s.
// User contains guest and Nice guest_nice, so those are not kept.
type CPUTicks struct {
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal uint64
}

// DiskCounters are the fields of a line of /proc/diskstats, by the numbers of
// the kernel's iostats document (Documentation/admin-guide/iostats.rst).
type DiskCounters struct {
	Major, Minor uint32
	Name         Text
	// Fields is how many of the 17 statistics the kernel gave: 11 before 4.18,
	// 15 with discard, 17 with flush (5.5).
	Fields int

	ReadIOs, ReadMerges, ReadSectors          uint64 // 1-3; sectors are 512 bytes always
	ReadTicks                                 uint32 // 4, ms, wraps at 2^32
	WriteIOs, WriteMerges, WriteSectors       uint64 // 5-7
	WriteTicks                                uint32 // 8, ms
	InFlight                                  uint32 // 9, requests not completed now
	IOTicks                                   uint32 // 10, ms with at least one request in flight
	WeightedTicks                             uint32 // 11, ms times requests in flight
	DiscardIOs, DiscardMerges, DiscardSectors uint64 // 12-14
	DiscardTicks                              uint32 // 15, ms
	FlushIOs                                  uint64 // 16
	FlushTicks                                uint32 // 17, ms
}

// NetCounters are the fields of a line of /proc/net/dev.
type NetCounters struct {
	Name                                  Text
	RxBytes, RxPackets, RxErrors, RxDrops uint64
	TxBytes, TxPackets, TxErrors, TxDrops uint64
}

// Pressure is PSI (Documentation/accounting/psi.rst): total stall time in
// microseconds since boot. Has is false where the kernel has none.
type Pressure struct {
	Has                    bool
	CPUSome                uint64
	IOSome, IOFull         uint64
	MemorySome, MemoryFull uint64
}

// Load is /proc/loadavg. Has is false where it could not be read.
type Load struct {
	Has                bool
	One, Five, Fifteen float64
	Running, Total     uint32 // scheduling entities
}

// MemoryInfo is the part of /proc/meminfo that is shown, in kB as the kernel
// gives it. Has is false where it could not be read.
type MemoryInfo struct {
	Has                                     bool
	Total, Free, Available, Buffers, Cached uint64
	SwapTotal, SwapFree, Dirty, Writeback   uint64
}

// Process is one process as /proc/PID/stat has it.
type Process struct {
	PID         int
	Command     Text   // comm
	State       byte   // R S D Z T ...
	UserTicks   uint64 // utime, ticks of 1/HZ s
	SystemTicks uint64
	StartTicks  uint64 // start time after boot, ticks of 1/HZ s
	RSSBytes    uint64
	Threads     int
}

// HostFacts are what changes rarely: read at connect and every 30 s.
type HostFacts struct {
	Hostname Text
	Kernel   Text // uname -r
	OS       Text // uname -s
	BootID   Text
	HZ       int // clock ticks a second, 100 nearly everywhere
	Cores    int
	Dialect  Text // what answers the ticks: "gawk", "mawk", "busybox awk", "sh"
	WAL      WALDevice
	Devices  []DeviceFacts
	Links    []LinkFacts // network interfaces that have hardware, by name
	// Addresses are the IP addresses of the host itself, but loopback and
	// link-local ones, which others have too.
	Addresses []Text
	Resolved  []Resolved // names of nodes, as this host resolves them
	Tools     []Text     // commands that are there, of those that are of use
	// ClockOffset is the host's wall clock minus the monitor's, ClockError the
	// bound of its error. ClockKnown is false where it was not measured.
	ClockOffset, ClockError time.Duration
	ClockKnown              bool
}

// Resolved is a name and the IP addresses that it stands for.
type Resolved struct {
	Name      Text
	Addresses []Text
}

// WALDevice is the block device below the WAL path. Device is empty where it
// cannot be known, and Why says why: it is never guessed.
type WALDevice struct {
	Path   Text
	Device Text // whole device by its name in /proc/diskstats, e.g. "nvme0n1"
	Why    Text
}

// DeviceFacts describes a whole block device.
type DeviceFacts struct {
	Name       Text
	Model      Text
	SizeBytes  uint64
	Rotational bool
	Slaves     []Text // devices that it is stacked on (dm, md, loop)
}

// LinkFacts describes a network interface that has hardware, or a bond.
type LinkFacts struct {
	Name   Text
	Mbit   int  // speed in Mbit/s; 0 where the kernel does not tell
	Duplex Text // "full" or "half"; empty where the kernel does not tell
	Down   bool // not connected, or switched off
}
