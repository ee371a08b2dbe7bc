package cluster

import "time"

// SourceKind is the sort of source that an observation comes from.
type SourceKind uint8

// The sources. Their numbers are recorded: append only.
const (
	FromMonitor    SourceKind = iota // the program itself: session, gaps, clock steps
	FromOperator                     // a person at the keyboard: notes, settings
	FromMetrics                      // a node's /metrics
	FromHost                         // a node's host over SSH
	FromProbe                        // a node over the network, from the monitor
	FromAdmin                        // the primary's admin interface, read only
	FromJudge                        // the program's own conclusions
	FromLog                          // a node's log: journald or a file, over SSH
	FromPeer                         // a replica as its primary's host reaches it
	FromPrometheus                   // a Prometheus server's alerts
	FromAction                       // steps of actions, by the journal
	NumSourceKinds = int(FromAction) + 1
)

// String returns the word for the source.
func (k SourceKind) String() string {
	switch k {
	case FromMonitor:
		return "monitor"
	case FromOperator:
		return "operator"
	case FromMetrics:
		return "metrics"
	case FromHost:
		return "host"
	case FromProbe:
		return "probe"
	case FromAdmin:
		return "admin"
	case FromJudge:
		return "judge"
	case FromLog:
		return "log"
	case FromPeer:
		return "peer"
	case FromPrometheus:
		return "prometheus"
	case FromAction:
		return "action"
	}
	return "source"
}

// Source is where an observation comes from: what kind, and of which node.
type Source struct {
	Kind SourceKind
	Node NodeID // empty for the monitor, the operator and Prometheus
}

// Observation is everything that stemetop learns or does: a value with a
// source, a time, and possibly an error. All else is a fold over observations
// in the order of Seq.
type Observation struct {
	Seq      uint64        // position in the stream, from 1, set by the stream
	Received time.Time     // the monitor's wall clock as it came in, set by the stream; "as of" cuts here
	Mono     time.Duration // the monitor's monotonic clock since its start, set by the stream
	Taken    time.Time     // best estimate, on the monitor's wall clock, of the instant that the reading describes
	Took     time.Duration // from asking to the whole answer; half of it bounds the error of Taken
	Source   Source
	Err      *Failure // nil for a complete and valid reading; set beside Body for a partial one
	Body     Body     // nil when nothing was learned but the failure
}

// Body is what an observation carries. The set is closed: the types with the
// method here.
type Body interface{ body() }

func (*MetricsReading) body()  {}
func (*HostReading) body()     {}
func (*HostFacts) body()       {}
func (*SocketReading) body()   {}
func (*ServiceReading) body()  {}
func (*APIConfig) body()       {}
func (*Session) body()         {}
func (*Settings) body()        {}
func (*Note) body()            {}
func (*Gap) body()             {}
func (*ClockStep) body()       {}
func (*Recall) body()          {}
func (*ProbeReading) body()    {}
func (*PeerPing) body()        {}
func (*PeerPort) body()        {}
func (*TraceReading) body()    {}
func (*WritersReading) body()  {}
func (*BreakersReading) body() {}
func (*AlertChange) body()     {}
func (*Verdict) body()         {}
func (*Escalation) body()      {}
func (*ActionStep) body()      {}

func (*PrometheusReading) body() {}
func (*LogReading) body()        {}

// Session opens every recording and every segment of one: what is watched, by
// which version, without secrets.
type Session struct {
	Version      string // of the program
	Run          string // random id of this run
	Cluster      Text
	Primary      NodeSpec
	Replicas     []NodeSpec // those configured; others are discovered
	Interval     time.Duration
	Speed        float64 // 1 for real time; a demo may run faster
	Thresholds   Thresholds
	ProgressUnit ProgressUnit // as configured; auto to recognise
	Prometheus   Text         // where a Prometheus server is asked, for display; empty for none
	Links        Links        // as configured
	Escalation   []Text       // whom to call, in order
}

// Links are documents and pages to point at: URLs or paths, or empty.
type Links struct {
	Dashboard, Rebuild, SplitBrain Text
}

// NodeSpec is one configured node, without secrets.
type NodeSpec struct {
	ID      NodeID
	Metrics bool   // a metrics URL is configured
	Host    bool   // an SSH target is configured
	AgentID NodeID // the circuit breaker's agent; may be empty
	Address Text   // where its metrics are read, for display; no userinfo, no query
	RPC     Text   // "host:port" of its RPC port; empty if not known
}

// Thresholds are the lag limits, in time behind the primary.
type Thresholds struct {
	Warning, Critical, Escalate time.Duration
}

// Settings is a change made while running.
type Settings struct {
	Interval time.Duration
}

// Note is a remark of the operator.
type Note struct {
	Author Text
	Text   Text
}

// Gap says that a lossless reader of the stream (recorder, history) lost
// observations since its queue was full.
type Gap struct {
	Reader Text
	Lost   uint64
}

// ClockStep says that the monitor's wall clock was set, by how much against the
// monotonic clock.
type ClockStep struct {
	By time.Duration
	// Moved says, in a keyframe, that the times of what stands there were moved by it.
	Moved bool
}
