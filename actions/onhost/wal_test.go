package onhost

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// small is a write test that a scratch disk has room for.
func small(dir string) WALTest { return WALTest{Dir: dir, MiB: 16, Limit: 20 * time.Second} }

// clean fails the test if anything of a write test is left: a file, or a process
// that holds one.
func clean(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var left []string
	for _, e := range entries {
		if e.Name() != "lost+found" {
			left = append(left, e.Name())
		}
	}
	if strings.Join(left, " ") != strings.Join(names, " ") {
		t.Errorf("in the directory: %q, want %q", left, names)
	}
	until(t, "nothing holds a file of the test", func() bool { return len(holders(dir)) == 0 })
}

// holders are the descriptors that are open on files of the write test.
func holders(dir string) []string {
	var list []string
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, dir+"/.stemetop-wal-test.") {
			list = append(list, fd)
		}
	}
	return list
}

func TestWAL(t *testing.T) {
	s, dir := start(t, sshtest.Options{}), disk(t, 64)
	d, failure := small(dir).Look(t.Context(), s)
	if failure != nil {
		t.Fatal(failure)
	}
	if d.FS.String() != "ext4" || d.Free < 40<<20 || d.Free >= d.Total || d.Total > 64<<20 || d.Path.String() != dir ||
		!strings.HasPrefix(d.Source.String(), "/dev/loop") || d.Spare == 0 || d.Refusal(small(dir)) != nil {
		t.Errorf("%+v", d)
	}
	for _, buffered := range []bool{false, true} {
		w := small(dir)
		w.Buffered = buffered
		f, r := w.Run(t.Context(), s, nil)
		want(t, "test", r, admin.Accepted, "")
		rate, ok := f.PerSecond()
		if !ok || !f.Whole || !f.ByDD || f.Bytes != 16<<20 || rate < 1e6 || f.Took > 10*time.Second || f.Direct == buffered {
			t.Errorf("%+v: %s", f, f)
		}
		clean(t, dir)
	}
	after, failure := small(dir).Look(t.Context(), s)
	if failure != nil || after.Free+1<<20 < d.Free {
		t.Errorf("%v: %d bytes are free after it, %d before", failure, after.Free, d.Free)
	}
}

// TestWALEnds looks at how a test ends that nobody waits for to the end.
func TestWALEnds(t *testing.T) {
	s, dir := start(t, sshtest.Options{}), disk(t, 64)
	// It never ends by itself, and has the file open as the real one has; never empty
	// again, which it may be ended at.
	s.tool("dd", `[ "$1" = --version ] && exec REAL "$@"
while :; do REAL "$@" status=none conv=notrunc || exit; done`)
	w := small(dir)
	w.Limit = 2 * time.Second
	f, r := w.Run(t.Context(), s, nil)
	want(t, "time limit", r, admin.Accepted, "")
	if f == nil || f.Whole || f.ByDD || f.Bytes == 0 || f.Took < 1900*time.Millisecond || f.Took > 5*time.Second || !strings.Contains(f.String(), "time limit") {
		t.Errorf("%+v", f)
	}
	clean(t, dir)

	w.Limit = time.Minute
	for _, how := range []string{"we stop", "the connection is cut", "we are killed", "we hang"} {
		ctx, cancel := context.WithCancel(t.Context())
		if how == "we hang" {
			w.Limit = 8 * time.Second // by when dd has begun on the busiest machine
		}
		ended, child := make(chan admin.Result, 1), &exec.Cmd{}
		if how == "we are killed" {
			child = s.child("wal", dir)
		} else {
			go func() {
				_, r := w.Run(ctx, s, nil)
				ended <- r
			}()
		}
		until(t, how+": dd runs", func() bool { return len(holders(dir)) >= 5 })
		switch how {
		case "we stop":
			cancel()
			want(t, how, <-ended, admin.Ambiguous, "")
		case "the connection is cut":
			s.cut()
			want(t, how, <-ended, admin.Ambiguous, "ends by itself")
		case "we are killed":
			must(t, child.Process.Kill())
			_ = child.Wait()
		case "we hang": // nothing is read or closed, as over a network that is gone
			stopped := s.Sessions()
			s.StopSessions()
			until(t, "dd is ended by the host itself", func() bool { return len(holders(dir)) == 0 })
			for _, pid := range stopped {
				s.Cont(pid)
			}
			want(t, how, <-ended, admin.Accepted, "")
		}
		clean(t, dir)
		cancel()
	}
}

