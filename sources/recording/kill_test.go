package recording

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// childEnv makes the test binary a recorder that runs until it is killed.
const childEnv = "STEMETOP_TEST_RECORD_INTO"

// recordUntilKilled records a note of the time every 20 ms.
func recordUntilKilled(dir string) {
	live := NewLive(LiveOptions{})
	r := NewRecorder(RecorderOptions{Dir: dir, Clock: sources.NewClock(1), Program: "stemetop test"}, live)
	go func() { _ = r.Run(context.Background()) }()
	for seq := uint64(1); ; seq++ {
		now := time.Now()
		live.Apply(&cluster.Observation{
			Seq: seq, Received: now, Taken: now, Body: &cluster.Note{Text: cluster.Clean(strconv.FormatUint(seq, 10))},
		})
		time.Sleep(20 * time.Millisecond)
	}
}

func TestKilledRecorderLosesTwoSecondsAtMost(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+dir)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	path := awaitFile(t, dir)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = child.Wait() // it was killed
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f)
	_, to := f.Bounds()
	if lost := killed.Sub(to); lost > 2*time.Second {
		t.Errorf("%v are lost", lost)
	}
	list := all(t, f)
	for i, o := range list {
		if o.Seq != list[0].Seq+uint64(i) {
			t.Fatalf("a hole before %d", o.Seq)
		}
	}
}

// awaitFile waits until the one recording of a directory has grown a few times
// since its first bytes.
func awaitFile(t *testing.T, dir string) string {
	t.Helper()
	first := int64(-1)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		list, err := filepath.Glob(filepath.Join(dir, "*"+Extension))
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 {
			continue
		}
		info, err := os.Stat(list[0])
		if err != nil {
			t.Fatal(err)
		}
		if first < 0 && info.Size() > 0 {
			first = info.Size()
		}
		if first >= 0 && info.Size() > first+500 {
			return list[0]
		}
	}
	t.Fatal("the child recorded nothing")
	return ""
}
