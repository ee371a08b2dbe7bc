package cluster

import "time"

// LogLevel is how bad a log line is.
type LogLevel uint8

// The levels, the worst last. Their numbers are recorded: append only.
const (
	LevelDebug LogLevel = iota
	LevelInfo           // also where a line tells none
	LevelWarn
	LevelError
	NumLogLevels = int(LevelError) + 1
)

// String returns the word for the level, at most 5 letters.
func (l LogLevel) String() string {
	if l > LevelError {
		return "?"
	}
	return [...]string{"DEBUG", "INFO", "WARN", "ERROR"}[l]
}

// LogStatus is what a log that can be followed holds.
type LogStatus uint8

// The states of such a log. Their numbers are recorded: append only.
const (
	LogHasLines LogStatus = iota
	LogEmpty              // it is there, without a line
	LogNoUnit             // no line of the unit, which systemd does not know
	LogNoFile             // the file is not there, yet
)

// LogReading is what came new of a node's log, or that nothing did.
type LogReading struct {
	Of     Text // "journal of stemedb-api", or the path of a file
	Status LogStatus
	Lines  []LogLine // in the order of the log
	Left   uint64    // lines since the reading before that were left out to spare host and recording
	Gap    bool      // before the first of Lines, some that nobody counted may be missing
}

// LogLine is one line of a log.
type LogLine struct {
	At      time.Time // on the host's clock; on the monitor's where Arrived
	Arrived bool      // the line tells no time: At is when it came in
	Level   LogLevel
	Ident   Text // who wrote it, where the log tells
	Text    Text // without the time and the level
}

// LogMinute counts the lines of one minute, by the monitor's clock.
type LogMinute struct {
	From                     time.Time
	Error, Warn, Other, Left uint64
	Sync                     uint64 // those among them that the runbook greps for
}

// LogRecall is the memory of one node's log.
type LogRecall struct {
	Node    NodeID
	Kept    []LogLine   // the newest that matter, in the order of the log
	Minutes []LogMinute // oldest first, those without a line left out
	Left    uint64      // all that was left out so far
	GapAt   time.Time   // when lines were last known to be missing; zero if never
}

// Log is a node's log, as far as the runbook asks for it. All lines of the last
// minutes are in Snapshot.Series.
type Log struct {
	Access
	Of      Text
	Status  LogStatus
	Kept    []LogLine // the newest that matter: the runbook's, warnings, errors
	Minutes []LogMinute
	Left    uint64
	GapAt   time.Time
}

// HeardLine is a line and when it came in.
type HeardLine struct {
	LogLine

	Received time.Time
}

// Placed is when a line was written, on the monitor's clock, and the bound of its
// error; known is false where the host's clock was not measured, so that nothing
// is to be said about before and after. f are the facts of the line's host, nil
// if there are none.
func (l *LogLine) Placed(f *HostFacts) (at time.Time, bound time.Duration, known bool) {
	switch {
	case l.Arrived, f == nil, !f.ClockKnown:
		return l.At, 0, false
	default:
		return l.At.Add(-f.ClockOffset), f.ClockError, true
	}
}
