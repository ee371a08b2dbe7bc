package onhost

import (
	"context"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// WALTest is the runbook's write test of the disk of the write-ahead log.
type WALTest struct {
	Dir   string        // of the write-ahead log
	MiB   int           // written at most, above 0
	Limit time.Duration // of writing, whole seconds; the host itself keeps it
	// Buffered writes through the page cache and syncs at the end. That is another
	// figure than the runbook's: it is for file systems without direct I/O.
	Buffered bool
	Floor    Floor
}

// Floor is what has to stay free on the file system when all is written.
type Floor struct {
	Bytes   uint64
	Percent float64 // of its size
}

// DefaultWALTest is the runbook's.
func DefaultWALTest(dir string) WALTest {
	return WALTest{Dir: dir, MiB: 1000, Limit: 15 * time.Second, Floor: Floor{Bytes: 5 << 30, Percent: 10}}
}

// Expected is what the runbook wants of an SSD, in bytes per second.
const Expected = 100e6

func (t WALTest) how() string {
	if t.Buffered {
		return "fsync"
	}
	return "direct"
}

// Command is what runs, as a person would type it.
func (t WALTest) Command() string {
	flag := map[bool]string{false: "oflag=direct", true: "conv=fsync"}[t.Buffered]
	return "timeout " + t.seconds() + " dd if=/dev/zero of=<unnamed file> bs=1M count=" + strconv.Itoa(t.MiB) + " " + flag
}

func (t WALTest) seconds() string { return strconv.Itoa(int(t.Limit / time.Second)) }

func (t WALTest) open(ctx context.Context, h Host, verb string) (*talk, *cluster.Failure) {
	return open(ctx, h, walScript, verb, t.Dir, strconv.Itoa(t.MiB), t.seconds(), t.how())
}

// Look tells what the directory is like, and changes nothing.
func (t WALTest) Look(ctx context.Context, h Host) (*Disk, *cluster.Failure) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := t.open(ctx, h, "look")
	if failure != nil {
		return nil, failure
	}
	defer s.Close()
	var d Disk
	if _, n := s.upTo(ctx, "end", d.hear); n != nil {
		return nil, n.failure
	}
	return &d, d.broken()
}

// Progress is how far a test is.
type Progress struct {
	Bytes   uint64
	Elapsed time.Duration
}

// Run does the test once. What the directory is like is told anew and judged
// before anything is written; while it runs, progress is called each second, and
// it is stopped where others use up the space that has to stay free. The figure
// is valid if it is not nil, accepted or not.
func (t WALTest) Run(ctx context.Context, h Host, progress func(Progress)) (*Figure, admin.Result) {
	r := run{WALTest: t, progress: progress, start: time.Now()}
	looking, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := t.open(looking, h, "run")
	if failure != nil {
		return nil, r.ended(admin.NotSent, failure)
	}
	defer s.Close()
	r.talk = s
	if _, n := s.upTo(looking, "ready", r.disk.hear); n != nil {
		return nil, r.ended(admin.NotSent, n.failure)
	}
	if failure := r.disk.broken(); failure != nil {
		return nil, r.ended(admin.NotSent, failure)
	}
	if failure := r.disk.Refusal(t); failure != nil {
		return nil, r.ended(admin.NotSent, failure)
	}
	for _, l := range r.disk.Left {
		if l.Ours(&r.disk) {
			s.Send([]byte("rm " + l.Name + "\n"))
		}
	}
	s.Send([]byte("go\n"))
	if _, n := s.upTo(looking, "go", func([]string) {}); n != nil {
		return nil, r.ended(n.verdict(), n.failure)
	}
	return r.write(ctx)
}

// run is a test under way.
type run struct {
	WALTest
	*talk
	disk     Disk
	start    time.Time
	progress func(Progress)
	full     bool // others used up the space
}

// ended is the result of a test that ended with a failure; nil is none.
func (r *run) ended(v admin.Verdict, f *cluster.Failure) admin.Result { return result(v, r.start, f) }

// write waits for the end of dd, asking each second how far it is.
func (r *run) write(ctx context.Context) (*Figure, admin.Result) {
	ctx, cancel := context.WithTimeout(ctx, r.Limit+commitFor)
	defer cancel()
	begun := time.Now()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-second.C:
			r.Send([]byte("at\n"))
			continue
		case <-ctx.Done():
			return nil, r.ended(admin.Ambiguous, cluster.Fail(cluster.FailTimeout, "no answer of the host in time", hintEnds))
		case l, ok := <-r.Said():
			if !ok {
				return nil, r.lost()
			}
			if r.heard(l, begun) {
				return r.figure(l.Words)
			}
			if r.full {
				return nil, r.ended(admin.Rejected, cluster.Fail(cluster.FailOther,
					"stopped: others use up the space that has to stay free", "free some first"))
			}
		}
	}
}

const hintEnds = "the file has no name any more, and the test ends by itself"

// lost is the result of a connection that ended while dd wrote.
func (r *run) lost() admin.Result {
	f := r.Death()
	if f == nil {
		f = cluster.Fail(cluster.FailReset, "the remote script ended in the middle", "")
	}
	return r.ended(admin.Ambiguous, cluster.Fail(f.Kind, f.What.String(), hintEnds))
}

// heard takes in a line while dd writes; true if it is the last that counts.
func (r *run) heard(l Line, begun time.Time) bool {
	switch {
	case len(l.Words) == 0:
		r.keep(l.Text)
	case l.Words[0] == "done" && len(l.Words) == 5:
		return true
	case l.Words[0] == "at" && len(l.Words) == 3:
		written, free := number(l.Words[1]), number(l.Words[2])*r.disk.Block
		if r.progress != nil {
			r.progress(Progress{written, time.Since(begun)})
		}
		todo := uint64(r.MiB)<<20 - min(written, uint64(r.MiB)<<20)
		r.full = free < todo+r.Floor.of(&r.disk)
	}
	return false
}

func (r *run) figure(words []string) (*Figure, admin.Result) {
	f := measure(r.WALTest, words, r.words.String())
	if failure := f.failure(r.words.String()); failure != nil {
		return f, r.ended(admin.Rejected, failure)
	}
	return f, r.ended(admin.Accepted, nil)
}

// result is the end of something on a host, in the words of the admin API's.
func result(v admin.Verdict, start time.Time, f *cluster.Failure) admin.Result {
	return admin.Result{Verdict: v, Failure: f, Timing: admin.Timing{Start: start, Done: time.Since(start)}}
}

// verdict is what can be said of something that the script did not bring to its
// end after the word for it was given.
func (n *no) verdict() admin.Verdict {
	if n.broken {
		return admin.Ambiguous
	}
	return admin.Rejected
}
