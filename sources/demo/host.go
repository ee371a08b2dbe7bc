package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// tools is the directory, below a node's own, of the commands of its machine that
// tell of the simulation and not of this machine.
const tools = "bin"

// host is the simulated machine of one node: files in the manner of /proc and
// /sys, rewritten when somebody is about to read them.
type host struct {
	sim       *sim
	index     int
	dir       string // of the node; all but sys is below it
	proc, sys string
	wal, log  string

	mu       sync.Mutex
	files    []*textFile // in the order of texts
	api, hog live
	unit     *textFile
	paths    *paths // of the primary's host, once all nodes have started
	flows    *flows // likewise, of each
	by       any    // the session that refreshed last, and when; nil for none yet
	last     time.Time
}

// dynamic are the files of /proc that change, in the order of texts.
var dynamic = [...]string{"uptime", "stat", "diskstats", "net/dev", "pressure/cpu", "pressure/io", "pressure/memory", "loadavg", "meminfo"}

func newHost(s *sim, index int, id, dir string, shared *common) (*host, error) {
	h := &host{
		sim: s, index: index, dir: dir, proc: filepath.Join(dir, "proc"), sys: shared.sys,
		wal: shared.wal, log: filepath.Join(dir, "log", "stemedb-api.log"),
	}
	h.api.proc, h.hog.proc = h.proc, h.proc
	for _, d := range []string{h.wal, filepath.Dir(h.log), filepath.Join(dir, tools), filepath.Join(h.proc, "net"), filepath.Join(h.proc, "pressure")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	if err := writeStill(h.proc, filepath.Dir(h.wal), id, kernelOf(index), shared); err != nil {
		return nil, err
	}
	if err := h.tool("systemctl", systemctlScript); err != nil {
		return nil, err
	}
	var err error
	if h.unit, err = createText(filepath.Join(dir, "unit")); err != nil {
		return nil, err
	}
	for _, name := range dynamic {
		f, err := createText(filepath.Join(h.proc, name))
		if err != nil {
			h.close()
			return nil, err
		}
		h.files = append(h.files, f)
	}
	if err := h.refresh(nil); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// kernelOf is the kernel of a host: one replica missed an update, as one does.
func kernelOf(index int) string {
	if index == 4 {
		return "6.12.38+deb13-amd64"
	}
	return "6.12.41+deb13-amd64"
}

// foreignQuiet is for how long (real time) after one session's refresh another
// session's changes nothing: the first is still reading, and all that it reads
// must be of one instant. What the other then reads is consistent, and a little
// old.
const foreignQuiet = 20 * time.Millisecond

// refresh brings all files to now, for the session by.
func (h *host) refresh(by any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by != nil && by != h.by && time.Since(h.last) < foreignQuiet {
		return nil
	}
	h.by, h.last = by, time.Now()
	var t texts
	h.sim.with(func(w *physics.World) {
		t.render(h.sim, w, h.index)
		if h.paths != nil {
			t.paths = h.paths.render(w)
		}
		if h.flows != nil {
			t.flows = h.flows.render(w, h.index)
		}
	})
	if h.flows != nil {
		if err := h.flows.file.set(t.flows); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if h.paths != nil {
		if err := h.paths.file.set(t.paths); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if err := h.unit.set(t.unit); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	for i, f := range h.files {
		if err := f.set(t.files[i]); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return errors.Join(h.api.set(t.api), h.hog.set(t.hog))
}

// texts is all that changes, of one instant.
type texts struct {
	files    [len(dynamic)][]byte
	api, hog *process
	unit     []byte
	paths    []byte
	flows    []byte
}

func (t *texts) render(s *sim, w *physics.World, index int) {
	n := w.Node(index)
	h := n.Host
	t.files = [...][]byte{
		appendUptime(nil, w),
		appendStat(nil, h, s.at(-physics.BootOffset)),
		appendDisks(nil, h),
		appendNet(nil, h),
		appendPressure(nil, &h.CPUSome, &physics.Pressure{}),
		appendPressure(nil, &h.IOSome, &h.IOFull),
		appendPressure(nil, &h.MemorySome, &physics.Pressure{}),
		appendLoad(nil, h, n.Process.PID),
		appendMemory(nil, h),
	}
	t.unit = appendUnit(nil, &n.Process)
	if n.Process.Up {
		p := stemedb(n)
		t.api = &p
	}
	if h.Hogged {
		p := backup(h)
		t.hog = &p
	}
}

func (h *host) close() {
	_ = h.unit.f.Close()
	for _, f := range h.files {
		_ = f.f.Close() // the directory goes next
	}
	if h.paths != nil {
		_ = h.paths.file.f.Close()
	}
	if h.flows != nil {
		_ = h.flows.file.f.Close()
	}
	for _, l := range []*live{&h.api, &h.hog} {
		if l.stat != nil {
			_, _ = l.stat.f.Close(), l.io.f.Close()
		}
	}
}
