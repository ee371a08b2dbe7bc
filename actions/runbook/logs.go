package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

const (
	// corruptFor is how long a report of corruption in a log stands: nothing tells
	// that it was dealt with, and what is older may be of another incident.
	corruptFor = 30 * time.Minute
	// logRecent is how old a line may be to tell how syncs go now: the window of
	// the runbook's rate of errors.
	logRecent = 5 * time.Minute
)

// reported is a line of a log that speaks of a node, and when it was written.
type reported struct {
	line *cluster.LogLine
	of   cluster.Text // whose log
	at   time.Time
}

// words quote the line.
func (r *reported) words() string {
	return "log of " + r.of.String() + " " + clockUTC(r.at) + ": " + cluster.CleanN(r.line.Text.String(), 120).String()
}

func clockUTC(t time.Time) string { return t.UTC().Format("15:04:05") }

// newest returns the newest line that wanted takes in the log of a replica, or in
// the primary's where it names the replica; a nil line if there is none that is
// younger than age.
func newestLine(s *cluster.Snapshot, r *cluster.Replica, age time.Duration, wanted func(*cluster.LogLine) bool) reported {
	var best reported
	for _, n := range []*cluster.Node{&s.Primary.Node, &r.Node} {
		for i := range n.Log.Kept {
			l := &n.Log.Kept[i]
			if n.ID == s.Primary.ID && !l.Names(r.ID) || !wanted(l) {
				continue
			}
			at, _, _ := l.Placed(n.Host.Facts)
			if s.At.Sub(at) <= age && (best.line == nil || !at.Before(best.at)) {
				best = reported{l, n.Name, at}
			}
		}
	}
	return best
}

func ofTopic(t cluster.LogTopic) func(*cluster.LogLine) bool {
	return func(l *cluster.LogLine) bool { return l.Topics()&t != 0 }
}

// corruptLine returns the newest report of corruption that the logs have of a
// replica.
func corruptLine(s *cluster.Snapshot, r *cluster.Replica) reported {
	return newestLine(s, r, corruptFor, ofTopic(cluster.TopicCorruption))
}

// primaryCorrupt tells whether the primary's log reports corruption that is not a
// replica's.
func primaryCorrupt(s *cluster.Snapshot) bool {
	p := &s.Primary.Node
	for i := range p.Log.Kept {
		l := &p.Log.Kept[i]
		at, _, _ := l.Placed(p.Host.Facts)
		if l.Topics()&cluster.TopicCorruption == 0 || s.At.Sub(at) > corruptFor {
			continue
		}
		named := false
		for j := range s.Replicas {
			named = named || l.Names(s.Replicas[j].ID)
		}
		if !named {
			return true
		}
	}
	return false
}

// LogDiff returns how many assertions the newest Merkle sync of a replica found to
// differ, by what the logs say, and when; ok is false if they don't.
func LogDiff(s *cluster.Snapshot, r *cluster.Replica) (size float64, at time.Time, ok bool) {
	x := newestLine(s, r, corruptFor, func(l *cluster.LogLine) bool { _, has := l.DiffSize(); return has })
	if x.line == nil {
		return 0, time.Time{}, false
	}
	size, _ = x.line.DiffSize()
	return size, x.at, true
}

// logs takes what the logs say of syncs that fail. An error is the same event as
// the counter counts, so it adds words and no indicator; a report of corruption
// says what no counter does.
func (d *diagnosis) logs() {
	if x := corruptLine(d.s, d.r); x.line != nil {
		d.find(finding{cause: cluster.CauseSync, tool: "log", text: x.words()})
		return
	}
	if x := newestLine(d.s, d.r, errorGap, ofTopic(cluster.TopicSyncError)); x.line != nil {
		d.find(finding{cause: cluster.CauseSync, tool: "errors", weak: true, text: x.words()})
	}
}

// logWords is what step 3 of the runbook greps for: the newest sync error of a
// replica, or that there is none, or why that can't be known.
func logWords(s *cluster.Snapshot, r *cluster.Replica) (words string, finding, known bool) {
	if x := corruptLine(s, r); x.line != nil {
		return x.words(), true, true
	}
	if x := newestLine(s, r, logRecent, ofTopic(cluster.TopicSyncError)); x.line != nil {
		return x.words(), true, true
	}
	v := &r.Log
	switch {
	case v.Reachable:
		return "no sync error in its log for 5 min", false, true
	case v.Err != nil:
		return "its log: " + v.Err.What.String(), false, false
	}
	return "its log is not read", false, false
}
