package panes

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

// drawn are all panes by name, with the sizes that they have on screens of
// 120x40 and 80x24.
var drawn = []struct {
	name         string
	draw         Draw
	large, small [2]int
}{
	{"header", Header, [2]int{120, 2}, [2]int{80, 2}},
	{"replicas", Replicas, [2]int{120, 13}, [2]int{80, 8}},
	{"chart", LagChart, [2]int{52, 11}, [2]int{34, 7}},
	{"host", Host, [2]int{64, 21}, [2]int{42, 11}},
	{"sync", Sync, [2]int{52, 3}, [2]int{34, 3}},
	{"events", Events, [2]int{52, 5}, [2]int{34, 3}},
	{"hosts", Hosts, [2]int{99, 17}, [2]int{80, 20}},
	{"status", Status, [2]int{120, 1}, [2]int{80, 1}},
	{"alerts", Alerts, [2]int{38, 13}, [2]int{80, 20}},
	{"why", Why, [2]int{120, 6}, [2]int{80, 3}},
	{"checklist", Checklist, [2]int{120, 13}, [2]int{80, 11}},
	{"machines", Machines, [2]int{120, 13}, [2]int{80, 20}},
	{"trace", Trace, [2]int{120, 14}, [2]int{80, 12}},
	{"writers", Writers, [2]int{120, 14}, [2]int{80, 12}},
	{"path", Path, [2]int{120, 35}, [2]int{80, 19}},
	{"log", Log, [2]int{120, 35}, [2]int{80, 20}},
	{"banner", Banner, [2]int{120, 1}, [2]int{80, 1}},
	{"escalation", Escalation, [2]int{100, 14}, [2]int{76, 20}},
	{"large", Large, [2]int{120, 40}, [2]int{80, 24}},
	{"oneline", OneLine, [2]int{59, 14}, [2]int{30, 3}},
}

// TestPanes compares every pane in every situation and size with what a person
// has looked at.
func TestPanes(t *testing.T) {
	for name, f := range scenes() {
		for _, d := range drawn {
			for _, size := range [][2]int{d.large, d.small, {40, 8}, {1, 1}} {
				t.Run(fmt.Sprintf("%s/%s_%dx%d", name, d.name, size[0], size[1]), func(t *testing.T) {
					golden.RequireEqual(t, ansi.Strip(d.draw(f, size[0], size[1]))+"\n")
				})
			}
		}
	}
}

// TestStyled keeps one screen with its sequences, and one in ASCII.
func TestStyled(t *testing.T) {
	t.Run("plain", func(t *testing.T) { golden.RequireEqual(t, overview(critical(), 100, 30)+"\n") })
	t.Run("ascii", func(t *testing.T) {
		f := critical()
		f.Styles.Glyphs = ASCII()
		out := ansi.Strip(overview(f, 100, 30)) + "\n"
		for _, r := range out {
			if r != '\n' && (r < 0x20 || r > 0x7e) {
				t.Errorf("ASCII glyphs draw %q", r)
				break
			}
		}
		golden.RequireEqual(t, out)
	})
}
