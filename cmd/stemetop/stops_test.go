package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// shellStarts starts this program through a line of sh in which "$0" is its name.
func shellStarts(t *testing.T, dir, line string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "stemetop") // package testscript goes by it
	if err := os.Symlink(self, name); err != nil {
		t.Fatal(err)
	}
	said := &bytes.Buffer{}
	cmd := exec.Command("sh", append([]string{"-c", line, name}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "XDG_STATE_HOME="+dir+"/state", "XDG_CONFIG_HOME="+dir+"/config")
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	return cmd, said
}

// comes waits for a file of the pattern.
func comes(t *testing.T, pattern string) {
	t.Helper()
	for end := time.Now().Add(slow); ; time.Sleep(time.Millisecond) {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("there is no %s", pattern)
		}
	}
}

// A demo that is told to end before it has a screen leaves nothing either.
func TestADemoEndedEarlyLeavesNothing(t *testing.T) {
	// Under nohup a child would ignore it too; one that is caught is not passed on.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		dir := t.TempDir()
		cmd, said := shellStarts(t, dir, `exec "$0" demo --no-record`)
		comes(t, dir+"/stemetop-demo-*")
		for range 3 { // a terminal that goes away sends more than one
			if err := cmd.Process.Signal(sig); err != nil && cmd.ProcessState == nil {
				t.Log(err) // over already
			}
		}
		_ = cmd.Wait() // the code is what counts
		if code := cmd.ProcessState.ExitCode(); code != 128+int(sig) {
			t.Errorf("%v: exit code %d (-1: it was killed): %s", sig, code, said)
		}
		if left, err := filepath.Glob(dir + "/stemetop-*"); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", sig, left, err)
		}
	}
}

// With nohup a recording goes on when its terminal is gone.
func TestAnIgnoredHangupStaysIgnored(t *testing.T) {
	fake := httptest.NewServer(http.HandlerFunc(serveFake))
	defer fake.Close()
	dir := t.TempDir()
	cmd, said := shellStarts(t, dir, `trap '' HUP; exec "$0" "$@"`, "record", "--primary", fake.URL+"/lag/1")
	comes(t, dir+"/state/stemetop/recordings/*")
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if ignored := regexp.MustCompile(`SigIgn:\s*[0-9a-f]*[13579bdf]\n`); !ignored.Match(status) { // bit 0 is SIGHUP
		t.Errorf("SIGHUP is not ignored any more:\n%s", status)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}
