package host_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

// iostat is what `iostat -o JSON` prints of one interval.
type iostat struct {
	Sysstat struct {
		Hosts []struct {
			Statistics []struct {
				CPU  map[string]float64 `json:"avg-cpu"`
				Disk []map[string]any   `json:"disk"`
			}
		}
	}
}

// Figures from two of our readings are those of a real iostat that watched the
// same interval, within 5 % or one unit.
func TestAgainstIostat(t *testing.T) {
	tool(t, "iostat", "sysstat")
	stop := load(t)
	defer stop()
	c := collector(t, host.Options{Transport: &local{}})
	collect(t, c)
	// The intervals are the same up to some milliseconds; a shift in the load at
	// that moment can make up for 5 %, so that it may take another interval.
	var wrong []string
	for range 4 {
		if wrong = compare(t, c); len(wrong) == 0 {
			return
		}
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// compare watches one interval of 2 s in both ways and returns what differs.
func compare(t *testing.T, c *host.Collector) (wrong []string) {
	t.Helper()
	cmd := exec.Command("iostat", "-o", "JSON", "-c", "-d", "-x", "-y", "2", "1")
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	start := time.Now()
	_, older := collect(t, c)
	out := make(chan []byte)
	go func() {
		b, err := cmd.Output()
		if err != nil {
			b = []byte(err.Error())
		}
		out <- b
	}()
	time.Sleep(time.Until(start.Add(2 * time.Second))) // the interval itself
	_, newer := collect(t, c)
	var got iostat
	b := <-out
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	s := got.Sysstat.Hosts[0].Statistics[0]
	check := func(what string, ours cluster.Figure, theirs float64) {
		v, ok := ours.Value()
		if !ok && theirs == 0 {
			return // nothing completed: iostat prints 0 for a wait that there was not
		}
		if !ok || math.Abs(v-theirs) > max(1, 0.05*math.Abs(theirs)) {
			wrong = append(wrong, what+": "+text(v)+", iostat "+text(theirs))
		}
	}
	cpu := cluster.CPURates(older, newer)
	for name, f := range map[string]cluster.Figure{
		"user": cpu.User, "nice": cpu.Nice, "system": cpu.System, "iowait": cpu.IOWait, "steal": cpu.Steal, "idle": cpu.Idle,
	} {
		check(name, f, s.CPU[name])
	}
	disks := map[string]cluster.DiskUsage{}
	for _, d := range cluster.DiskRates(older, newer) {
		disks[d.Name.String()] = d
	}
	busy := false
	for _, line := range s.Disk {
		name, _ := line["disk_device"].(string)
		d, ok := disks[name]
		if !ok {
			wrong = append(wrong, name+" is missing")
			continue
		}
		for column, f := range columns(d) {
			theirs, ok := line[column].(float64)
			if !ok {
				t.Fatalf("iostat has no column %s: %v", column, line)
			}
			check(name+" "+column, f, theirs)
			busy = busy || column == "w/s" && theirs > 20
		}
	}
	if !busy {
		wrong = append(wrong, "no device was busy")
	}
	return wrong
}

func columns(d cluster.DiskUsage) map[string]cluster.Figure {
	return map[string]cluster.Figure{
		"r/s": d.ReadsPerSecond, "w/s": d.WritesPerSecond, "rkB/s": d.ReadKBPerSecond, "wkB/s": d.WriteKBPerSecond,
		"rrqm/s": d.ReadMergesPerSecond, "wrqm/s": d.WriteMergesPerSecond, "r_await": d.ReadAwait, "w_await": d.WriteAwait,
		"rareq-sz": d.ReadSize, "wareq-sz": d.WriteSize, "d/s": d.DiscardsPerSecond, "dkB/s": d.DiscardKBPerSecond,
		"d_await": d.DiscardAwait, "f/s": d.FlushesPerSecond, "f_await": d.FlushAwait, "aqu-sz": d.QueueSize, "util": d.Util,
	}
}

func text(v float64) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// load writes with fsync, as a write-ahead log does, and keeps one processor
// half busy, at an even rate, until stopped.
func load(t *testing.T) (stop func()) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "wal"))
	if err != nil {
		t.Fatal(err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		block := make([]byte, 16<<10)
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for i := int64(0); ; i++ {
			select {
			case <-quit:
				return
			case <-pace.C:
			}
			if _, err := f.WriteAt(block, i%512*int64(len(block))); err != nil {
				t.Error(err)
			}
			if err := f.Sync(); err != nil {
				t.Error(err)
			}
			for spin := time.Now(); time.Since(spin) < 3*time.Millisecond; {
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
