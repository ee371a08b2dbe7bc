package host

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // as the other scripts
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

//go:embed writers.sh
var writersSource []byte

var writersScript = remote.Compact(writersSource)

// WritersScript returns the remote script of WhoWrites, the same bytes each time.
func WritersScript() []byte { return bytes.Clone(writersScript) }

// WritersOptions say which host is asked. All but Proc are needed.
type WritersOptions struct {
	Transport remote.Transport // WhoWrites closes it
	Clock     sources.Clock
	Proc      string // root of /proc; "/proc" if empty
}

const (
	// writersEvery is how often a host is asked, in real time: every process has a
	// file to be read.
	writersEvery = 2 * time.Second
	// maxWriters is how many are told.
	maxWriters = 32
	// writersWithin is how long an answer may take, in real time.
	writersWithin = 20 * time.Second
)

// WhoWrites asks a host which processes write, until ctx ends, and hands each
// answer to say, and a last one, marked as ended. Nothing is left on the host when
// it returns. A failure is the reading's Why.
func WhoWrites(ctx context.Context, o WritersOptions, say func(sources.Reading)) {
	w := &writers{WritersOptions: o, say: say}
	w.Proc = cmp.Or(w.Proc, "/proc")
	if f := w.run(ctx); f != nil && ctx.Err() == nil {
		w.last.Why, w.last.Hint = f.What, f.Hint
	}
	_ = o.Transport.Close() // nothing is lost with it
	w.last.Ended = true
	w.tell()
}

// writers is a measurement under way.
type writers struct {
	WritersOptions
	say    func(sources.Reading)
	last   cluster.WritersReading
	before *tally
}

// tally is what all processes have done by one look.
type tally struct {
	uptime        time.Duration
	total, denied int
	by            map[int]cluster.Writer // by process; kernel threads change their names
}

func (w *writers) tell() {
	b := w.last
	w.say(sources.Reading{Taken: w.Clock.Now(), Body: &b})
}

func (w *writers) run(ctx context.Context) *cluster.Failure {
	talk, failure := remote.OpenTalk(ctx, w.Transport, writersScript, remote.DefaultLimits)
	if failure != nil {
		return failure
	}
	defer talk.Close()
	talk.Say(w.Proc)
	for ctx.Err() == nil {
		start := time.Now()
		now, failure := ask(ctx, talk)
		if failure != nil {
			return failure
		}
		w.last = compare(w.before, now)
		w.before = now
		w.tell()
		_ = sources.NewClock(1).Sleep(ctx, writersEvery-time.Since(start)) // the loop sees the end
	}
	return nil
}

func ask(ctx context.Context, talk *remote.Talk) (*tally, *cluster.Failure) {
	ctx, cancel := context.WithTimeout(ctx, writersWithin)
	defer cancel()
	t := &tally{by: map[int]cluster.Writer{}}
	code, failure := talk.Ask(ctx, t.line, "W")
	switch {
	case failure != nil:
		return nil, failure
	case code == 127:
		return nil, cluster.Fail(cluster.FailUnsupported, "there is no awk on the host", "")
	case t.total == 0:
		return nil, cluster.Fail(cluster.FailMissing, "no processes could be read", "is the account allowed to see /proc?")
	}
	return t, nil
}

// line reads "up 123.45", "PID WRITTEN CANCELLED READ COMMAND" or "of N denied N".
func (t *tally) line(line string) {
	w := strings.SplitN(line, " ", 5)
	switch {
	case len(w) == 2 && w[0] == "up":
		if v, err := strconv.ParseFloat(w[1], 64); err == nil && v >= 0 && v < 1e10 {
			t.uptime = time.Duration(v * float64(time.Second))
		}
	case len(w) == 4 && w[0] == "of" && w[2] == "denied":
		t.total, _ = strconv.Atoi(w[1])
		t.denied, _ = strconv.Atoi(w[3])
	case len(w) == 5:
		pid, err := strconv.Atoi(w[0])
		if err != nil || pid <= 0 {
			return
		}
		x := cluster.Writer{PID: pid, Command: cluster.CleanN(w[4], 64)}
		x.Written, _ = strconv.ParseUint(w[1], 10, 64)
		x.Cancelled, _ = strconv.ParseUint(w[2], 10, 64)
		x.Read, _ = strconv.ParseUint(w[3], 10, 64)
		t.by[pid] = x
	}
}

// compare returns what was done between two looks; a is nil at the first. A process
// that is new since has done all of it since.
func compare(a, b *tally) cluster.WritersReading {
	r := cluster.WritersReading{Total: b.total, Denied: b.denied}
	if b.denied > 0 {
		r.Why = cluster.Clean("the counters of " + strconv.Itoa(b.denied) + " of " + strconv.Itoa(b.total) + " processes may not be read: those of other users")
		r.Hint = cluster.Clean("connect as root or as the user that stemedb runs as, or give the account CAP_SYS_PTRACE")
	}
	if a == nil || b.uptime <= a.uptime {
		return r
	}
	r.Interval = b.uptime - a.uptime
	for pid, now := range b.by {
		was := a.by[pid]
		if now.Written < was.Written || now.Read < was.Read || now.Cancelled < was.Cancelled {
			continue // another process with the same number
		}
		now.Written -= was.Written
		now.Cancelled -= was.Cancelled
		now.Read -= was.Read
		if now.Written > 0 || now.Read > 0 {
			r.Writers = append(r.Writers, now)
		}
	}
	slices.SortFunc(r.Writers, func(x, y cluster.Writer) int {
		return cmp.Or(-cmp.Compare(x.Written, y.Written), -cmp.Compare(x.Read, y.Read), cmp.Compare(x.PID, y.PID))
	})
	r.Writers = r.Writers[:min(len(r.Writers), maxWriters)]
	return r
}
