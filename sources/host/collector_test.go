package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/remote"
)

var _ sources.Collector = (*host.Collector)(nil)

// hand is a clock that is set by hand.
type hand struct {
	sources.Clock
	off   time.Duration
	speed float64
}

func newHand() *hand { return &hand{Clock: sources.NewClock(1), speed: 1} }

func (h *hand) Mono() time.Duration { return h.Clock.Mono() + h.off }
func (h *hand) Speed() float64      { return h.speed }

// pretend is a transport whose command is another: what a host could do to us.
type pretend struct {
	local
	script string // run in place of the command; NONCE stands for the nonce
}

func (p *pretend) Start(_ context.Context, command string) (remote.Session, error) {
	p.count++
	args := strings.ReplaceAll(p.script, "NONCE", command[strings.LastIndexByte(command, ' ')+1:])
	return (&local{shell: "/bin/sh"}).run(args)
}

// broken can't start anything.
type broken struct {
	err   error
	count int
}

func (b *broken) Start(context.Context, string) (remote.Session, error) {
	b.count++
	return nil, b.err
}
func (b *broken) Close() error { return nil }

func TestHostsThatMisbehave(t *testing.T) {
	const hello = `printf '\n@NONCE HELLO 1 Linux\n'; `
	const quiet = `while read -r _; do :; done`
	for _, tt := range []struct {
		name, script string
		kind         cluster.FailureKind
		what         string
	}{
		{"not Linux", `echo; echo '@NONCE HELLO 1 FreeBSD'; cat`, cluster.FailUnsupported, "the host runs FreeBSD, not Linux"},
		{"another protocol", `echo; echo '@NONCE HELLO 9 Linux'; exec cat >/dev/null`, cluster.FailFormat, "HELLO of version 9"},
		{"no shell", `exec /no/such/shell`, cluster.FailShell, "/bin/sh can't run the script: exit status 127"},
		{"no such syntax", `echo 'sh: 3: Syntax error: "(" unexpected' >&2; exit 2`, cluster.FailShell, "Syntax error"},
		{"nothing but the end", `exit 0`, cluster.FailCommand, "exit status 0"},
		{"killed", `kill -9 $$`, cluster.FailReset, "connection closed"},
		{"silence", quiet, cluster.FailTimeout, "no HELLO"},
		{"a question", `printf 'Password: '; ` + quiet, cluster.FailCommand, "it printed: Password:"},
		{"an endless line", hello + `exec tr '\0' x </dev/zero`, cluster.FailTooLarge, "line longer than 65536 bytes"},
		{"an endless answer", hello + `printf '@NONCE B 1 facts\n'; exec yes`, cluster.FailTooLarge, "answer larger than 1048576 bytes"},
		{"an end", hello + `echo bad luck >&2; exit 5`, cluster.FailReset, "exit status 5; it printed: bad luck"},
		{"no facts", hello + `while read -r _ n _; do echo "@NONCE D $n"; done`, cluster.FailFormat, "facts were cut off"},
		{"old ticks", hello + `for i in 7 8 9 7 8 9; do echo "@NONCE D $i"; done; ` + quiet, cluster.FailTimeout, "slow: no answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := collector(t, host.Options{Transport: &pretend{script: tt.script}})
			c.SetLimits(700*time.Millisecond, 500*time.Millisecond)
			if f := failure(t, c); f.Kind != tt.kind || !strings.Contains(f.What.String(), tt.what) {
				t.Errorf("%s: %s", f.Kind, f.What)
			}
		})
	}
}

