package cluster

import "time"

// ServiceReading is what systemd tells of the database's unit on a host, raw.
type ServiceReading struct {
	Uptime time.Duration // the host's clock of Entered, of the same answer
	Unit   Text
	Told   bool // systemd knows the unit; nothing below but Why and Hint means anything if not
	Why    Text
	Hint   Text

	Active, Sub, Result Text          // in systemd's words: "active", "running", "success"
	Entered             time.Duration // since boot, when it last became active; 0 for never
	// Restarts is how often systemd started it again by itself. It begins anew when
	// somebody starts it by hand.
	Restarts uint64
	Counted  bool // systemd counts them: since version 235
}

// APIConfig is what the database's own configuration on a host says of replication.
type APIConfig struct {
	Path    Text
	Read    bool // the file was read; no setting is known if not
	Why     Text // why not
	Hint    Text
	MaxLag  Setting // max_replication_lag_seconds: the primary pauses ingestion above it
	Timeout Setting // rpc_timeout_ms
}

// Setting is a number of a configuration.
type Setting struct {
	Set   bool // the key is there
	Valid bool // and its value is a number, not negative
	Value float64
}

// APIConfigView is that configuration as it was read last.
type APIConfigView struct {
	APIConfig
	At time.Time // zero if never
}

// ServiceRecall is the memory of when the database on one host was started again.
type ServiceRecall struct {
	Node    NodeID
	Uptime  time.Duration // of the host, by the newest reading of either kind
	Runs    []RunRecall   // by command
	Counted bool
	Count   uint64      // the newest of systemd's
	Grown   []time.Time // when it grew, once for each restart
	// Began is the newest start that the process tells of itself in its metrics, Unix
	// time in seconds by its host's clock; 0 if it tells none. Anew is when it grew.
	Began  float64
	ToldAt time.Time // when it told last, by its own clock if that is known
	Anew   []time.Time
}

// RunRecall is the newest run of a command: the earliest started of the processes
// with its name, since workers come and go.
type RunRecall struct {
	Command    Text
	PID        int
	StartTicks uint64
	Again      []time.Time // when a newer run was seen
	// Seen is in how many of the lists since the first it was, of Lists.
	Seen, Lists int
}

// CrashWindow is within which restarts are counted: two within it are a crash loop.
const CrashWindow = 10 * time.Minute

// Service is how the database's service on a host stands.
type Service struct {
	Known bool // systemd tells of it; else the processes do, as far as they can
	Why   Text // why not
	Hint  Text
	At    time.Time

	Unit, Active, Sub, Result Text
	Since                     time.Time // when it became active, else when its oldest process began; zero if neither is known
	ByMetrics                 bool      // Since is what the process tells of itself in its metrics
	Restarts                  Figure    // by systemd's own count
	// Recent is how many restarts were seen within the CrashWindow, by whichever of
	// systemd, the list of processes and the process's own metrics tells of most.
	Recent int
	// GaveUp: systemd starts it no more, since it was started too often.
	GaveUp bool
}

// Looping tells whether the service is in a crash loop.
func (s *Service) Looping() bool { return s.Recent >= 2 || s.GaveUp }
