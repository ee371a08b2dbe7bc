package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// look asks who writes until stop says that it has seen enough, and returns that
// reading and the last.
func look(t *testing.T, tr remote.Transport, proc string, stop func(*cluster.WritersReading) bool) (seen, last *cluster.WritersReading) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	host.WhoWrites(ctx, host.WritersOptions{Transport: tr, Clock: sources.NewClock(1), Proc: proc}, func(r sources.Reading) {
		last, _ = r.Body.(*cluster.WritersReading)
		if seen == nil && stop(last) {
			seen = last
			cancel()
		}
	})
	if seen == nil {
		t.Fatalf("it ended with %+v", last)
	}
	return seen, last
}

// What this test writes while somebody looks is told, with its process.
func TestWhoWrites(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for name, tr := range transports(t, s) {
		f, err := os.Create(filepath.Join(t.TempDir(), "written"))
		if err != nil {
			t.Fatal(err)
		}
		const size = 4 << 20
		seen, last := look(t, tr, "", func(r *cluster.WritersReading) bool {
			for _, x := range r.Writers {
				if x.PID == os.Getpid() && x.Written >= size {
					return true
				}
			}
			if _, err := f.Write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			return false
		})
		if seen.Interval < time.Second || seen.Interval > time.Minute || seen.Total < 3 {
			t.Errorf("%s: %+v", name, seen)
		}
		if !last.Ended {
			t.Errorf("%s: the last is not marked: %+v", name, last)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What may not be read is counted, with a hint, and text of processes is harmless.
func TestWhoWritesWithoutPermission(t *testing.T) {
	proc := t.TempDir()
	for file, text := range map[string]string{
		"uptime":  "10.00 1.0\n",
		"7/comm":  "denied\n",
		"8/io":    "rchar: 1\nwrite_bytes: 100\nread_bytes: 1\ncancelled_write_bytes: 5\n",
		"8/comm":  "a b\x1b[2Jc\n",
		"9/io":    "write_bytes: x\nread_bytes: 0\n",
		"9/comm":  "odd\n",
		"10/stat": "ended\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(proc, file)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(proc, file), text)
	}
	s := sshtest.Start(t, sshtest.Options{})
	round := 0
	seen, _ := look(t, transports(t, s)["builtin"], proc, func(r *cluster.WritersReading) bool {
		if round++; round == 1 {
			write(t, filepath.Join(proc, "uptime"), "12.00 1.0\n")
			write(t, filepath.Join(proc, "8/io"), "write_bytes: 350\nread_bytes: 1\ncancelled_write_bytes: 5\n")
		}
		return r.Interval > 0
	})
	want := cluster.Writer{PID: 8, Command: cluster.Clean("a b\x1b[2Jc"), Written: 250}
	if seen.Total != 3 || seen.Denied != 1 || !strings.Contains(seen.Why.String(), "1 of 3") || seen.Hint.IsZero() ||
		seen.Interval != 2*time.Second || len(seen.Writers) != 1 || seen.Writers[0] != want {
		t.Errorf("%+v", seen)
	}
}

func TestWhoWritesWithoutAHost(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	tr := transports(t, s)["builtin"]
	s.Kill()
	seen, _ := look(t, tr, "", func(r *cluster.WritersReading) bool { return r.Ended })
	if seen.Why.IsZero() || seen.Total != 0 {
		t.Errorf("%+v", seen)
	}
}
