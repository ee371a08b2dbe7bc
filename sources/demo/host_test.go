package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

func testHost(t testing.TB, o Options) (*host, *handClock) {
	t.Helper()
	clock := &handClock{}
	o.Clock = clock
	w, err := o.world()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := writeCommon(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHost(newSim(clock, w), 2, "node3", t.TempDir(), shared)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h, clock
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Rewriting in place never leaves the tail of a longer text, and every file has
// the shape of the kernel's.
func TestProcFiles(t *testing.T) {
	h, clock := testHost(t, Options{Scenario: "cpu"})
	for range 40 {
		clock.move(time.Second)
		if err := h.refresh(h); err != nil {
			t.Fatal(err)
		}
		for name, lines := range map[string]int{
			"uptime": 1, "stat": 1 + physics.Cores + 7, "diskstats": 5, "net/dev": 4,
			"pressure/cpu": 2, "pressure/io": 2, "pressure/memory": 2, "loadavg": 1, "meminfo": 10,
		} {
			text := read(t, h.proc, name)
			if got := strings.Count(text, "\n"); got != lines || !strings.HasSuffix(text, "\n") {
				t.Fatalf("%s has %d lines, want %d:\n%s", name, got, lines, text)
			}
		}
	}
	for line := range strings.Lines(read(t, h.proc, "diskstats")) {
		if n := len(strings.Fields(line)); n != 20 {
			t.Errorf("%d fields in %q", n, line)
		}
	}
	if comm := read(t, h.proc, "4711", "comm"); comm != "stemedb-backup\n" {
		t.Errorf("the backup that takes the processors is %q", comm)
	}
	for _, pid := range []string{"812", "4711", "702"} {
		stat := read(t, h.proc, pid, "stat")
		if n := len(strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])); n != 50 {
			t.Errorf("%d fields behind the name in %q", n, stat)
		}
	}
}

// A restarted process has another directory, one that is down has none.
func TestProcessComesAndGoes(t *testing.T) {
	h, clock := testHost(t, Options{Scenario: "healthy", CrashLoop: "node3"})
	seen := map[string]bool{}
	for range 60 {
		clock.move(time.Second)
		if err := h.refresh(h); err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(filepath.Join(h.proc, "[0-9]*", "comm"))
		if err != nil {
			t.Fatal(err)
		}
		running := ""
		for _, name := range names {
			if read(t, name) == "stemedb-api\n" {
				running += filepath.Base(filepath.Dir(name)) + " "
			}
		}
		seen[running] = true
	}
	if !seen[""] || len(seen) < 4 {
		t.Errorf("pids over time: %v", seen)
	}
	for pids := range seen {
		if strings.Count(pids, " ") > 1 {
			t.Errorf("several at once: %v", pids)
		}
	}
}

// While one session reads, another's refresh must not change the files.
func TestForeignRefresh(t *testing.T) {
	h, clock := testHost(t, Options{Scenario: "healthy"})
	a, b := new(int), new(int)
	if err := h.refresh(a); err != nil {
		t.Fatal(err)
	}
	before := read(t, h.proc, "uptime")
	h.last = time.Now().Add(time.Hour) // the quiet lasts however slow this machine is
	clock.move(time.Second)
	if err := h.refresh(b); err != nil || read(t, h.proc, "uptime") != before {
		t.Errorf("another session changed the files: %v", err)
	}
	if err := h.refresh(a); err != nil || read(t, h.proc, "uptime") == before {
		t.Errorf("its own session did not: %v", err)
	}
}

func TestEscapeMount(t *testing.T) {
	if got := escapeMount("/a b\\c"); got != `/a\040b\134c` {
		t.Error(got)
	}
}

// The budget is 200 µs: five hosts asked each second cost a thousandth of a core.
func BenchmarkRefresh(b *testing.B) {
	h, clock := testHost(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		clock.move(time.Second)
		if err := h.refresh(h); err != nil {
			b.Fatal(err)
		}
	}
}
