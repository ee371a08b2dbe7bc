package logs_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/logs"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// over makes a transport of package ssh one of package remote.
type over struct{ t *ssh.Builtin }

func (o over) Start(ctx context.Context, command string) (remote.Session, error) {
	return o.t.Start(ctx, command)
}

func (o over) Close() error { return o.t.Close() }

// nobody runs every command of a server as an account without rights.
const nobody = "\nForceCommand setpriv --reuid 65534 --regid 65534 --clear-groups /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\n"

func collector(t *testing.T, s *sshtest.Server, o logs.Options) *logs.Collector {
	t.Helper()
	tr, err := ssh.New(ssh.Options{Target: s.Target(), ConfigFile: s.ClientConfig, KnownHosts: []string{s.KnownHosts}, IdentityFile: s.ClientKey})
	if err != nil {
		t.Fatal(err)
	}
	o.Node, o.Transport, o.Clock, o.Unit = "node2", over{tr}, sources.NewClock(1), "stemedb-api"
	o.Backoff = func(int) time.Duration { return 100 * time.Millisecond }
	c := logs.New(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// heard is all that was read of a log.
type heard struct {
	lines   []cluster.LogLine
	left    uint64
	gap     bool
	status  cluster.LogStatus
	failure *cluster.Failure // the newest
}

func (h *heard) has(text string) bool {
	for i := range h.lines {
		if strings.Contains(h.lines[i].Text.String(), text) {
			return true
		}
	}
	return false
}

func (h *heard) count(text string) (n int) {
	for i := range h.lines {
		if strings.Contains(h.lines[i].Text.String(), text) {
			n++
		}
	}
	return n
}

// until collects until done says so.
func (h *heard) until(t *testing.T, c *logs.Collector, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(45 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s; %d lines, failure %v, status %d", what, len(h.lines), h.failure, h.status)
		}
		for _, r := range c.Collect(t.Context()) {
			h.failure = r.Err
			if b, ok := r.Body.(*cluster.LogReading); ok {
				h.lines, h.left, h.gap, h.status = append(h.lines, b.Lines...), h.left+b.Left, h.gap || b.Gap, b.Status
			}
		}
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err = f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFile follows a file that is rotated and cut, with what could harm a screen
// in it, and leaves nothing behind.
func TestFile(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	path := filepath.Join(t.TempDir(), "it's the log")
	appendTo(t, path, "2026-11-22T03:12:40.5Z ERROR sync error: before we looked\n2026-11-22 03:12:41 INFO \x1b[2J\x1b]0;owned\x07plain\n")
	c := collector(t, s, logs.Options{File: path})
	var h heard
	h.until(t, c, "what was there", func() bool { return h.has("before we looked") && h.has("plain") })
	if l := h.lines[0]; l.Level != cluster.LevelError || !l.At.Equal(time.Date(2026, 11, 22, 3, 12, 40, 5e8, time.UTC)) || l.Arrived {
		t.Errorf("the first line is %+v", l)
	}
	for i := range h.lines {
		if strings.ContainsAny(h.lines[i].Text.String(), "\x1b\x07") {
			t.Errorf("a line that harms: %q", h.lines[i].Text.String())
		}
	}
	appendTo(t, path, "WARN one more\n")
	h.until(t, c, "a new line", func() bool { return h.has("one more") })
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, "merkle sync started: diff=12\n")
	h.until(t, c, "a line of the next file", func() bool { return h.has("diff=12") })
	if n := h.count("before we looked"); n != 1 {
		t.Errorf("%d times the first line", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(20 * time.Second); len(s.Processes()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left behind on the host: %v", s.Processes())
		}
	}
}

// TestFileThatGoes says so of a file that is there no more, or for other eyes only,
// while it is followed, and goes on when it is there again.
func TestFileThatGoes(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: nobody})
	dir := t.TempDir()
	for d := dir; d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "log")
	begin := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path+".new", mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	begin("2026-11-22T03:12:40Z INFO begin\n", 0o644)
	c := collector(t, s, logs.Options{File: path})
	var h heard
	h.until(t, c, "the first line", func() bool { return h.has("begin") && h.failure == nil })
	begin("2026-11-22T03:12:41Z INFO hidden\n", 0o600)
	h.until(t, c, "its mode", func() bool { return h.failure != nil && h.failure.Kind == cluster.FailPermission })
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	h.until(t, c, "it may be read", func() bool { return h.failure == nil && h.has("hidden") })
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	h.until(t, c, "it is gone", func() bool {
		return h.failure != nil && h.failure.Kind == cluster.FailMissing && h.status == cluster.LogNoFile
	})
	begin("2026-11-22T03:12:42Z INFO anew\n", 0o644)
	h.until(t, c, "it is there again", func() bool { return h.failure == nil && h.has("anew") })
	if n := h.count("begin"); n != 1 {
		t.Errorf("%d times the first line", n)
	}
}

