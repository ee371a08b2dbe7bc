package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// process is what a simulated /proc/PID says. Times are in ticks of 1/100 s.
type process struct {
	pid          int
	comm         string
	state        byte
	user, system uint64
	start        uint64
	threads      int
	rss          uint64 // bytes
	read, write  uint64 // bytes, of disks
}

// pageSize is the real one: the script asks the real machine for it.
func pageSize() uint64 { return uint64(os.Getpagesize()) }

// idle are processes that any host has, and that stand still. One of the names
// holds parentheses, as systemd's does.
func idle() []process {
	return []process{
		{1, "systemd", 'S', 812, 1204, 2, 1, 13 << 20, 91 << 20, 4 << 20},
		{2, "kthreadd", 'S', 0, 3, 2, 1, 0, 0, 0},
		{318, "systemd-journal", 'S', 2210, 1871, 211, 1, 41 << 20, 1 << 20, 614 << 20},
		{655, "sshd", 'S', 12, 31, 640, 1, 9 << 20, 2 << 20, 0},
		{702, "(sd-pam)", 'S', 0, 0, 655, 1, 4 << 20, 0, 0},
		{905, "node_exporter", 'S', 41_020, 18_210, 1902, 9, 22 << 20, 12 << 20, 0},
	}
}

// stemedb is the node's own process.
func stemedb(n *physics.Node) process {
	const sector = 512
	p, wal := &n.Process, &n.Host.WAL
	return process{
		p.PID, "stemedb-api", 'S', uint64(p.UserTicks), uint64(p.SystemTicks), p.StartTicks, 22, p.RSSBytes,
		uint64(wal.ReadSectors) * sector, uint64(wal.WriteSectors) * sector,
	}
}

// backup is the program that takes the processors in the cpu scenario.
func backup(h *physics.Host) process {
	const ticks = 100
	user := uint64(h.HogTicks * 0.97)
	return process{4711, "stemedb-backup", 'R', user, uint64(h.HogTicks) - user, uint64(physics.BootOffset.Seconds() * ticks), physics.Cores, 611 << 20, 3 << 20, 0}
}

// writeProcess writes what does not change of a process.
func writeProcess(proc string, p *process) error {
	return writeTree(filepath.Join(proc, strconv.Itoa(p.pid)), map[string]string{
		"comm": p.comm + "\n",
		"stat": string(appendProcess(nil, p)),
		"io":   string(appendIO(nil, p)),
	})
}

// live is a process whose counters move, or that comes and goes.
type live struct {
	proc string
	stat *textFile // nil while it does not run
	io   *textFile // likewise
	pid  int
}

// set shows the process p; nil says that it does not run.
func (l *live) set(p *process) error {
	if l.stat != nil && (p == nil || p.pid != l.pid) {
		if err := l.end(); err != nil {
			return err
		}
	}
	if p == nil {
		return nil
	}
	if l.stat == nil {
		if err := writeProcess(l.proc, p); err != nil {
			return err
		}
		l.pid = p.pid
		var err error
		if l.io, err = createText(filepath.Join(l.proc, strconv.Itoa(p.pid), "io")); err != nil {
			return err
		}
		if l.stat, err = createText(filepath.Join(l.proc, strconv.Itoa(p.pid), "stat")); err != nil {
			return errors.Join(err, l.io.f.Close())
		}
	}
	return errors.Join(l.stat.set(appendProcess(nil, p)), l.io.set(appendIO(nil, p)))
}

func (l *live) end() error {
	err := errors.Join(l.stat.f.Close(), l.io.f.Close())
	l.stat = nil
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err = os.RemoveAll(filepath.Join(l.proc, strconv.Itoa(l.pid))); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}
