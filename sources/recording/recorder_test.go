package recording

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

func recordingsIn(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"+Extension))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRecorderMakesPrivateFilesAndRotates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "recordings")
	list := story(3, 2, 900)
	live := record(t, list, RecorderOptions{Dir: dir, MaxSize: 300_000}, nil)
	defer closing(t, live)
	paths := recordingsIn(t, dir)
	if len(paths) < 2 {
		t.Fatalf("files %v", paths)
	}
	total := 0
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 || !strings.HasPrefix(filepath.Base(p), "prod-eu-20260301T03") {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
		f, err := Open(p)
		if err != nil {
			t.Fatal(err)
		}
		total += len(all(t, f))
		closing(t, f)
	}
	if total != len(list) {
		t.Errorf("%d observations in all files, want %d", total, len(list))
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v %v", info.Mode(), err)
	}
}

func TestRecorderStartsAFileEachDay(t *testing.T) {
	dir := t.TempDir()
	list := story(1, 1, 600)
	shift := time.Date(2026, 3, 1, 23, 58, 30, 0, time.UTC).Sub(list[0].Received)
	for i := range list {
		list[i].Received, list[i].Taken = list[i].Received.Add(shift), list[i].Taken.Add(shift)
	}
	closing(t, record(t, list, RecorderOptions{Dir: dir}, nil))
	if paths := recordingsIn(t, dir); len(paths) != 2 || !strings.Contains(paths[1], "20260302T00") {
		t.Errorf("files %v", paths)
	}
}

func TestPastBeyondTheTapeIsReadFromTheFile(t *testing.T) {
	list := story(2, 1, 600)
	live := NewLive(LiveOptions{TapeBytes: 1, History: cluster.HistoryOptions{Raw: time.Minute}}) // the tape keeps a block
	r := NewRecorder(RecorderOptions{Dir: t.TempDir(), Clock: sources.NewClock(1000)}, live)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	var early *cluster.Snapshot
	for i := range list {
		live.Apply(&list[i])
		if i == 500 {
			early = freeze(live.At(list[i].Received))
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	defer closing(t, live)
	if from, _ := live.tape.bounds(); !from.After(early.At) {
		t.Fatal("the tape still goes back that far")
	}
	if from, _ := live.Bounds(); !from.Equal(list[0].Received) {
		t.Errorf("bounds from %v", from)
	}
	if d := diffSnapshots(t, early, live.At(early.At)); d != "" {
		t.Error(d)
	}
	if f := live.Trouble(); f != nil {
		t.Error(f)
	}
}

// watch collects what a recorder reports.
type watch struct {
	mu       sync.Mutex
	failures []*cluster.Failure
	lost     uint64
}

func (w *watch) failed(f *cluster.Failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, f)
}

func (w *watch) lose(n uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost += n
}

func (w *watch) seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures)
}

func TestRecorderSaysOnceAndTriesAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recordings")
	if err := os.WriteFile(dir, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	var w watch
	live := NewLive(LiveOptions{})
	r := NewRecorder(RecorderOptions{Dir: dir, Clock: sources.NewClock(200), Failed: w.failed}, live)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	list := story(1, 1, 2000)
	i := 0
	apply := func(until func() bool) {
		t.Helper()
		for ; !until(); i++ {
			if i == len(list) {
				t.Fatal("the story is over")
			}
			live.Apply(&list[i])
			time.Sleep(time.Millisecond)
		}
	}
	apply(func() bool { return w.seen() == 1 })
	if f := w.failures[0]; f == nil || !strings.Contains(f.What.String(), "can't record to "+dir) || f.Hint.IsZero() {
		t.Fatalf("failure %v", f)
	}
	more := i + 200
	apply(func() bool { return i >= more })
	if w.seen() != 1 {
		t.Errorf("%d failures", w.seen())
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	apply(func() bool { return w.seen() == 2 })
	if w.failures[1] != nil || r.Path() == "" {
		t.Errorf("then %v, file %q", w.failures[1], r.Path())
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	closing(t, live)
}

func TestRemovedFileIsNoticed(t *testing.T) {
	dir := t.TempDir()
	var w watch
	list := story(1, 1, 1500)
	half := false
	closing(t, record(t, list, RecorderOptions{Dir: dir, Failed: w.failed}, func(i int, live *Timeline) {
		if i == 600 { // what was written so far is removed
			live.tape.flush()
			for end := time.Now().Add(10 * time.Second); len(recordingsIn(t, dir)) == 0 && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			for _, p := range recordingsIn(t, dir) {
				half = os.Remove(p) == nil
			}
		}
	}))
	if !half || len(w.failures) == 0 || !strings.Contains(w.failures[0].What.String(), "no such file") {
		t.Errorf("removed %v, failures %v", half, w.failures)
	}
}

func TestSlowDiskCostsAHoleAndNoMore(t *testing.T) {
	list := story(1, 1, 500)
	path := filepath.Join(t.TempDir(), "slow"+Extension)
	var w watch
	live := NewLive(LiveOptions{})
	r := NewRecorder(RecorderOptions{Path: path, Clock: sources.NewClock(1), Lost: w.lose}, live)
	live.tape.feed(r.offer) // nobody takes what is queued
	n := len(list) * 2 / 3
	for i := range list[:n] {
		live.Apply(&list[i])
		live.tape.flush()
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	for end := time.Now().Add(10 * time.Second); r.lost.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	for i := range list[n:] {
		live.Apply(&list[n+i])
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	last := list[len(list)-1]
	if s := NewReplay(f, cluster.HistoryOptions{}).At(last.Received); s.LastSeq != last.Seq || w.lost == 0 {
		t.Errorf("seq %d of %d, %d lost", s.LastSeq, last.Seq, w.lost)
	}
}

func TestDirectoryHoldsNoMoreThanItMay(t *testing.T) {
	dir := t.TempDir()
	const most = 300_000
	list, largest := story(3, 2, 2400), int64(0)
	live := record(t, list, RecorderOptions{Dir: dir, MaxSize: most}, func(i int, live *Timeline) {
		if i%100 != 0 {
			return
		}
		live.tape.flush()
		total := int64(0)
		for _, p := range recordingsIn(t, dir) {
			if info, err := os.Stat(p); err == nil {
				total += info.Size()
			}
		}
		largest = max(largest, total)
	})
	defer closing(t, live)
	if largest > most || largest < most/2 {
		t.Errorf("%d bytes of %d", largest, most)
	}
	live.tape.limit = 1 // what is older than the newest block is read from the files
	live.tape.trim()
	from, to := live.Bounds()
	if !from.After(list[0].Received) || to.Sub(from) < 5*time.Minute {
		t.Errorf("bounds %v to %v", from, to)
	}
	if s := live.At(from.Add(time.Second)); s.LastSeq == 0 || live.Trouble() != nil {
		t.Errorf("at the start: seq %d, %v", s.LastSeq, live.Trouble())
	}
}

func TestFileEndsWhereItIsFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one"+Extension)
	const most = 60_000
	var w watch
	closing(t, record(t, story(3, 2, 900), RecorderOptions{Path: path, MaxSize: most, Failed: w.failed}, func(i int, live *Timeline) {
		if i%20 == 0 {
			live.tape.flush()
		}
	}))
	if info, err := os.Stat(path); err != nil || info.Size() > most || info.Size() < most*9/10 {
		t.Errorf("%v bytes of %d, %v", info.Size(), most, err)
	}
	if len(w.failures) != 1 || !strings.Contains(w.failures[0].What.String(), "is full") {
		t.Errorf("failures %v", w.failures)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	if d := f.Damage(); d != (Damage{}) {
		t.Errorf("damage %+v", d)
	}
}

func TestTidyRemovesOldRecordingsOfOursOnly(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, content string, age time.Duration) {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, append([]byte(content), bytes.Repeat([]byte{0}, 1000)...), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
	}
	day := 24 * time.Hour
	put("a-20260101T000000Z.stemetop", magic, 20*day)      // too old
	put("a-20260102T000000Z.2.stemetop", magic, 5*day)     // too much
	put("a-20260103T000000Z.stemetop", magic, 4*day)       // more than leaves room for the current one
	put("a-20260104T000000Z.stemetop", magic, time.Minute) // perhaps another's, in work
	put("a-20260101T000001Z.stemetop", "not ours", 90*day)
	put("holiday.stemetop", magic, 90*day)
	put("current-20260105T000000Z.stemetop", magic, 0)
	current, finished := filepath.Join(dir, "current-20260105T000000Z.stemetop"), filepath.Join(dir, "a-20260105T000000Z.stemetop")
	put(filepath.Base(finished), magic, 2*time.Minute) // too much, and of this run
	removed, err := tidy(RecorderOptions{Dir: dir, MaxSize: 3500, MaxAge: 14 * day}, current, func(path string) bool { return path == finished })
	if err != nil {
		t.Fatal(err)
	}
	if len(removed) != 4 || removed[3] != finished {
		t.Errorf("removed %v", removed)
	}
	var left []string
	for _, p := range recordingsIn(t, dir) {
		left = append(left, strings.TrimSuffix(filepath.Base(p), Extension))
	}
	want := "a-20260101T000001Z a-20260104T000000Z current-20260105T000000Z holiday"
	if got := strings.Join(left, " "); got != want {
		t.Errorf("left %s\nwant %s", got, want)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there"+Extension)
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (RecorderOptions{Path: there}).Check(); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("error %v", err)
	}
	if err := (RecorderOptions{Path: filepath.Join(dir, "no", "such")}).Check(); err == nil {
		t.Error("no error for a directory that is not there")
	}
	if err := (RecorderOptions{Path: filepath.Join(dir, "new")}).Check(); err != nil {
		t.Error(err)
	}
	if err := (RecorderOptions{Dir: filepath.Join(dir, "a", "b")}).Check(); err != nil {
		t.Error(err)
	}
}