// A failure that time does not heal is tried again after a minute, others after
// the backoff; in between the failure stands, with the time left.
func TestRetry(t *testing.T) {
	for _, tt := range []struct {
		err   error
		kind  cluster.FailureKind
		pause time.Duration
	}{
		{cluster.Fail(cluster.FailAuth, "authentication refused", "try another key"), cluster.FailAuth, time.Minute},
		{cluster.Fail(cluster.FailHostChanged, "host key changed", "look"), cluster.FailHostChanged, time.Minute},
		{cluster.Fail(cluster.FailRefused, "refused", ""), cluster.FailRefused, 10 * time.Second},
		{cluster.Fail(cluster.FailConnecting, "waiting for the passphrase", ""), cluster.FailConnecting, 0},
		{errors.New("what is this"), cluster.FailOther, 10 * time.Second},
		{context.DeadlineExceeded, cluster.FailTimeout, 10 * time.Second},
	} {
		clock, tr := newHand(), &broken{err: tt.err}
		c := collector(t, host.Options{Transport: tr, Clock: clock, Backoff: func(int) time.Duration { return 10 * time.Second }})
		if f := failure(t, c); f.Kind != tt.kind || strings.Contains(f.What.String(), "next try") {
			t.Errorf("%s: %s", f.Kind, f.What)
		}
		if tt.pause > 0 {
			clock.off += tt.pause - 2*time.Second
			if f := failure(t, c); f.Kind != tt.kind || !strings.HasSuffix(f.What.String(), "; next try in 2 s") || tr.count != 1 {
				t.Errorf("%s: %s, %d tries", f.Kind, f.What, tr.count)
			}
			clock.off += 2 * time.Second
		}
		if failure(t, c); tr.count != 2 {
			t.Errorf("%s: %d tries", tt.kind, tr.count)
		}
	}
}

// A host that lets us in and then ends each session is no storm of logins.
func TestNoStorm(t *testing.T) {
	var waits []int
	clock, tr := newHand(), &pretend{script: `printf '\n@NONCE HELLO 1 Linux\n'`}
	c := collector(t, host.Options{Transport: tr, Clock: clock, Backoff: func(n int) time.Duration {
		waits = append(waits, n)
		return time.Minute
	}})
	for range 4 {
		for range 5 {
			failure(t, c)
		}
		clock.off += time.Minute
	}
	if tr.count != 4 || len(waits) != 4 || waits[3] != 4 {
		t.Errorf("%d logins, backoff of %v", tr.count, waits)
	}
}

func TestOptionsThatCantBeSent(t *testing.T) {
	c := collector(t, host.Options{Transport: &local{}, WALPath: "/a\nT 1 facts"})
	if f := failure(t, c); f.Kind != cluster.FailConfig {
		t.Errorf("%s: %s", f.Kind, f.What)
	}
}

// A process that is started anew is found at the next look, one that ends makes
// it come sooner, and processes are read at their own rate.
func TestProcesses(t *testing.T) {
	for _, dialect := range dialects {
		proc, sys := roots(t, "linux-6.12")
		clock := newHand()
		c := collector(t, host.Options{Transport: &local{}, Clock: clock, Dialect: dialect, Proc: proc, Sys: sys})
		if _, r := collect(t, c); !r.AskedProcesses || len(r.Processes) != 1 {
			t.Fatalf("%s: %+v", dialect, r.Processes)
		}
		if _, r := collect(t, c); r.AskedProcesses {
			t.Errorf("%s: asked at once again", dialect)
		}
		stat, err := os.ReadFile(filepath.Join(proc, "4242/stat"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(proc, "4242")); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(proc, "5000/comm"), "stemedb\n")
		write(t, filepath.Join(proc, "5000/stat"), strings.Replace(string(stat), "4242 (", "5000 (", 1))
		clock.off += 2 * time.Second
		if _, r := collect(t, c); !r.AskedProcesses || len(r.Processes) != 0 {
			t.Errorf("%s: %+v", dialect, r.Processes)
		}
		if _, r := collect(t, c); !r.AskedProcesses || len(r.Processes) != 1 || r.Processes[0].PID != 5000 {
			t.Errorf("%s: %+v", dialect, r.Processes)
		}
	}
}

// Of very many processes some are followed, and it is said so.
func TestManyProcesses(t *testing.T) {
	for _, dialect := range dialects {
		proc, sys := roots(t, "linux-6.12")
		stat, err := os.ReadFile(filepath.Join(proc, "4242/stat"))
		if err != nil {
			t.Fatal(err)
		}
		for pid := 5000; pid < 5070; pid++ {
			dir := filepath.Join(proc, strconv.Itoa(pid))
			write(t, filepath.Join(dir, "comm"), "stemedb\n")
			write(t, filepath.Join(dir, "stat"), strings.Replace(string(stat), "4242 (", strconv.Itoa(pid)+" (", 1))
		}
		_, r := collect(t, collector(t, host.Options{Transport: &local{}, Dialect: dialect, Proc: proc, Sys: sys}))
		if len(r.Processes) != 64 || len(r.Missing) != 1 || !strings.HasPrefix(r.Missing[0].Why.String(), "more than 64") {
			t.Errorf("%s: %d processes, %+v", dialect, len(r.Processes), r.Missing)
		}
	}
}

