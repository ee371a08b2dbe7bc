package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// settled is how long after the start what the start needed is given back:
	// connections are there, the first frames are drawn.
	settled = 10 * time.Second
	// tidying is how often that happens again.
	tidying = 15 * time.Second
	// large is the heap from which on a sixth must do for growth, in bytes: that of
	// hundreds of replicas. A fifth took a thousand to 148 MB.
	large = 48 << 20
)

// frugal makes the process stay small. Most of what lives is history, and grows
// with the cluster: by default as much again would be waiting to be collected. A
// quarter of it costs 1 to 2 ms of CPU a second with a dozen replicas. What a
// start or a burst needed is given back four times a minute, which costs less
// than that and leaves 1.4 MB less resident than once a minute. The environment's
// GOGC has precedence over the quarter.
func frugal() {
	told := os.Getenv("GOGC") != ""
	if !told {
		debug.SetGCPercent(25)
	}
	go func() {
		pages := singlePages()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for wait := settled; ; wait = tidying {
			time.Sleep(wait)
			debug.FreeOSMemory()
			if metrics.Read(live); !told && live[0].Value.Kind() == metrics.KindUint64 && live[0].Value.Uint64() > large {
				debug.SetGCPercent(16)
			}
			unmapProgram(pages)
		}
	}()
}

// unmapProgram takes the pages of the program's own file out of the process. The
// kernel maps all that is near what was ever run, and a part of that only starts
// the program, or is never run at all. What is still needed comes back at once,
// since it stays in the page cache, and one by one where pages is a file of
// singlePages. It is no loss where this fails.
func unmapProgram(pages int) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = maps.Close() }() // it was only read
	for _, m := range unwritten(maps, self) {
		if pages >= 0 {
			m.single(pages)
		}
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(m.from), uintptr(m.to-m.from), unix.MADV_DONTNEED)
	}
}

// mapping is a stretch of addresses.
type mapping struct{ from, to uint64 }

// unwritten returns what smaps (proc(5)) says to show a file as it is on disk:
// not writable, and without a page that differs from it, as those have that a
// dynamic linker wrote before it took the right away. Those would be lost.
func unwritten(smaps io.Reader, file string) (list []mapping) {
	var now mapping
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) > 1 && !strings.HasSuffix(fields[0], ":"): // address, permissions, offset, device, inode, path
			now = mapping{}
			if !strings.Contains(fields[1], "w") && strings.HasSuffix(lines.Text(), " "+file) {
				_, _ = fmt.Sscanf(fields[0], "%x-%x", &now.from, &now.to)
			}
		case now.to > now.from && len(fields) > 1 && fields[0] == "Anonymous:" && fields[1] == "0":
			list = append(list, now)
		}
	}
	return list
}
