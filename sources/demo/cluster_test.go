package demo

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no clock":         {},
		"unknown scenario": {Clock: &handClock{}, Scenario: "earthquake"},
		"too many":         {Clock: &handClock{}, Replicas: 1001},
		"negative":         {Clock: &handClock{}, Replicas: -1},
		"crash of nobody":  {Clock: &handClock{}, CrashLoop: "node9"},
	} {
		if c, err := Start(t.Context(), o); err == nil {
			_ = c.Close()
			t.Errorf("%s: started", name)
		}
	}
	var names []string
	for _, s := range Scenarios() {
		names = append(names, s.Name)
		if s.Help == "" {
			t.Errorf("%s has no help", s.Name)
		}
	}
	if got := strings.Join(names, " "); got != "healthy disk cpu network breaker sync-errors overload corruption crash-loop incident" {
		t.Errorf("scenarios: %s", got)
	}
}

func TestNodes(t *testing.T) {
	c := run(t, Options{Clock: &handClock{}, Hosts: 3})
	nodes := c.Nodes()
	if len(nodes) != 5 || nodes[0].ID != "node1" || nodes[0].Role != "primary" || nodes[4].ID != "node5" || nodes[4].Role != "replica" {
		t.Fatalf("%+v", nodes)
	}
	for i, n := range nodes {
		if (n.SSHAddr != "") != (i < 3) || (n.HostKey != nil) != (i < 3) || (n.AgentID != "") != (i > 0) {
			t.Errorf("%+v", n)
		}
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", n.RPCAddr)
		if err != nil {
			t.Errorf("%s: rpc: %v", n.ID, err)
			continue
		}
		_ = conn.Close()
		for _, addr := range []string{strings.TrimPrefix(n.MetricsURL, "http://"), n.RPCAddr, n.SSHAddr} {
			if host, _, err := net.SplitHostPort(addr); addr != "" && (err != nil || host != "127.0.0.1") {
				t.Errorf("%s listens on %q", n.ID, addr)
			}
		}
	}
	if info, err := os.Stat(c.scratch.Path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// The cluster ends with its context too.
func TestContextEnds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	c, err := Start(ctx, Options{Clock: &handClock{}})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		t.Fatal("still running")
	}
	if _, err := os.Stat(c.scratch.Path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", c.scratch.Path, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// What is written to a log is found there, with its time.
func TestJournal(t *testing.T) {
	clock := &handClock{}
	c := run(t, Options{Scenario: "sync-errors", Clock: clock})
	nodes := c.Nodes()
	waitFor(t, clock, nodes[2].LogFile, "2026-11-22T03:00:")
	waitFor(t, clock, nodes[2].LogFile, "ERROR sync error: ")
	waitFor(t, clock, nodes[0].LogFile, "INFO  merkle sync started: replica=node3")
	waitFor(t, clock, nodes[0].LogFile, "WARN  replication: replica node3 is ")
}

// waitFor moves the clock until the file holds the text.
func waitFor(t *testing.T, clock *handClock, file, text string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		clock.move(time.Second)
		b, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(b), text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: no %q in %q, %v", file, text, b, err)
		}
	}
}

func TestJournalBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	line := physics.Line{Level: physics.Info, Text: strings.Repeat("x", 1000)}
	for range 2000 {
		if err := j.write(epoch, line); err != nil {
			t.Fatal(err)
		}
	}
	_ = j.f.Close()
	for _, p := range []string{path, path + ".1"} {
		if info, err := os.Stat(p); err != nil || info.Size() > maxLog+2000 {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
}

// BenchmarkStart has a budget of 50 ms: the demo's first text depends on it.
func BenchmarkStart(b *testing.B) {
	b.Setenv("TMPDIR", "")
	for b.Loop() {
		c, err := Start(b.Context(), Options{Clock: &handClock{}})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err = c.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