// A device that was plugged in has figures as soon as it is known not to be a
// partition; one that sysfs never shows does not make us ask on and on.
func TestHotPlug(t *testing.T) {
	proc, sys := roots(t, "linux-6.12")
	clock := newHand()
	c := collector(t, host.Options{Transport: &local{}, Clock: clock, Proc: proc, Sys: sys})
	collect(t, c)
	const counters = " 5 0 40 1 0 0 0 0 0 1 1\n"
	write(t, filepath.Join(proc, "diskstats"), "8 0 sda"+counters+"8 1 sda1"+counters+"9 9 ghost"+counters)
	write(t, filepath.Join(sys, "block/sda/dev"), "8:0\n")
	write(t, filepath.Join(sys, "block/sda/sda1/partition"), "1\n")
	write(t, filepath.Join(sys, "block/sda/sda1/dev"), "8:1\n")
	if facts, r := collect(t, c); facts != nil || len(r.Disks) != 0 {
		t.Errorf("%+v", r.Disks)
	}
	clock.off += 5 * time.Second
	if facts, r := collect(t, c); facts == nil || len(r.Disks) != 1 || r.Disks[0].Name.String() != "sda" {
		t.Errorf("%+v", r.Disks)
	}
	clock.off += 5 * time.Second
	if facts, r := collect(t, c); facts != nil || len(r.Disks) != 1 {
		t.Errorf("asked again: %+v", r.Disks)
	}
}

// Without sysfs, as in some containers, partitions are told by their names.
func TestNoSysfs(t *testing.T) {
	proc, _ := roots(t, "linux-5.5")
	c := collector(t, host.Options{Transport: &local{}, Proc: proc, Sys: filepath.Join(proc, "nothing"), WALPath: "/var"})
	facts, r := collect(t, c)
	if got := namesOf(r.Disks, func(d cluster.DiskCounters) cluster.Text { return d.Name }); got != "nvme0c0n1 nvme0n1" {
		t.Errorf("%q", got)
	}
	if !facts.WAL.Device.IsZero() || facts.WAL.Why.IsZero() {
		t.Errorf("%+v", facts.WAL)
	}
}

// A WAL path that blocks whoever looks at it costs the device, not the figures.
func TestWALHangs(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "mountinfo")
	proc, sys := roots(t, "linux-6.12")
	// Reading a FIFO without a writer blocks, as a path on a dead file server does.
	if err := os.Remove(filepath.Join(proc, "self/mountinfo")); err != nil {
		t.Fatal(err)
	}
	mkfifo(t, fifo)
	if err := os.Symlink(fifo, filepath.Join(proc, "self/mountinfo")); err != nil {
		t.Fatal(err)
	}
	c := collector(t, host.Options{Transport: &local{}, Proc: proc, Sys: sys, WALPath: "/"})
	c.SetLimits(5*time.Second, 200*time.Millisecond)
	for range 3 {
		if f := failure(t, c); f.Kind != cluster.FailTimeout {
			t.Errorf("%s: %s", f.Kind, f.What)
		}
	}
	until(t, "figures", func() bool { rs := c.Collect(t.Context()); return len(rs) == 2 && rs[1].Err == nil })
}

// Collect ends with its context, and a faster clock is not compared to the host's.
func TestContextAndSpeed(t *testing.T) {
	clock := newHand()
	clock.speed = 20
	c := collector(t, host.Options{Transport: &pretend{script: `exec cat >/dev/null`}, Clock: clock})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if rs := c.Collect(ctx); len(rs) != 0 {
		t.Errorf("%+v", rs)
	}
	facts, _ := collect(t, collector(t, host.Options{Transport: &local{}, Clock: clock}))
	if facts.ClockKnown {
		t.Errorf("%+v", facts)
	}
}
