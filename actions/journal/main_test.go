package journal

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources/cluster"
)

// childEnv makes the test binary play a second process, with the journal in its
// working directory.
const childEnv = "STEMETOP_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		children[name]()
		return
	}
	goleak.VerifyTestMain(m)
}

// children are the parts that a second process plays.
var children = map[string]func(){
	"hold": func() {
		j, _, err := Open(options("."))
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString("held\n")
		io.Copy(io.Discard, os.Stdin) // until the parent lets go
		if err := j.Close(); err != nil {
			panic(err)
		}
	},
	"crash": crashChild,
}

func child(t *testing.T, name, dir string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe)
	c.Dir = dir
	c.Env = append(append(os.Environ(), childEnv+"="+name), env...)
	c.Stderr = os.Stderr
	return c
}

var begin = time.Date(2026, 11, 22, 3, 12, 40, 123_456_789, time.UTC)

func options(dir string) Options {
	return Options{
		Dir: dir, Now: func() time.Time { return begin }, Mono: func() time.Duration { return 5 * time.Second },
		Origin: Origin{Version: "1.0.0", Host: cluster.Clean("ws7"), User: cluster.Clean("dana"), PID: 7, Run: "r1", Cluster: cluster.Clean("prod-eu")},
	}
}

// open returns a journal that is closed with the test.
func open(t testing.TB, o Options) (*Journal, Report) {
	t.Helper()
	j, r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, r
}

func intent(action string) Intent {
	return Intent{
		Action: action, Plan: "p-" + action, Kind: "throttle", Tier: "light",
		Who: Who{Person: cluster.Clean("dana"), Via: "terminal"}, Target: Target{Cluster: cluster.Clean("prod-eu"), ID: "node2"},
		Request: Request{Method: "POST", URL: "http://p1:18180/v1/admin/rate-limit", Body: `{"max_assertions_per_sec":500}`, ID: "p-" + action},
		Seen:    []Fact{{Name: "lag", Value: cluster.Clean("41.3 s"), Age: time.Second, Source: "metrics"}},
	}
}

func outcome(action, verdict string) Outcome {
	return Outcome{Action: action, Verdict: verdict, Summary: cluster.Clean(verdict), Status: 200}
}

// must checks that a record was written, and returns where.
func must(t testing.TB) func(Entry, error) Entry {
	return func(e Entry, err error) Entry {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// want checks the state of a segment.
func want(t testing.TB, path string, s State) Report {
	t.Helper()
	r, err := Verify(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != s {
		t.Fatalf("%s is %q (%s, at %d), want %q", path, r.State, r.Why, r.BrokenAt, s)
	}
	return r
}

// actions lists what is open.
func actions(open []OpenAction) string {
	var ids []string
	for _, o := range open {
		id := o.Intent.Action
		if o.Outcome != nil {
			id += "?"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}
