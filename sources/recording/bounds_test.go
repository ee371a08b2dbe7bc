package recording

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TestEndOfARecordingWhoseClockWasSetBack: what it tells without a time is of its end,
// and what was received before the step can be asked for.
func TestEndOfARecordingWhoseClockWasSetBack(t *testing.T) {
	for _, back := range []time.Duration{90 * time.Second, time.Hour} {
		list := story(2, 1, 120)
		set := len(list) / 3
		for i := range list[set:] {
			o := &list[set+i]
			o.Received, o.Taken = o.Received.Add(-back), o.Taken.Add(-back)
		}
		path := filepath.Join(t.TempDir(), "back"+Extension)
		live := record(t, list, RecorderOptions{Path: path}, func(int, *Timeline) {})
		defer closing(t, live)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer closing(t, f)
		before, last := list[set-1], list[len(list)-1]
		if end := f.End(); !end.Equal(last.Received) {
			t.Errorf("back by %v: the end is %v, want %v", back, end, last.Received)
		}
		if _, to := f.Bounds(); !to.Equal(before.Received) && !to.Equal(last.Received) || to.Before(before.Received) {
			t.Errorf("back by %v: to %v, the step at %v, the end %v", back, to, before.Received, last.Received)
		}
		replay := NewReplay(f, cluster.HistoryOptions{})
		if s := replay.At(f.End()); s.LastSeq != last.Seq {
			t.Errorf("back by %v: at the end seq %d of %d", back, s.LastSeq, last.Seq)
		}
		if s := replay.At(before.Received); back == time.Hour && s.LastSeq != before.Seq {
			t.Errorf("back by %v: before the step seq %d of %d", back, s.LastSeq, before.Seq)
		}
		if from, _ := live.Bounds(); from.After(last.Received) {
			t.Errorf("back by %v: live from %v, though it is %v", back, from, last.Received)
		}
	}
}
