package panes

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

func sparkOf(top float64, bs ...cluster.Bucket) string {
	f := &Frame{Styles: Plain()}
	p := f.page(len(bs), 1)
	p.spark(bs, top, func(float64) Style { return Style{} })
	return ansi.Strip(p.String())
}

func measured(v float64) cluster.Bucket { return cluster.Bucket{N: 1, Min: 0, Max: v, Last: 0} }

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		name string
		got  string
		want string
	}{
		{"levels", sparkOf(8, measured(0), measured(1), measured(4), measured(7.9), measured(8), measured(99)), "▁▂▅███"},
		{"gaps are dots, never zero", sparkOf(8, measured(1), cluster.Bucket{}, measured(0)), "▂·▁"},
		{"what is no number is a gap", sparkOf(8, measured(math.NaN()), measured(math.Inf(1)), measured(-1)), "··▁"},
		{"no scale", sparkOf(0, measured(1)), "▁"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestGrid: buckets cover the window in no more columns than there are.
func TestGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := time.Duration(rapid.Int64Range(int64(time.Second), int64(90*24*time.Hour)).Draw(t, "window"))
		n := rapid.IntRange(1, 300).Draw(t, "columns")
		count, width := grid(window, n)
		if count < 1 || count > n || width <= 0 || time.Duration(count)*width < window {
			t.Fatalf("%v in %d columns: %d of %v", window, n, count, width)
		}
		if width%time.Second != 0 {
			t.Fatalf("width %v is not in whole seconds", width)
		}
	})
}

func TestGridIsNice(t *testing.T) {
	for n, want := range map[int]time.Duration{60: 10 * time.Second, 44: 15 * time.Second, 22: 30 * time.Second, 10: time.Minute} {
		if count, width := grid(10*time.Minute, n); width != want || time.Duration(count)*width != 10*time.Minute {
			t.Errorf("%d columns: %d of %v, want %v", n, count, width, want)
		}
	}
}

// TestCalmBetweenTicks: within a bucket, only the last cell of a sparkline or
// chart may change.
func TestCalmBetweenTicks(t *testing.T) {
	f := critical()
	id := f.Selected
	rise := func(t time.Time) float64 { return max(0.2, 30+t.Sub(at).Seconds()/10) }
	draw := func(now time.Time) []string {
		f.Snap.At = now
		f.Snap.Series = fakeSeries{{id, cluster.QuantityLag}: func(ago float64) (float64, bool) {
			return rise(at.Add(-time.Duration(ago * float64(time.Second)))), true
		}}
		p := f.page(40, 8)
		p.plot(f, id, plotSize{rows: 8})
		return strings.Split(ansi.Strip(p.String()), "\n")
	}
	start := at.Truncate(15 * time.Second)
	a, b := draw(start.Add(time.Second)), draw(start.Add(14*time.Second))
	for i := range a {
		x, y := []rune(a[i]), []rune(b[i])
		if string(x[:39]) != string(y[:39]) {
			t.Errorf("row %d moved within a bucket:\n%s\n%s", i, a[i], b[i])
		}
	}
}

// TestScaleDoesNotCreep: the common scale is one of a short list and never lower
// than the warning limit.
func TestScaleDoesNotCreep(t *testing.T) {
	for v, want := range map[float64]float64{0: 5, 0.3: 5, 5: 5, 5.1: 10, 41.3: 60, 61: 120, 1e12: 365 * 86400} {
		if got := ceiling(max(v, 5)); got != want {
			t.Errorf("ceiling of %g: %g, want %g", v, got, want)
		}
	}
}

func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.IntRange(0, 60).Draw(t, "room")
		disks, nets, processes := rapid.IntRange(0, 9).Draw(t, "disks"), rapid.IntRange(0, 9).Draw(t, "nets"), rapid.IntRange(0, 9).Draw(t, "processes")
		d, n, ps := shares(room, disks, nets, processes)
		if d < 0 || n < 0 || ps < 0 || d+n+ps > max(0, room-4) {
			t.Fatalf("%d lines for %d, %d, %d: %d, %d, %d", room, disks, nets, processes, d, n, ps)
		}
		if room >= 6 && disks > 0 && d < 2 {
			t.Fatalf("the WAL's device is missing from %d lines", room)
		}
	})
}
