package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// A limit that stands is told at every size that has a line for it.
func TestStandingLimitOnSmallScreens(t *testing.T) {
	f := critical()
	f.Snap.Limit = cluster.StandingLimit{PerSecond: 500, Who: cluster.Clean("dana"), Since: f.Snap.At.Add(-time.Hour)}
	for _, w := range []int{60, 79, 80, 99, 100, 200} {
		for h := 1; h <= 2; h++ {
			if out := ansi.Strip(Header(f, w, h)); !strings.Contains(out, "limit 500/s") {
				t.Errorf("%d columns, %d lines:\n%s", w, h, out)
			}
		}
	}
	if out := ansi.Strip(OneLine(f, 40, 10)); !strings.Contains(out, "limit 500/s, dana") {
		t.Errorf("40x10:\n%s", out)
	}
}