// TestFileWithoutTimes takes no line for one of now that stood in the file before and
// tells no time: it may be of last week. One behind a line that tells it is of then.
func TestFileWithoutTimes(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	path := filepath.Join(t.TempDir(), "log")
	appendTo(t, path, "merkle sync: corruption\n{\"level\":\"ERROR\",\"msg\":\"panic\",\"time\":\"2026-11-22T03:12:40Z\"}\n  at apply.rs:12\n")
	c := collector(t, s, logs.Options{File: path})
	var h heard
	h.until(t, c, "what was there", func() bool { return h.has("apply.rs") })
	if h.has("corruption") || h.left != 1 {
		t.Errorf("a line of nobody knows when is heard, and %d are left out", h.left)
	}
	then := time.Date(2026, 11, 22, 3, 12, 40, 0, time.UTC)
	for i := range h.lines {
		if l := &h.lines[i]; l.Arrived || !l.At.Equal(then) {
			t.Errorf("%+v is not of %v", l, then)
		}
	}
	h.until(t, c, "a line of now", func() bool {
		appendTo(t, path, "merkle sync: late\n")
		return slices.ContainsFunc(h.lines, func(l cluster.LogLine) bool { return l.Arrived })
	})
}

// TestFlood has the host send no more than its share of many lines, and those
// that matter rather than others.
func TestFlood(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	path := filepath.Join(t.TempDir(), "log")
	appendTo(t, path, "2026-11-22T03:12:40Z INFO begin\n")
	c := collector(t, s, logs.Options{File: path})
	var h heard
	h.until(t, c, "the first line", func() bool { return h.has("begin") })
	appendTo(t, path, "sync error: early\n"+strings.Repeat("INFO request served\n", 5000)+"sync error: late\n")
	h.until(t, c, "the last line", func() bool { return h.has("late") && h.left > 0 })
	if !h.has("early") || h.count("served") > 200 {
		t.Errorf("early %v, %d others, %d left out", h.has("early"), h.count("served"), h.left)
	}
	if got := uint64(h.count("served")) + h.left; got != 5000 {
		t.Errorf("%d of 5000 lines accounted for", got)
	}
}

func TestFileAnswers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	empty, secret := filepath.Join(dir, "empty"), filepath.Join(dir, "secret")
	appendTo(t, empty, "")
	appendTo(t, secret, "INFO for nobody's eyes\n")
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, config, what string
		status                   cluster.LogStatus
	}{
		{"empty", empty, "", "", cluster.LogEmpty},
		{"not there", filepath.Join(dir, "none"), "", "is not there", cluster.LogNoFile},
		{"a directory", dir, "", "is a directory", 0},
		{"a pipe", pipe, "", "is a pipe", 0},
		{"no permission", secret, nobody, "can't be read by the account", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{Config: c.config})
			var h heard
			h.until(t, collector(t, s, logs.Options{File: c.file}), "an answer", func() bool {
				return h.status == c.status && (c.what == "") == (h.failure == nil) && (h.failure == nil || strings.Contains(h.failure.What.String(), c.what))
			})
		})
	}
}

