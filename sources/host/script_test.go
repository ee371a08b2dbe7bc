package host_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

func TestScriptIsConstant(t *testing.T) {
	changed := host.Script()
	changed[0] = 'X'
	if bytes.Equal(changed, host.Script()) {
		t.Error("a caller can change the script")
	}
}

// Every shell that is somewhere /bin/sh runs the script.
func TestShells(t *testing.T) {
	for _, sh := range []struct{ name, pkg, command string }{
		{"dash", "dash", "dash"},
		{"bash", "bash", "bash --posix"},
		{"busybox", "busybox-static", "busybox sh"},
		{"zsh", "zsh", "zsh --emulate sh"},
	} {
		path := tool(t, sh.name, sh.pkg)
		command := strings.Replace(sh.command, sh.name, path, 1)
		for _, dialect := range dialects {
			// What hardened hosts and odd accounts have in the environment.
			for _, v := range []string{"TMOUT=1", "POSIXLY_CORRECT=1", "CDPATH=/tmp", "LC_ALL=de_DE.UTF-8", "IFS=x"} {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			proc, sys := roots(t, "linux-4.18")
			c := collector(t, host.Options{
				Transport: &local{shell: command}, Dialect: dialect, Proc: proc, Sys: sys, WALPath: "/var/lib/stemedb",
			})
			facts, r := collect(t, c)
			if facts.WAL.Device.String() != "dm-1" || len(r.Disks) != 3 || len(r.Processes) != 1 {
				t.Errorf("%s, %s: %+v %+v", sh.name, dialect, facts, r)
			}
		}
	}
}

// A time limit for idle shells (TMOUT) does not end the script.
func TestIdle(t *testing.T) {
	t.Setenv("TMOUT", "1")
	c := collector(t, host.Options{Transport: &local{shell: tool(t, "bash", "bash")}, Dialect: "sh"})
	_, first := collect(t, c)
	time.Sleep(1200 * time.Millisecond) // idle for longer than that
	if _, r := collect(t, c); r.Uptime <= first.Uptime {
		t.Errorf("%v after %v", r.Uptime, first.Uptime)
	}
}

// The best dialect that the host has is taken; one that is there and can't be
// started counts as missing.
func TestDialectChoice(t *testing.T) {
	facts, _ := collect(t, collector(t, host.Options{Transport: &local{}}))
	if got := facts.Dialect.String(); got != "gawk" {
		t.Errorf("%q", got)
	}
	facts, _ = collect(t, collector(t, host.Options{Transport: &local{}, Dialect: "no such awk"}))
	if got := facts.Dialect.String(); got != "sh" {
		t.Errorf("%q", got)
	}
}

// The WAL path is followed through symbolic links, to a file too.
func TestWALPath(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "real dir", "wal.log"), "")
	for link, to := range map[string]string{"link": "real dir", "file": "real dir/wal.log", "dead": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	escape := strings.NewReplacer(" ", `\040`)
	for _, dialect := range dialects {
		proc, sys := roots(t, "linux-4.18")
		write(t, filepath.Join(proc, "self/mountinfo"),
			"1 0 253:0 / / rw - xfs /dev/x rw\n2 1 253:1 / "+escape.Replace(filepath.Join(dir, "real dir"))+" rw - xfs /dev/y rw\n")
		for path, want := range map[string]string{"link": "dm-1", "real dir": "dm-1", "file": "dm-1", ".": "dm-0", "dead": "", "absent": ""} {
			facts, _ := collect(t, collector(t, host.Options{
				Transport: &local{}, Dialect: dialect, Proc: proc, Sys: sys, WALPath: filepath.Join(dir, path),
			}))
			if got := facts.WAL; got.Device.String() != want || got.Device.IsZero() == got.Why.IsZero() {
				t.Errorf("%s: %s: %+v", dialect, path, got)
			}
		}
	}
}

