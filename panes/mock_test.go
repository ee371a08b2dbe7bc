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
	rows, why := min(len(f.Rows)+2, h/3), h/6
	body := h - 1 - rows - why - strings.Count(top(f, w)+"\n", "\n")
	left := w * 55 / 100
	if w < 100 {
		return strings.Join([]string{
			top(f, w), Section(f, PaneReplicas, w, rows), Section(f, PaneWhy, w, why), Section(f, PaneChart, w, body/2),
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
		top(f, w), side(Section(f, PaneReplicas, w*2/3, rows), Section(f, PaneAlerts, w-w*2/3-2, rows)), Section(f, PaneWhy, w, why),
		side(Section(f, PaneHost, left, body), right), Status(f, w, 1),
	}, "\n")
}

// top is the header, with the banner where there is one.
func top(f *Frame, w int) string {
	if Escalates(f) {
		return Header(f, w, 2) + "\n" + Banner(f, w, 1)
	}
	return Header(f, w, 2)
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
