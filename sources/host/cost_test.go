package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/remote"
)

// cpuOf returns the CPU time of the processes and of their dead children, in
// seconds. The sum of the scheduler is finer than the ticks of stat, where there
// is one.
func cpuOf(t testing.TB, pids ...int) time.Duration {
	t.Helper()
	var sum time.Duration
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // ended meanwhile; its parent has what it used
		}
		w := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		for _, i := range []int{11, 12, 13, 14} {
			n, err := strconv.Atoi(w[i])
			if err != nil {
				t.Fatal(err)
			}
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}

// ordinary asks for n ticks without the sections that start a process.
func ordinary(t testing.TB, c *host.Collector, n int) {
	t.Helper()
	ctx := context.Background()
	for range n {
		for _, r := range c.Collect(ctx) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if _, ok := r.Body.(*cluster.HostReading); !ok {
				t.Fatalf("%T on an ordinary tick", r.Body)
			}
		}
	}
}

// rare are options under which facts and new processes are looked for once.
func rare(tr remote.Transport, dialect string) host.Options {
	return host.Options{
		Transport: tr, Dialect: dialect, Process: "systemd",
		FactsEvery: time.Hour, ScanEvery: time.Hour, ProcessEvery: time.Nanosecond, WALPath: "/",
	}
}

// BenchmarkTick measures a tick over pipes: the time to the answer, and the CPU
// of the script. Budget on the monitored host, sshd apart: 0.75 ms with an awk,
// 2.7 ms with dash; BenchmarkSSHTick has both.
func BenchmarkTick(b *testing.B) {
	needDialects(b)
	for _, dialect := range dialects {
		b.Run(strings.ReplaceAll(dialect, " ", "-"), func(b *testing.B) {
			tr := &local{}
			c := collector(b, rare(tr, dialect))
			collect(b, c)
			pid := tr.child().cmd.Process.Pid
			before := cpuOf(b, pid)
			b.ResetTimer()
			ordinary(b, c, b.N)
			b.StopTimer()
			b.ReportMetric(float64((cpuOf(b, pid)-before).Microseconds())/float64(b.N), "host-us/tick")
		})
	}
}

// counting counts what a session reads.
type counting struct {
	remote.Session
	n *int
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Session.Read(p)
	*c.n += n
	return n, err
}

type countingTransport struct {
	local
	n int
}

func (c *countingTransport) Start(ctx context.Context, command string) (remote.Session, error) {
	s, err := c.local.Start(ctx, command)
	return counting{s, &c.n}, err
}

// An ordinary tick takes less than 4 kB.
func TestBytesPerTick(t *testing.T) {
	for _, dialect := range dialects {
		tr := &countingTransport{}
		c := collector(t, rare(tr, dialect))
		collect(t, c)
		before := tr.n
		ordinary(t, c, 10)
		if each := (tr.n - before) / 10; each >= 4<<10 {
			t.Errorf("%s: %d bytes", dialect, each)
		} else {
			t.Logf("%s: %d bytes", dialect, each)
		}
	}
}

// An ordinary tick starts no process; neither does anything write a file.
func TestNoProcessPerTick(t *testing.T) {
	needDialects(t)
	strace := tool(t, "strace", "strace")
	for _, dialect := range dialects {
		t.Run(dialect, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			tr := &local{under: []string{strace, "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", "trace=execve,fork,vfork,clone,clone3,openat,open,creat,unlink"}}
			c := collector(t, rare(tr, dialect))
			collect(t, c)
			start := size(t, log)
			ordinary(t, c, 50)
			b, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			opened := 0
			for line := range strings.Lines(string(b[start:])) {
				if !strings.Contains(line, "open") {
					t.Errorf("ordinary tick: %s", line)
				}
				opened++
			}
			if opened < 50*9 {
				t.Errorf("the tracer saw %d files opened, too few to be trusted", opened)
			}
			for line := range strings.Lines(string(b)) {
				writes := strings.Contains(line, "O_CREAT") || strings.Contains(line, "O_WRONLY") ||
					strings.Contains(line, "O_RDWR") || strings.Contains(line, "creat(") || strings.Contains(line, "unlink")
				if writes && !strings.Contains(line, `"/dev/null"`) && !strings.Contains(line, `"/dev/tty"`) {
					t.Errorf("a file was opened for writing: %s", line)
				}
			}
		})
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
