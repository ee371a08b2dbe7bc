package journal

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

const (
	crashAtEnv = "STEMETOP_JOURNAL_CRASH"
	serverEnv  = "STEMETOP_JOURNAL_SERVER"
)

func kill() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it comes
}

// dying is a file that dies in the middle of a write, or before its fsync.
type dying struct {
	file
	at *string
}

func (d *dying) Write(b []byte) (int, error) {
	if strings.HasPrefix(*d.at, "in the write") {
		d.file.Write(b[:len(b)/2])
		kill()
	}
	return d.file.Write(b)
}

func (d *dying) Sync() error {
	if strings.HasPrefix(*d.at, "before the fsync") {
		kill()
	}
	return d.file.Sync()
}

// crashChild does one action after another run's and dies where it is told to.
func crashChild() {
	where, now := os.Getenv(crashAtEnv), ""
	o := options(".")
	o.open = func(path string, create bool) (file, error) {
		f, err := openSegment(path, create)
		return &dying{f, &now}, err
	}
	j, _, err := Open(o)
	if err != nil {
		panic(err)
	}
	// at arms the file for the record to come, or dies right here.
	at := func(point string) {
		if now = ""; strings.HasSuffix(where, point) {
			if where == point {
				kill()
			}
			now = where
		}
	}
	check := func(_ Entry, err error) {
		if err != nil {
			panic(err)
		}
	}
	at("the intent")
	check(j.Intent(intent("a")))
	at("the send")
	conn, err := net.Dial("tcp", os.Getenv(serverEnv))
	if err != nil {
		panic(err)
	}
	conn.Read(make([]byte, 1))
	conn.Close()
	at("the outcome")
	check(j.Outcome(outcome("a", "accepted")))
	at("the effect")
	check(j.Effect(Effect{Action: "a", Verdict: "effective", Final: true}))
	at("the end")
	panic("not killed")
}

// TestCrashMatrix kills a process at each boundary of an action and starts again.
func TestCrashMatrix(t *testing.T) {
	for _, x := range []struct {
		where string
		sends int32
		state State
		open  string
		seq   uint64 // of the last record that is good
	}{
		{"the intent", 0, Fine, "", 1},
		{"in the write of the intent", 0, Torn, "", 1},
		{"before the fsync of the intent", 0, Fine, "a", 2}, // written, and the kernel lives
		{"the send", 0, Fine, "a", 2},
		{"the outcome", 1, Fine, "a", 2},
		{"in the write of the outcome", 1, Torn, "a", 2},
		{"before the fsync of the outcome", 1, Fine, "", 3},
		{"the effect", 1, Fine, "", 3},
		{"in the write of the effect", 1, Torn, "", 3},
		{"before the fsync of the effect", 1, Fine, "", 4},
		{"the end", 1, Fine, "", 4},
	} {
		t.Run(x.where, func(t *testing.T) {
			dir, sends := t.TempDir(), serve(t)
			c := child(t, "crash", dir, crashAtEnv+"="+x.where, serverEnv+"="+sends.addr)
			var exit *exec.ExitError
			if err := c.Run(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatal(err)
			}
			path := filepath.Join(dir, segmentName(1))
			r := want(t, path, x.state)
			j, _ := open(t, options(dir))
			if sends.n.Load() != x.sends || r.Head.Seq != x.seq || actions(j.Open()) != x.open {
				t.Errorf("%d sends, head %v, open %q; want %d, %d, %q", sends.n.Load(), r.Head, actions(j.Open()), x.sends, x.seq, x.open)
			}
			if r := want(t, path, Fine); j.Path() != path || (r.Recovered > 0) != (x.state == Torn) {
				t.Errorf("after the start: %+v in %s", r, j.Path())
			}
			must(t)(j.Intent(intent("next")))
			want(t, path, Fine)
		})
	}
}

type sendCount struct {
	addr string
	n    atomic.Int32
}

// serve counts connections.
func serve(t *testing.T) *sendCount {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sendCount{addr: ln.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.n.Add(1)
			conn.Write([]byte("."))
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return s
}