// An account without rights gets no figure and no guess, but the reason.
func TestNotPermitted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("run this test as root: it becomes nobody")
	}
	proc, sys := roots(t, "linux-6.12")
	secret := filepath.Join(filepath.Dir(proc), "secret")
	write(t, filepath.Join(secret, "wal/log"), "")
	for _, dir := range []string{filepath.Dir(filepath.Dir(proc)), filepath.Dir(proc)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{
		secret: 0o700, filepath.Join(proc, "1"): 0o700, filepath.Join(proc, "pressure/io"): 0o600, filepath.Join(proc, "diskstats"): 0o600,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, dialect := range dialects {
		tr := &local{user: &syscall.Credential{Uid: 65534, Gid: 65534}}
		c := collector(t, host.Options{Transport: tr, Dialect: dialect, Proc: proc, Sys: sys, WALPath: filepath.Join(secret, "wal")})
		rs := c.Collect(t.Context())
		if len(rs) != 2 || rs[1].Err == nil || rs[1].Err.Kind != cluster.FailMissing || rs[1].Err.What.String() != "no figures: diskstats not permitted" {
			t.Fatalf("%s: %+v", dialect, rs)
		}
		facts, r := rs[0].Body.(*cluster.HostFacts), rs[1].Body.(*cluster.HostReading)
		if facts.WAL.Why.String() != "the account may not enter "+secret || r.AskedProcesses || r.Uptime == 0 || r.Disks != nil {
			t.Errorf("%s: %+v %+v", dialect, facts.WAL, r)
		}
		var missing []string
		for _, m := range r.Missing {
			missing = append(missing, m.Section.String()+": "+m.Why.String())
		}
		const want = "diskstats: not permitted, pressure: not permitted, processes: the host hides other users' processes (hidepid)"
		if got := strings.Join(missing, ", "); got != want {
			t.Errorf("%s: %s", dialect, got)
		}
	}
}

// Of very many processors only the sum is sent.
func TestManyProcessors(t *testing.T) {
	for _, dialect := range dialects {
		proc, sys := roots(t, "linux-6.12")
		lines := "cpu  1 2 3 4 5 6 7 8 0 0\n"
		for i := range 256 {
			lines += "cpu" + strings.Repeat("1", 1+i%3) + " 1 2 3 4 5 6 7 8 0 0\n"
		}
		write(t, filepath.Join(proc, "stat"), lines+"intr 1\n")
		c := collector(t, host.Options{Transport: &local{}, Dialect: dialect, Proc: proc, Sys: sys})
		facts, r := collect(t, c)
		_, again := collect(t, c)
		if facts.Cores != 256 || r.CPU.Steal != 8 || r.PerCPU != nil || again.CPU != r.CPU || again.PerCPU != nil {
			t.Errorf("%s: %d cores, %+v, %d", dialect, facts.Cores, r.CPU, len(r.PerCPU))
		}
	}
}

// A process' name with a newline and a forged frame stays one process.
func TestHostileName(t *testing.T) {
	for _, dialect := range dialects {
		proc, sys := roots(t, "linux-6.12")
		stat, err := os.ReadFile(filepath.Join(proc, "4242/stat"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(proc, "4242/stat"), strings.Replace(string(stat), "stemedb (a) b", "stemedb\n@x D\x1b[", 1))
		_, r := collect(t, collector(t, host.Options{Transport: &local{}, Dialect: dialect, Proc: proc, Sys: sys}))
		if len(r.Processes) != 1 || r.Processes[0].Command.String() != `stemedb @x D\x1b[` {
			t.Errorf("%s: %+v", dialect, r.Processes)
		}
	}
}

// The shells of the test find no fault in the script.
func TestSyntax(t *testing.T) {
	for _, sh := range []string{"dash", "bash"} {
		cmd := exec.Command(tool(t, sh, sh), "-n")
		cmd.Stdin = bytes.NewReader(host.Script())
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v %s", sh, err, out)
		}
	}
}
