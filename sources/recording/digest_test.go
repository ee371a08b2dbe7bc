package recording

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

// window is what a chart asks for.
type window struct {
	width time.Duration
	n     int
}

// windows are those of the screen: 10 min, 1 h, 6 h and 24 h.
func windows() []window {
	return []window{{10 * time.Second, 60}, {time.Minute, 60}, {20 * time.Second, 180}, {5 * time.Minute, 72}, {15 * time.Minute, 96}}
}

// drawn is what charts make of a series: how many points a column is of, and when
// exactly they were read, is not seen, as long as there are some.
func drawn(s *cluster.Snapshot) map[string][]cluster.Bucket {
	all := map[string][]cluster.Bucket{}
	for _, r := range s.Replicas {
		for q := cluster.QuantityLag; q <= cluster.QuantityNetTx; q++ {
			for _, w := range windows() {
				list := s.Series.Buckets(r.ID, q, s.At, w.width, w.n)
				for i := range list {
					list[i].N = min(list[i].N, 1)
					list[i].Taken = time.Time{}
				}
				all[string(r.ID)+" "+w.width.String()+" "+string(rune('0'+q))] = list
			}
		}
	}
	return all
}

// digested waits until all of the recording is folded.
func digested(t *testing.T, tl *Timeline) {
	t.Helper()
	tl.digest.mu.Lock()
	done := tl.digest.done
	tl.digest.mu.Unlock()
	if done == nil {
		t.Fatal("nobody reads what lies longer ago")
	}
	<-done
	select {
	case <-tl.Grown():
	default:
		t.Error("nobody was told that there is more")
	}
}

// Of a long recording a chart shows all that it did live, wherever one seeks to.
func TestReplayOfHoursShowsWhatWasLive(t *testing.T) {
	const minutes = 100
	s := newSim(3, 1)
	s.unit, s.wall = resolution, s.wall.Truncate(coarse)
	list := append([]cluster.Observation{s.session()}, s.facts()...)
	for range minutes * 60 {
		list = append(list, s.next()...)
	}
	begin := list[0].Received
	path := filepath.Join(t.TempDir(), "run"+Extension)
	type instant struct {
		at    time.Time
		drawn map[string][]cluster.Bucket
	}
	var seen []instant
	next := begin.Add(10 * time.Minute)
	live := record(t, list, RecorderOptions{Path: path}, func(i int, live *Timeline) {
		if i+1 < len(list) && list[i+1].Received.After(next) {
			at := list[i].Received.Add(list[i+1].Received.Sub(list[i].Received) / 2)
			seen = append(seen, instant{at, drawn(live.At(at))})
			next = next.Add(17*time.Minute + 13*time.Second)
		}
	})
	defer closing(t, live)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	replay := NewReplay(f, cluster.HistoryOptions{})
	defer closing(t, replay)
	drawn(replay.At(seen[0].at)) // ten minutes are read by every seek
	if replay.digest.done != nil {
		t.Error("a short past is read twice")
	}
	drawn(replay.At(begin.Add(minutes * time.Minute)))
	digested(t, replay)
	for _, i := range []int{5, 0, 3, 1, 4, 2} {
		if d := cmp.Diff(seen[i].drawn, drawn(replay.At(seen[i].at))); d != "" {
			t.Errorf("after %v: -live +replay\n%s", seen[i].at.Sub(begin), d)
		}
	}
	again := NewReplay(f, cluster.HistoryOptions{})
	drawn(again.At(begin.Add(minutes * time.Minute)))
	closing(t, again) // while it reads
	if l := again.digest; !l.idle() || !l.until.Before(begin.Add(minutes*time.Minute-time.Second)) {
		t.Error("the end waited for all to be read, or did not wait at all")
	}
	if len(seen) != 6 {
		t.Fatalf("%d instants", len(seen))
	}
}