// child starts this test as a client of its own.
func (s *server) child(what, of string) *exec.Cmd {
	s.t.Helper()
	self, err := os.Executable()
	must(s.t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asClient+"="+what, "OF="+of, "TARGET="+s.Target(), "CONFIG="+s.ClientConfig, "KNOWN_HOSTS="+s.KnownHosts, "IDENTITY="+s.ClientKey)
	cmd.Stderr = os.Stderr
	must(s.t, cmd.Start())
	return cmd
}

// client is the child.
func client() {
	t := &testing.B{}
	h := over{transport(t, os.Getenv("TARGET"), os.Getenv("CONFIG"), os.Getenv("KNOWN_HOSTS"), os.Getenv("IDENTITY"))}
	of := os.Getenv("OF")
	switch os.Getenv(asClient) {
	case "wal":
		w := small(of)
		w.Limit = time.Minute
		w.Run(context.Background(), h, nil)
	case "edit":
		f, failure := ReadFile(context.Background(), h, of)
		if failure != nil {
			panic(failure)
		}
		e, failure := NewEdit(f, "cluster", "rpc_timeout_ms", 10000)
		if failure != nil {
			panic(failure)
		}
		e.Apply(context.Background(), h)
	}
}

func TestWALRefuses(t *testing.T) {
	s := start(t, sshtest.Options{})
	plain := disk(t, 64)
	readOnly := disk(t, 64)
	command(t, "mount", "-o", "remount,ro", readOnly)
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, tt := range []struct {
		name  string
		test  WALTest
		kind  cluster.FailureKind
		words string
	}{
		{"absent", small("/nowhere/at all"), cluster.FailMissing, "/nowhere/at all"},
		{"a file", small(file), cluster.FailUnsupported, file},
		{"memory", small(mounted(t, "tmpfs", "size=64m")), cluster.FailUnsupported, "which is memory"},
		{"read-only", small(readOnly), cluster.FailPermission, "read-only"},
		{"too large", WALTest{Dir: plain, MiB: 100, Limit: time.Second}, cluster.FailOther, "have to stay free after 100 MiB are written"},
		{"the floor in bytes", WALTest{Dir: plain, MiB: 16, Limit: time.Second, Floor: Floor{Bytes: 50 << 20}}, cluster.FailOther, "50 MiB have to stay free"},
		{"the floor in percent", WALTest{Dir: plain, MiB: 16, Limit: time.Second, Floor: Floor{Percent: 80}}, cluster.FailOther, "have to stay free"},
	} {
		_, r := tt.test.Run(t.Context(), s, nil)
		want(t, tt.name, r, admin.NotSent, tt.words)
		refused(t, tt.name, r.Failure, tt.kind, tt.words)
	}
	clean(t, plain)

	u := start(t, nobody(t))
	_, r := small(opened(t, plain)).Run(t.Context(), u, nil)
	want(t, "no right", r, admin.NotSent, "no file can be made")
	if d, failure := small(opened(t, t.TempDir())).Look(t.Context(), u); failure != nil || !d.unwritable {
		t.Errorf("no right: %+v %v", d, failure)
	}
	private := t.TempDir()
	must(t, os.Chmod(private, 0o700))
	_, failure := small(private+"/wal").Look(t.Context(), u)
	refused(t, "no right to look", failure, cluster.FailMissing, private)
}

// TestWALFull has others fill the disk while the test runs.
func TestWALFull(t *testing.T) {
	s, dir := start(t, sshtest.Options{}), disk(t, 64)
	gate := filepath.Join(t.TempDir(), "gate")
	s.tool("dd", `[ "$1" = --version ] && exec REAL "$@"
while [ ! -e `+gate+` ]; do sleep 0.02; done
exec REAL "$@"`)
	fill := filepath.Join(dir, "fill")
	for _, how := range []string{"dd meets the end", "it is stopped before"} {
		ended := make(chan admin.Result, 1)
		go func() {
			_, r := small(dir).Run(t.Context(), s, nil)
			ended <- r
		}()
		until(t, "it runs", func() bool { return len(holders(dir)) >= 4 })
		command(t, "fallocate", "-l", "45M", fill)
		if how == "dd meets the end" {
			must(t, os.WriteFile(gate, nil, 0o600))
			want(t, how, <-ended, admin.Rejected, "no space left")
		} else {
			want(t, how, <-ended, admin.Rejected, "others use up the space")
		}
		os.Remove(gate)
		os.Remove(fill)
		clean(t, dir)
	}
}

