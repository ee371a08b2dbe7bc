package panes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// overview composes the panes as a screen does: a simple layout, enough to be
// looked at.
func overview(f *Frame, w, h int) string {
	rows := min(len(f.Rows)+2, h/3)
	body := h - 3 - rows
	left := w * 55 / 100
	if w < 100 {
		return strings.Join([]string{
			Header(f, w, 2), Section(f, PaneReplicas, w, rows), Section(f, PaneChart, w, body/2),
			Section(f, PaneHost, w, body-body/2), Status(f, w, 1),
		}, "\n")
	}
	side := func(ls, rs string) string {
		a, b := strings.Split(ls, "\n"), strings.Split(rs, "\n")
		for i := range a {
			a[i] += "  " + b[i]
		}
		return strings.Join(a, "\n")
	}
	chart := body * 6 / 10
	right := Section(f, PaneChart, w-left-2, chart) + "\n" + Section(f, PaneSync, w-left-2, 4) + "\n" +
		Section(f, PaneEvents, w-left-2, body-chart-4)
	return strings.Join([]string{
		Header(f, w, 2), Section(f, PaneReplicas, w, rows),
		side(Section(f, PaneHost, left, body), right), Status(f, w, 1),
	}, "\n")
}

// TestOverview keeps composed screens, to be read as a person would.
func TestOverview(t *testing.T) {
	for name, f := range scenes() {
		t.Run(name, func(t *testing.T) {
			golden.RequireEqual(t, ansi.Strip(overview(f, 120, 40))+"\n")
		})
		t.Run(name+"_80x24", func(t *testing.T) {
			golden.RequireEqual(t, ansi.Strip(overview(f, 80, 24))+"\n")
		})
	}
}
