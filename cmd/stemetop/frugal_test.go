package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
