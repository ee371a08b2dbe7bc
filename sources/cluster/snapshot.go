package cluster

import "time"

// Snapshot is what is known of the cluster as of an instant. It is immutable:
// panes, status and report read it and nothing else, but for the series of the
// History that it names.
type Snapshot struct {
	At          time.Time
	Session     Session
	Interval    time.Duration // in force at At
	Primary     Primary
	Replicas    []Replica        // configured ones in their order, then discovered ones by id
	Gaps        []Gap            // losses so far, newest last, at most 8
	Escalations []Escalation     // those that hold, the oldest first
	Unmatched   []TrippedBreaker // tripped, and of no replica that is known
	Prometheus  Prometheus
	LastStep    ClockStep // newest step of the wall clock; zero if none
	StepAt      time.Time
	Notes       []NoteAt      // newest last, at most 32
	LastSeq     uint64        // the newest observation that is in it
	Actions     []ActionAt    // steps of actions, newest last, at most 48
	Limit       StandingLimit // the rate limit that was set here
	Series      Series        // the numbers over time, cut at At
	FirstSeen   time.Time     // Received of the first observation
}

// NoteAt is a note and when it was made.
type NoteAt struct {
	At   time.Time
	Note Note
}

// Node is what is known of any node, primary or replica.
type Node struct {
	ID         NodeID
	Name       Text // the id as shown
	Spec       NodeSpec
	Configured bool
	Metrics    Access
	Host       Host
	Log        Log
}

// Access is how one source of one node stands.
type Access struct {
	Configured bool
	// Reachable is true only if the newest attempt within three intervals gave a
	// complete and valid reading, or a partial one (then Err is set too).
	Reachable bool
	// Err is why not, or what was wrong with a partial reading; nil if all is well.
	Err *Failure
	// Newest is when the newest usable reading was taken; zero if never.
	Newest time.Time
	// Seq is that reading's place in the stream: what came later than something else
	// is told by it, whatever a wall clock did meanwhile.
	Seq uint64
	// Attempt is when the newest attempt ended; zero if never.
	Attempt time.Time
	// Took is how long the newest usable reading took.
	Took time.Duration
}

// Age returns how old the newest usable reading is at t; ok is false if there
// never was one.
func (a Access) Age(t time.Time) (age time.Duration, ok bool) {
	if a.Newest.IsZero() {
		return 0, false
	}
	return max(0, t.Sub(a.Newest)), true
}

// Primary is the node that all others follow.
type Primary struct {
	Node
	Assertions         Figure // counter
	IngestPerSecond    Figure
	SentBytesPerSecond Figure
	Config             APIConfigView // its own, as its host has it
	Admin              Access        // its admin interface, read only
	AssertionsWhy      Text          // why the count or its rate is unknown
	SentWhy            Text          // why the rate of bytes sent is unknown
}

// Replica is one follower.
type Replica struct {
	Node
	Lag        Lag
	Assertions Assertions
	Sync       Sync
	Network    Network
	Breaker    Breaker
	Alerts     []AlertChange // the critical rules first; empty while nothing was judged
	Prometheus []PrometheusAlert
	Verdict    Verdict
}

// LagState says how far a lag figure can be trusted.
type LagState uint8

// The states of a lag, worst to trust first.
const (
	LagUnknown LagState = iota // never seen, NaN, negative beyond clock noise, vanished, or its source only failed
	LagStale                   // the last value is older than three intervals
	LagFrozen                  // the digits do not follow the gap to the primary: they stand while it moves, or it outgrows them
	LagLive
)

// String returns the contract's word for the state.
func (s LagState) String() string {
	return [...]string{"unknown", "stale", "frozen", "live"}[s]
}

// Lag is how far a replica is behind, by the primary's gauge.
type Lag struct {
	State   LagState
	Seconds Figure        // last value; unknown in LagUnknown
	Taken   time.Time     // when Seconds was taken, or the last that was known; zero if none ever was
	Age     time.Duration // since Taken
	Since   time.Time     // since when State holds
	Why     Text          // why it is not live
	// Outgrown says of a frozen lag that its digits move, and that the gap to the
	// primary grows by far more than they do.
	Outgrown bool
}

// Assertions is the second measure beside the lag: how many assertions the
// replica is behind, and how fast it applies.
type Assertions struct {
	Indexed   Figure // counter
	Behind    Figure // never negative; unknown where the skew of the two scrapes exceeds it
	PerSecond Figure // apply rate
	Why       Text   // why a figure above is unknown
}

// SyncState is the state of a replica's Merkle sync.
type SyncState uint8