func TestWALTwoAtOnce(t *testing.T) {
	s, dir, other := start(t, sshtest.Options{}), disk(t, 64), disk(t, 64)
	gate := filepath.Join(t.TempDir(), "gate")
	s.tool("dd", `[ "$1" = --version ] && exec REAL "$@"
while [ ! -e `+gate+` ]; do sleep 0.02; done
exec REAL "$@"`)
	first := make(chan admin.Result, 1)
	go func() {
		_, r := small(dir).Run(t.Context(), s, nil)
		first <- r
	}()
	until(t, "the first runs", func() bool { return len(holders(dir)) >= 4 })
	for _, d := range []string{dir, other} {
		_, r := small(d).Run(t.Context(), s, nil)
		want(t, "the second", r, admin.NotSent, "another write test")
	}
	must(t, os.WriteFile(gate, nil, 0o600))
	want(t, "the first", <-first, admin.Accepted, "")
	clean(t, dir)
}

// TestWALLeftovers removes what is surely of a test that was killed, and nothing
// else.
func TestWALLeftovers(t *testing.T) {
	s, dir := start(t, sshtest.Options{}), disk(t, 64)
	hex := strings.Repeat("0a", 16)
	old := time.Now().Add(-time.Hour)
	for name, keep := range map[string]bool{
		".stemetop-wal-test." + hex:                     false,
		".stemetop-wal-test." + strings.ToUpper(hex):    true, // not a name of ours
		".stemetop-wal-test." + hex + "0":               true,
		".stemetop-wal-test." + strings.Repeat("1", 32): true, // young
		".stemetop-wal-test." + strings.Repeat("2", 32): true, // another user's
		"test.dat": true,
	} {
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, []byte("x"), 0o600))
		if name[len(name)-1] != '1' {
			must(t, os.Chtimes(file, old, old))
		}
		if name[len(name)-1] == '2' {
			must(t, os.Chown(file, 65534, 65534))
		}
		defer func() {
			if _, err := os.Lstat(file); (err == nil) != keep {
				t.Errorf("%s: %v", name, err)
			}
		}()
	}
	link := filepath.Join(dir, ".stemetop-wal-test."+strings.Repeat("3", 32))
	must(t, os.Symlink(filepath.Join(dir, "test.dat"), link))
	_, r := small(dir).Run(t.Context(), s, nil)
	want(t, "test", r, admin.Accepted, "")
	if _, err := os.Lstat(link); err != nil {
		t.Error(err)
	}
}

// TestWALDirect has real tools meet a file system that knows no direct I/O.
func TestWALDirect(t *testing.T) {
	dir := mounted(t, "ramfs", "mode=755")
	for _, dd := range [][]string{{"dd"}, {"busybox", "dd"}} {
		args := append(dd, "if=/dev/zero", "of="+dir+"/x", "bs=1M", "count=1", "oflag=direct")
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err == nil {
			t.Fatalf("%s: %s", dd, out)
		}
		f := measure(small(dir), []string{"done", "1", "1.00", "1.00", "0"}, string(out))
		refused(t, strings.Join(dd, " "), f.failure(string(out)), cluster.FailUnsupported, "no direct I/O")
		if !strings.Contains(f.failure(string(out)).Hint.String(), "to buffered") {
			t.Error(f.failure(string(out)).Hint)
		}
	}
}

func TestMeasure(t *testing.T) {
	for _, tt := range []struct {
		rc, t0, t1, bytes, said, want string
	}{
		{"0", "10.00", "12.01", "16777216", "16777216 bytes (17 MB, 16 MiB) copied, 2.00251 s, 8.4 MB/s", "8.4 MB/s, SLOW (runbook: > 100 MB/s): 16777216 bytes in 2.00 s"},
		{"0", "10.00", "10.05", "16777216", "16777216 bytes (16.0MB) copied, 0.040000 seconds, 400.0MB/s", "419 MB/s, as expected (runbook: > 100 MB/s): 16777216 bytes in 0.04 s"},
		{"0", "10.00", "10.10", "16777216", "", "168 MB/s, as expected (runbook: > 100 MB/s): 16777216 bytes in 0.10 s, by the host's clock"},
		{"0", "10.00", "10.10", "16777216", "16777216 bytes copied, 99 s, 1 MB/s", "168 MB/s, as expected (runbook: > 100 MB/s): 16777216 bytes in 0.10 s, by the host's clock"},
		{"124", "10.00", "12.00", "8388608", "", "4.2 MB/s, SLOW (runbook: > 100 MB/s): 8388608 bytes in 2.00 s, stopped by the time limit, by the host's clock"},
		{"x", "y", "z", "-1", "", "0 bytes in no time that could be measured"},
		{"0", "10.00", "9.00", "16777216", "", "16777216 bytes in no time that could be measured"},
	} {
		if got := measure(small("/"), []string{"done", tt.rc, tt.t0, tt.t1, tt.bytes}, tt.said).String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
