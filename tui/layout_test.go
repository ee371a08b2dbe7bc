package tui

import (
	"testing"

	"github.com/stemedb/stemetop/panes"
)

func (l layout) rects() []rect {
	return append([]rect{l.header, l.banner, l.status, l.footer, l.alone, l.line}, l.pane[:]...)
}

// Every cell of every screen belongs to exactly one rectangle.
func TestLayoutCoversTheScreen(t *testing.T) {
	cells := make([]uint8, 220*70)
	for _, k := range []kind{overview, zoomed, detail, large} {
		for _, rows := range []int{0, 1, 12, 1000} {
			for w := 1; w <= 220; w += 1 + w/40 {
				for h := 1; h <= 70; h++ {
					checkTiles(t, cells[:w*h], w, h, arrange(w, h, k, panes.PaneHost, rows, h%2 == 0))
				}
			}
		}
	}
}

func checkTiles(t *testing.T, cells []uint8, w, h int, l layout) {
	t.Helper()
	clear(cells)
	for _, r := range l.rects() {
		if r.empty() {
			continue
		}
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				if x >= w || y >= h {
					t.Fatalf("%dx%d: %+v outside the screen", w, h, r)
				}
				cells[y*w+x]++
			}
		}
	}
	for i, n := range cells {
		if n != 1 {
			t.Fatalf("%dx%d: cell %d,%d is in %d rectangles: %+v", w, h, i%w, i/w, n, l)
		}
	}
}

func TestLayoutOfWellKnownSizes(t *testing.T) {
	for _, c := range []struct {
		w, h, rows int
		want       map[panes.Name]rect
	}{
		{120, 40, 12, map[panes.Name]rect{
			panes.PaneReplicas: {0, 2, 81, 14},
			panes.PaneAlerts:   {81, 2, 39, 14},
			panes.PaneWhy:      {0, 16, 120, 7},
			panes.PaneHost:     {0, 23, 66, 15},
			panes.PaneChart:    {66, 23, 54, 7},
			panes.PaneSync:     {66, 30, 54, 4},
			panes.PaneEvents:   {66, 34, 54, 4},
		}},
		{80, 24, 12, map[panes.Name]rect{
			panes.PaneReplicas: {0, 2, 80, 9},
			panes.PaneWhy:      {0, 11, 80, 4},
			panes.PaneHost:     {0, 15, 44, 8},
			panes.PaneChart:    {44, 15, 36, 8},
		}},
		{200, 60, 12, map[panes.Name]rect{
			panes.PaneReplicas: {0, 2, 140, 14},
			panes.PaneAlerts:   {140, 2, 60, 14},
			panes.PaneWhy:      {0, 16, 110, 12},
			panes.PaneHost:     {0, 28, 100, 30},
			panes.PaneChart:    {100, 28, 60, 15},
			panes.PaneSync:     {160, 28, 40, 4},
			panes.PaneEvents:   {160, 32, 40, 11},
			panes.PaneHosts:    {100, 43, 100, 15},

			panes.PaneChecklist: {110, 16, 90, 12},
		}},
	} {
		l := arrange(c.w, c.h, overview, panes.PaneReplicas, c.rows, false)
		for name, want := range c.want {
			if got := l.pane[name]; got != want {
				t.Errorf("%dx%d pane %d: %+v, want %+v", c.w, c.h, name, got, want)
			}
		}
		if c.want[panes.PaneEvents].empty() != l.pane[panes.PaneEvents].empty() {
			t.Errorf("%dx%d: events at %+v", c.w, c.h, l.pane[panes.PaneEvents])
		}
	}
}
