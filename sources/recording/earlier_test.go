package recording

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// sampled is what a sampler was shown.
type sampled struct {
	begun          int
	notes, settled []time.Time
	last           *cluster.Snapshot
}

func (s *sampled) Begin() { s.begun++ }

func (s *sampled) Note(x *cluster.Snapshot) { s.notes, s.last = append(s.notes, x.At), x }

func (s *sampled) Settle(x *cluster.Snapshot) { s.settled = append(s.settled, x.At) }

func TestSampleEarlierReadsWindowsOfOtherRuns(t *testing.T) {
	dir := t.TempDir()
	list := story(3, 2, 600)
	closing(t, record(t, list, RecorderOptions{Dir: dir}, nil))
	was, ok := list[0].Body.(*cluster.Session)
	if !ok {
		t.Fatal("the story has no session")
	}
	session := *was
	session.Run = "another"
	var s sampled
	SampleEarlier(t.Context(), dir, &session, &s)
	if s.begun != 1 || len(s.notes) < 3*earlierMoments || len(s.settled)*earlierMoments != len(s.notes) {
		t.Fatalf("%d recordings, %d moments, %d settled", s.begun, len(s.notes), len(s.settled))
	}
	end := list[len(list)-1].Received
	for i, at := range s.settled {
		last := s.notes[(i+1)*earlierMoments-1]
		if at.Sub(last) < settles || at.After(end) {
			t.Errorf("window %d ends at %v and is settled at %v of %v", i, last, at, end)
		}
	}
	if len(s.last.Replicas) != 3 || !s.last.Replicas[0].Assertions.PerSecond.Known() {
		t.Errorf("a moment tells nothing: %+v", s.last.Replicas)
	}
}

func TestSampleEarlierLeavesOutWhatIsNoPast(t *testing.T) {
	dir := t.TempDir()
	list := story(1, 1, 300)
	closing(t, record(t, list, RecorderOptions{Dir: dir}, nil))
	was, ok := list[0].Body.(*cluster.Session)
	if !ok {
		t.Fatal("the story has no session")
	}
	if err := os.WriteFile(filepath.Join(dir, "prod-eu-20990101T000000Z"+Extension), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, x := range map[string]struct {
		ctx    context.Context
		dir    string
		change func(*cluster.Session)
	}{
		"its own run":     {t.Context(), dir, func(*cluster.Session) {}},
		"another cluster": {t.Context(), dir, func(s *cluster.Session) { s.Run, s.Cluster = "x", cluster.Clean("prod") }},
		"another primary": {t.Context(), dir, func(s *cluster.Session) { s.Run, s.Primary.ID = "x", "node9" }},
		"no directory":    {t.Context(), filepath.Join(dir, "none"), func(s *cluster.Session) { s.Run = "x" }},
		"no time":         {ended, dir, func(s *cluster.Session) { s.Run = "x" }},
	} {
		var s sampled
		session := *was
		x.change(&session)
		SampleEarlier(x.ctx, x.dir, &session, &s)
		if len(s.notes) > 0 {
			t.Errorf("%s: %d moments", name, len(s.notes))
		}
	}
}

// An hour of a cluster of ten costs a bounded number of moments, however long it was.
func TestSampleEarlierReadsFewMoments(t *testing.T) {
	dir, session := anEarlierHour(t)
	var s sampled
	SampleEarlier(t.Context(), dir, session, &s)
	if n := len(s.settled); n < earlierWindows-1 || n > earlierWindows+1 || len(s.notes) != n*earlierMoments {
		t.Errorf("%d windows, %d moments of %d windows of %d", n, len(s.notes), earlierWindows, earlierMoments)
	}
}

// What the start costs one processor while the screen is up already.
func BenchmarkSampleEarlier(b *testing.B) {
	dir, session := anEarlierHour(b)
	for b.Loop() {
		var s sampled
		SampleEarlier(b.Context(), dir, session, &s)
	}
}

// anEarlierHour records an hour of a cluster of ten, and gives the session of a later run.
func anEarlierHour(tb testing.TB) (dir string, later *cluster.Session) {
	tb.Helper()
	dir = tb.TempDir()
	list := story(9, 10, 3600)
	closing(tb, record(tb, list, RecorderOptions{Dir: dir}, nil))
	was, ok := list[0].Body.(*cluster.Session)
	if !ok {
		tb.Fatal("the story has no session")
	}
	session := *was
	session.Run = "another"
	return dir, &session
}
