package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo"
)

// startDemo starts a cluster with something wrong and returns a configuration
// file for it, as a person would have written it.
func startDemo(t *testing.T, scenario string) string {
	t.Helper()
	return startDemoAt(t, scenario, sources.NewClock(1))
}

func startDemoAt(t *testing.T, scenario string, clock sources.Clock) string {
	t.Helper()
	dir := t.TempDir()
	public, key, err := newKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := demo.Start(t.Context(), demo.Options{
		Scenario: scenario, Seed: 1, Clock: clock, Authorized: []ssh.PublicKey{public},
		Allowed: scripts(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := demoConfig(cluster.Nodes(), dir, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.yaml")
	if err := writeConfig(file, c, false); err != nil {
		t.Fatal(err)
	}
	return file
}

// call runs the program in this process.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	term := terminal{os.Stdin, &out, &complaints}
	code, err := execute(t.Context(), term, args)
	if err != nil {
		code = term.fail(err)
	}
	return code, out.String(), complaints.String()
}

// All the parts together, over real HTTP and SSH: lag, counts and hosts.
func TestStatusOfARealCluster(t *testing.T) {
	file := startDemo(t, "disk")
	_, out, complaints := call(t, "status", "--config", file, "--json", "--for", "6s")
	if complaints != "" {
		t.Fatal(complaints)
	}
	var r struct {
		Primary struct {
			Reachable bool     `json:"reachable"`
			Ingest    *float64 `json:"ingest_per_second"`
		} `json:"primary"`
		Replicas []struct {
			ID  string `json:"id"`
			Lag struct {
				Seconds *float64 `json:"seconds"`
				State   string   `json:"state"`
			} `json:"lag"`
			Host struct {
				Error *string             `json:"error"`
				CPU   map[string]*float64 `json:"cpu"`
				Disks []struct {
					Device string   `json:"device"`
					WAL    bool     `json:"wal"`
					Util   *float64 `json:"util_percent"`
				} `json:"disks"`
				Processes []struct {
					Command string `json:"command"`
				} `json:"processes"`
			} `json:"host"`
		} `json:"replicas"`
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if !r.Primary.Reachable || r.Primary.Ingest == nil || len(r.Replicas) != 4 {
		t.Fatalf("got\n%s", out)
	}
	for _, replica := range r.Replicas {
		h := replica.Host
		if replica.Lag.Seconds == nil || replica.Lag.State != "live" || h.Error != nil || len(h.Disks) < 2 || len(h.Processes) == 0 {
			t.Fatalf("%s is not all known:\n%s", replica.ID, out)
		}
		if d := h.Disks[0]; d.Device != "nvme0n1" || !d.WAL || d.Util == nil {
			t.Errorf("%s: the first disk is %+v, want the WAL's", replica.ID, d)
		}
		for _, name := range []string{"user", "system", "iowait", "steal", "idle"} {
			if h.CPU[name] == nil {
				t.Errorf("%s: %s is not known", replica.ID, name)
			}
		}
	}
}

// A fault that doctor can't know must not hide what it can.
func TestDoctorOnARealCluster(t *testing.T) {
	file := startDemo(t, "healthy")
	code, out, complaints := call(t, "doctor", "--config", file)
	if complaints != "" {
		t.Fatal(complaints)
	}
	for _, node := range []string{"node1", "node2", "node3", "node4", "node5"} {
		for _, what := range []string{"metrics", "ssh", "figures", "wal", "process", "sockets", "service", "tools", "cost"} {
			if !hasLine(out, "ok", node, what) {
				t.Errorf("%s of %s is not ok", what, node)
			}
		}
		// One in which nothing happened has no line, and that is no fault.
		if !hasLine(out, "ok", node, "log") && !hasLine(out, "none", node, "log") {
			t.Errorf("the log of %s can't be read", node)
		}
	}
	for _, node := range []string{"node2", "node3", "node4", "node5"} {
		for _, what := range []string{"RPC port open from the primary's host, by ssh", "ping from the primary's host: 3 of 3 back", "forwarded connection in "} {
			if !regexp.MustCompile(`(?m)^ok +` + node + ` +path .*` + regexp.QuoteMeta(what)).MatchString(out) {
				t.Errorf("%s: no line that its path is well: %s", node, what)
			}
		}
	}
	if !hasLine(out, "ok", "node1", "api.toml") || hasLine(out, "ok", "node2", "api.toml") {
		t.Error("not the primary's api.toml alone")
	}
	if !hasLine(out, "ok", "node1", "admin") || code != exitOK {
		t.Errorf("exit code %d", code)
	}
	t.Log(out)
}

// hasLine looks for a finding.
func hasLine(out string, words ...string) bool {
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) >= len(words) && strings.Join(f[:len(words)], " ") == strings.Join(words, " ") {
			return true
		}
	}
	return false
}

// What reads a real cluster's file reads the demo's: nothing is special but the values.
func TestTheDemosConfigurationIsAnOrdinaryOne(t *testing.T) {
	file := startDemo(t, "healthy")
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}
