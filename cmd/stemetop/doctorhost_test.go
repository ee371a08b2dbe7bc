package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// TestDoctorOfAHostThatHides makes sure that what a host does not show is named,
// and waited for no longer.
func TestDoctorOfAHostThatHides(t *testing.T) {
	proc := t.TempDir()
	for _, name := range []string{"uptime", "stat", "diskstats", "net/dev", "loadavg"} {
		text, err := os.ReadFile(filepath.Join("/proc", name))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(proc, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(proc, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := sshtest.Start(t, sshtest.Options{})
	file := filepath.Join(t.TempDir(), "config.yaml")
	const text = `
primary: {id: node1, url: "http://127.0.0.1:1"}
replicas:
  - {id: node2, ssh: %q, proc: %q, log_file: /nowhere/a.log}
  - {id: node3, ssh: %q, proc: /nowhere, log_file: %q}
ssh: {config: %q, known_hosts: %q, identity_file: %q}
`
	written := filepath.Join(proc, "b.log")
	if err := os.WriteFile(written, []byte("2026-11-22 03:12:44 INFO started\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, text, s.Target(), proc, s.Target(), written, s.ClientConfig, s.KnownHosts, s.ClientKey), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_, out, complaints := call(t, "doctor", "--config", file)
	if took := time.Since(begin); took > patience/2 || complaints != "" {
		t.Errorf("after %v: %s", took, complaints)
	}
	for _, want := range []string{
		`ok +node2 +ssh `, `ok +node2 +figures .*ms +cpu, disks, network$`,
		`FAIL +node2 +figures +meminfo: not on this host`, `FAIL +node2 +figures +processes: the host hides`,
		`FAIL +node3 +figures +stat: not on this host`, `FAIL +node3 +figures +processes: not on this host`,
		`FAIL +node2 +log .*/nowhere/a\.log is not there$`, `ok +node3 +log .*/b\.log can be read$`,
	} {
		if !regexp.MustCompile("(?m)^" + want).MatchString(out) {
			t.Errorf("no line %q in\n%s", want, out)
		}
	}
	if hasLine(out, "ok", "node3", "figures") || strings.Contains(out, "no process called") {
		t.Errorf("claims what was not seen:\n%s", out)
	}
}

func TestWALFindingOfAPathThatMayNotBeEntered(t *testing.T) {
	w := &wiring{config: config.Default()}
	for why, want := range map[string]string{
		"the account may not enter /secret": "let the account enter it",
		"/secret does not exist":            "set wal_path",
	} {
		f := w.walFinding(config.Node{ID: "node2"}, &cluster.WALDevice{Why: cluster.Clean(why)})
		if f.bad == nil || !strings.HasPrefix(f.bad.Hint.String(), want) || !strings.Contains(f.bad.What.String(), why) {
			t.Errorf("%s: %+v", why, f.bad)
		}
	}
}
