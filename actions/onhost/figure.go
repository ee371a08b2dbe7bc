package onhost

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Figure is what a write test measured.
type Figure struct {
	Bytes  uint64 // written
	Took   time.Duration
	ByDD   bool // bytes and time are dd's own words, else what was seen from outside, to 10 ms
	Whole  bool // all was written; else the time was over first
	Direct bool

	status int // of timeout, or of dd
}

// The end of what dd says: GNU's, and that of others which say as much.
var ddWords = regexp.MustCompile(`(?m)^(\d{1,15}) bytes? .*copied, ([0-9.e+-]+) s(econds)?\b`)

// timedOut is what timeout returns when it ended the command.
const timedOut = 124

// measure reads "done RC T0 T1 BYTES" and what dd said before it.
func measure(t WALTest, words []string, said string) *Figure {
	status, err := strconv.Atoi(words[1])
	if err != nil {
		status = -1
	}
	f := &Figure{Bytes: number(words[4]), Took: between(words[2], words[3]), Direct: !t.Buffered, status: status}
	f.Whole = status == 0 && f.Bytes == uint64(t.MiB)<<20
	m := ddWords.FindStringSubmatch(said)
	if m == nil || status != 0 {
		return f
	}
	seconds, err := strconv.ParseFloat(m[2], 64)
	own := time.Duration(seconds * float64(time.Second))
	// dd does not know of the start of its process; nothing else is between.
	if err == nil && seconds > 0 && number(m[1]) == f.Bytes && own <= f.Took+20*time.Millisecond {
		f.Took, f.ByDD = own, true
	}
	return f
}

// between is the time between two readings of /proc/uptime.
func between(from, to string) time.Duration {
	a, errA := strconv.ParseFloat(from, 64)
	b, errB := strconv.ParseFloat(to, 64)
	if errA != nil || errB != nil || b < a {
		return 0
	}
	return time.Duration((b - a) * float64(time.Second))
}

// PerSecond is the rate in bytes per second; ok is false where it is not known.
func (f *Figure) PerSecond() (rate float64, ok bool) {
	least := time.Microsecond
	if !f.ByDD {
		least = 50 * time.Millisecond // the host's clock has steps of ten
	}
	if f.Took < least || f.Bytes == 0 {
		return 0, false
	}
	return float64(f.Bytes) / f.Took.Seconds(), true
}

// String is the figure beside what the runbook expects.
func (f *Figure) String() string {
	rate, ok := f.PerSecond()
	if !ok {
		return fmt.Sprintf("%d bytes in no time that could be measured", f.Bytes)
	}
	word := "as expected"
	if rate <= Expected {
		word = "SLOW"
	}
	s := fmt.Sprintf("%.0f MB/s, %s (runbook: > 100 MB/s): %d bytes in %.2f s", rate/1e6, word, f.Bytes, f.Took.Seconds())
	if rate < 10e6 {
		s = fmt.Sprintf("%.1f MB/s, %s (runbook: > 100 MB/s): %d bytes in %.2f s", rate/1e6, word, f.Bytes, f.Took.Seconds())
	}
	if !f.Whole {
		s += ", stopped by the time limit"
	}
	if !f.Direct {
		s += ", buffered and synced: not comparable"
	}
	if !f.ByDD {
		s += ", by the host's clock"
	}
	return s
}

// failure says why dd did not write what it should have; nil if it did, or the
// time was over first.
func (f *Figure) failure(said string) *cluster.Failure {
	if f.Whole || f.status == timedOut && f.Bytes > 0 {
		return nil
	}
	for _, c := range causes {
		if strings.Contains(said, c.said) {
			return cluster.Fail(c.kind, "dd stopped: "+c.what, c.hint)
		}
	}
	switch {
	case f.Direct && (strings.Contains(said, "Invalid argument") || strings.Contains(said, "oflag") || strings.Contains(said, "unrecognized operand")):
		return cluster.Fail(cluster.FailUnsupported, "this file system, or this dd, knows no direct I/O", hintBuffered)
	case f.status == timedOut:
		return cluster.Fail(cluster.FailTimeout, "dd wrote nothing before the time was over", "the disk does not answer: look at its await and at the kernel's log")
	}
	first, _, _ := strings.Cut(said, "\n")
	return cluster.Fail(cluster.FailOther, fmt.Sprintf("dd ended with status %d: %s", f.status, first), "")
}

const hintBuffered = "set actions.wal_test to buffered: written through memory and synced at the end, which is another figure"
