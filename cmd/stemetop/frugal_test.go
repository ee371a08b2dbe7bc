package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// What a dynamic linker wrote and then made read-only must not be dropped, nor
// anything of another file.
func TestUnwritten(t *testing.T) {
	const smaps = `00400000-00ac1000 r-xp 00000000 fe:00 9979389    /usr/bin/my top
Rss:                6464 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00ac1000-011e5000 r--p 006c1000 fe:00 9979389    /usr/bin/my top
Anonymous:             0 kB
011e5000-011e6000 r--p 00de5000 fe:00 9979389    /usr/bin/my top
Anonymous:             4 kB
011e6000-012da000 rw-p 00de6000 fe:00 9979389    /usr/bin/my top
Anonymous:             0 kB
012da000-03543000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 7    /lib/libc.so.6
Anonymous:             0 kB
`
	want := []mapping{{0x400000, 0xac1000}, {0xac1000, 0x11e5000}}
	if d := cmp.Diff(want, unwritten(strings.NewReader(smaps), "/usr/bin/my top"), cmp.AllowUnexported(mapping{})); d != "" {
		t.Error(d)
	}
}

// Of a file that is all in the page cache, what is looked at is mapped and
// nothing around it.
func TestSinglePages(t *testing.T) {
	pages := singlePages()
	if pages < 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("userfaultfd with WP_ASYNC is needed: Linux 6.7")
		}
		t.Skip("this kernel has no userfaultfd with WP_ASYNC for us")
	}
	defer func() { _ = unix.Close(pages) }()
	page := os.Getpagesize()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, bytes.Repeat([]byte{7}, 64*page), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	data, err := unix.Mmap(int(f.Fd()), 0, 64*page, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(data) }()

	from := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(data))))
	mapping{from, from + uint64(len(data))}.single(pages)
	if data[20*page] != 7 || data[40*page] != 7 {
		t.Error("the file is not what it was")
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(smaps), name)
	rss := regexp.MustCompile(`Rss: +(\d+) kB`).FindStringSubmatch(rest)
	if want := strconv.Itoa(2 * page / 1024); rss == nil || rss[1] != want {
		t.Errorf("resident %v, want %s kB", rss, want)
	}
}