// The states of a sync.
const (
	SyncUnknown SyncState = iota
	SyncIdle
	SyncRunning
	SyncStalled // between start and end, and not moving
)

// String returns the contract's word for the state.
func (s SyncState) String() string {
	return [...]string{"unknown", "idle", "running", "stalled"}[s]
}

// Sync is a replica's Merkle (anti-entropy) sync.
type Sync struct {
	State           SyncState
	Progress        Figure // 0 to 1
	Assumed         bool   // Progress is taken as a ratio for being below 1 alone: percent begin there too
	PerSecond       Figure // progress per second, while running
	ErrorsPerSecond Figure
	ErrorsWhy       Text          // why that rate is unknown
	ErrorsOver      time.Duration // the time that rate is over: at first shorter than the runbook's 5 minutes
	LastDuration    Figure        // seconds, mean of the syncs that ended in the window
	// Ended is how many syncs ended since the counter began, and EndedAt when that
	// was read: rarer than the progress, which shows none that is over between two
	// readings.
	Ended   Figure
	EndedAt time.Time
	Diff    Figure // size of the Merkle diff as a metric tells it, if any does
	// Corruptions is how many syncs reported corruption since the counter began,
	// NewCorruptions how many of them in the last hour, as far as was watched.
	Corruptions, NewCorruptions Figure
	Since                       time.Time
	Why                         Text
}

// Host is what the host below a node does, by rates between two readings.
type Host struct {
	Access
	Facts    *HostFacts    // nil until known
	Interval time.Duration // host time between the two readings below the rates; 0 if there are no rates
	RatesWhy Text          // why there are no rates
	CPU      CPUUsage
	// Disks begin with the WAL's device, or where that is not known (NoWAL) with the
	// busiest. The others come by name, after them those that are idle, and last
	// what is no hardware. The order does not change with each reading.
	Disks          []DiskUsage
	Nets           []NetUsage     // the busiest first, then as disks; the loopback last
	Processes      []ProcessUsage // the busiest first
	ProcessesKnown bool
	ProcessesAt    time.Time
	Load           Load
	Memory         MemoryInfo
	Pressure       PressureUsage
	Uptime         time.Duration
	Missing        []MissingSection
	Sockets        Sockets
	Service        Service
	Writers        Writers // where somebody asked
}

// CPUUsage are percentages of all processors together, as iostat reckons them.
type CPUUsage struct {
	User, Nice, System, IOWait, Steal, Idle Figure
	// Busiest is the busiest single processor, 100 less idle and iowait: a
	// saturated one hides in an average.
	Busiest    Figure
	BusiestCPU int
	Count      int
}

// DiskUsage is a line of `iostat -x`. A wait is unknown when nothing completed,
// where iostat prints 0.
type DiskUsage struct {
	Name                                      Text
	WAL                                       bool
	ReadsPerSecond, WritesPerSecond           Figure
	ReadKBPerSecond, WriteKBPerSecond         Figure
	ReadMergesPerSecond, WriteMergesPerSecond Figure
	ReadAwait, WriteAwait                     Figure // ms
	ReadSize, WriteSize                       Figure // kB: rareq-sz, wareq-sz
	DiscardsPerSecond, DiscardKBPerSecond     Figure // unknown before Linux 4.18
	DiscardAwait                              Figure
	FlushesPerSecond, FlushAwait              Figure // unknown before Linux 5.5
	QueueSize                                 Figure // aqu-sz
	Util                                      Figure // %util, not capped
	InFlight                                  uint32
	// Stalled: requests in flight and none completed between the readings. The
	// waits of a hung device show nothing until it answers.
	Stalled bool
	Why     Text // why there are no figures, e.g. "device replaced"
}

// NetUsage is an interface's traffic.
type NetUsage struct {
	Name                                   Text
	RxBytesPerSecond, TxBytesPerSecond     Figure
	RxPacketsPerSecond, TxPacketsPerSecond Figure
	ErrorsPerSecond, DropsPerSecond        Figure
}

// ProcessUsage is a process as top would show it; CPU 100 is one full core.
type ProcessUsage struct {
	PID      int
	Command  Text
	State    byte
	CPU      Figure // percent of one core
	RSSBytes uint64
	Threads  int
	Started  Figure // seconds after boot
}

// PressureUsage is the share of time stalled between two readings, in percent.
type PressureUsage struct {
	CPUSome, IOSome, IOFull, MemorySome, MemoryFull Figure
}

// Replica returns the replica with the id, or nil.
func (s *Snapshot) Replica(id NodeID) *Replica {
	for i := range s.Replicas {
		if s.Replicas[i].ID == id {
			return &s.Replicas[i]
		}
	}
	return nil
}
