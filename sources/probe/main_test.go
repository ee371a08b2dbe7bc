package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// jobEnv makes the test binary a program that probes and prints what it got: it
// is run in network namespaces and under other users.
const jobEnv = "STEMETOP_PROBE_JOB"

// job is what such a program does.
type job struct {
	Address string
	Rounds  int
	Timeout time.Duration // 0 for the default
	Speed   float64       // of the clock; 0 for 1
	Nobody  bool          // as a user without privileges
}

// outcome is what it prints.
type outcome struct {
	Rounds []round
	Leak   string // goroutines or files left behind
}

type round struct {
	Took time.Duration
	Body *cluster.ProbeReading
	Err  *cluster.Failure
}

func TestMain(m *testing.M) {
	if text := os.Getenv(jobEnv); text != "" {
		if err := work(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func work(text string) error {
	j := job{Speed: 1}
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	if j.Nobody {
		if err := becomeNobody(); err != nil {
			return err
		}
	}
	c := New(Options{Node: "node2", Address: j.Address, Clock: sources.NewClock(max(j.Speed, 1)), Timeout: j.Timeout})
	files := openFiles()
	var out outcome
	for range j.Rounds {
		for _, r := range c.Collect(context.Background()) {
			b, _ := r.Body.(*cluster.ProbeReading)
			out.Rounds = append(out.Rounds, round{r.Took, b, r.Err})
		}
	}
	if err := c.Close(); err != nil {
		return err
	}
	if err := goleak.Find(); err != nil {
		out.Leak = err.Error()
	}
	// The poller keeps files of its own once it has begun.
	if n := openFiles(); n > files+2 {
		out.Leak += fmt.Sprintf("%d files open, %d before", n, files)
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func becomeNobody() error {
	const nobody = 65534
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(nobody, nobody, nobody); err != nil {
		return err
	}
	return syscall.Setresuid(nobody, nobody, nobody)
}

func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list)
}