// journal has systemd-journal-remote write a journal of the entries, and returns a
// directory of tools in which journalctl is the real one on that journal.
func journal(t *testing.T, mode os.FileMode, messages ...string) (tools string) {
	t.Helper()
	const writer = "/lib/systemd/systemd-journal-remote"
	if _, err := os.Stat(writer); err != nil {
		t.Fatalf("%v: apt-get install systemd-journal-remote", err)
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var export strings.Builder
	begin := time.Now().Add(-time.Minute)
	for i, m := range messages {
		fmt.Fprintf(&export, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_MACHINE_ID=00112233445566778899aabbccddeeff\n_SYSTEMD_UNIT=stemedb-api.service\nPRIORITY=6\nSYSLOG_IDENTIFIER=stemedb-api\nMESSAGE=%s\n\n",
			begin.Add(time.Duration(i)*time.Second).UnixMicro(), 1000000*(i+1), m)
	}
	source, target := filepath.Join(dir, "export"), filepath.Join(dir, "journal", "db.journal")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if len(messages) > 0 {
		appendTo(t, source, export.String())
		if out, err := exec.Command(writer, "-o", target, source).CombinedOutput(); err != nil { //nolint:noctx // it ends by itself
			t.Fatalf("%v: %s", err, out)
		}
		if err := os.Chmod(target, mode); err != nil {
			t.Fatal(err)
		}
	}
	actual, err := exec.LookPath("journalctl")
	if err != nil {
		t.Fatalf("%v: apt-get install systemd", err)
	}
	tools = filepath.Join(dir, "tools")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "#!/bin/sh\nexec " + actual + " -D " + filepath.Dir(target) + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(tools, "journalctl"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return tools
}

// TestJournal reads a journal as journald leaves it, by the real journalctl.
func TestJournal(t *testing.T) {
	tools := journal(t, 0o644, "ERROR sync error: peer closed", "merkle sync completed: \x1b[31mred", "WARN slow")
	s := sshtest.Start(t, sshtest.Options{Config: "\nSetEnv STEMETOP_PATH=" + tools + "\n"})
	c := collector(t, s, logs.Options{})
	var h heard
	h.until(t, c, "three entries", func() bool { return len(h.lines) >= 3 })
	if h.failure != nil || len(h.lines) != 3 {
		t.Fatalf("%d lines, %v", len(h.lines), h.failure)
	}
	for i, want := range []struct {
		level  cluster.LogLevel
		topics cluster.LogTopic
	}{{cluster.LevelError, cluster.TopicSyncError}, {cluster.LevelInfo, cluster.TopicSync}, {cluster.LevelWarn, 0}} {
		l := &h.lines[i]
		if l.Level != want.level || l.Topics() != want.topics || l.Arrived || l.Ident.String() != "stemedb-api" || strings.Contains(l.Text.String(), "\x1b") {
			t.Errorf("entry %d is %+v", i, l)
		}
	}
	if by := h.lines[2].At.Sub(h.lines[0].At); by != 2*time.Second {
		t.Errorf("first and last are %v apart", by)
	}
}

func TestJournalAnswers(t *testing.T) {
	for _, c := range []struct {
		name, tools, config, what string
	}{
		{"no permission", journal(t, 0o600, "INFO secret"), nobody, "may not read the journal"},
		{"no journal", journal(t, 0o644), "", "there is no journal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{Config: c.config + "\nSetEnv STEMETOP_PATH=" + c.tools + "\n"})
			var h heard
			h.until(t, collector(t, s, logs.Options{}), c.what, func() bool {
				return h.failure != nil && strings.Contains(h.failure.What.String(), c.what)
			})
			if h.failure.Hint.IsZero() || len(h.lines) > 0 {
				t.Errorf("%+v, %d lines", h.failure, len(h.lines))
			}
		})
	}
}
