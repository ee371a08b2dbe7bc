package panes

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMissingIsNotZero: where nothing is known, no figure is drawn at all.
func TestMissingIsNotZero(t *testing.T) {
	s := snapshot(nil, cluster.Replica{Node: cluster.Node{ID: "a", Name: cluster.NodeID("a").Text()}})
	s.Replicas[0].Host = cluster.Host{Access: access(time.Second), Interval: time.Second, Disks: []cluster.DiskUsage{{Name: cluster.Clean("sd")}}}
	s.Primary.Assertions, s.Primary.IngestPerSecond, s.Primary.SentBytesPerSecond = cluster.Figure{}, cluster.Figure{}, cluster.Figure{}
	f := frame(s)
	row := strings.Split(ansi.Strip(Replicas(f, 120, 2)), "\n")[1]
	for name, out := range map[string]string{
		"row": row, "host": ansi.Strip(Host(f, 44, 9)), "sync": ansi.Strip(Sync(f, 60, 3)), "one line": ansi.Strip(OneLine(f, 18, 1)),
	} {
		if strings.ContainsAny(out, "0123456789") {
			t.Errorf("%s draws a figure of nothing:\n%s", name, out)
		}
		if !strings.ContainsAny(out, "?-") {
			t.Errorf("%s does not say that it is not known:\n%s", name, out)
		}
	}
	if second := strings.Split(ansi.Strip(Header(f, 120, 2)), "\n")[1]; !strings.Contains(second, "ingests ?") {
		t.Errorf("header: %q", second)
	}
}

// TestStaleCarriesItsAge: wherever a stale lag stands, its age and word stand.
func TestStaleCarriesItsAge(t *testing.T) {
	f := notKnown()
	for name, out := range map[string]string{
		"header": Header(f, 80, 1), "table": Replicas(f, 80, 6), "narrow table": Replicas(f, 40, 6), "chart": LagChart(f, 34, 7),
		"large": Large(f, 80, 24), "one line": OneLine(f, 40, 1),
	} {
		out = ansi.Strip(out)
		if !strings.Contains(out, "34 s") || !strings.Contains(out, "STALE") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

// TestWordsAtAnySeverity: without any colour, every state can be told apart.
func TestWordsAtAnySeverity(t *testing.T) {
	for scene, words := range map[string][]string{
		"critical": {"CRIT x", "WARN !", "STALE ?", "OK"},
		"unsure":   {"FROZEN =", "UNKNOWN ?", "vanished"},
		"stalled":  {"STALLED x", "32 in flight", "device replaced", "no such process runs", "kernel without PSI"},
	} {
		out := ansi.Strip(overview(scenes()[scene], 200, 40))
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%s does not show %q", scene, w)
			}
		}
	}
}

// TestAlarmIsABlock: what must be seen across a room is a block from the left
// edge to the state of the screen, with or without colour; nothing else is.
func TestAlarmIsABlock(t *testing.T) {
	for scene, want := range map[string]bool{"critical": true, "primary_down": true, "healthy": false, "unsure": false, "no_snapshot": false, "no_data": false} {
		for _, s := range []*Styles{Plain(), vivid()} {
			f := scenes()[scene]
			f.Styles = s
			out := Header(f, 80, 2)
			if got := strings.HasPrefix(out, s.BadgeCrit.On+" "); got != want {
				t.Errorf("%s: block %v, want %v: %q", scene, got, want, out)
			}
		}
	}
}

// TestHealthyIsCalm: while all is well, the headline says so and nothing else,
// however the figures move.
func TestHealthyIsCalm(t *testing.T) {
	f := healthy()
	a := Header(f, 120, 1)
	f.Snap.Replicas[1].Lag.Seconds = cluster.Known(4.9)
	if b := Header(f, 120, 1); a != b || !strings.Contains(b, "all 4 replicas are within 5 s") {
		t.Errorf("%q became %q", a, b)
	}
}

// TestWindowGrows: a young session is shown over a shorter window, but for a
// window that was asked for.
func TestWindowGrows(t *testing.T) {
	for _, c := range []struct{ seen, asked, want time.Duration }{
		{time.Second, 10 * time.Minute, 2 * time.Minute},
		{2 * time.Minute, 10 * time.Minute, 5 * time.Minute},
		{5 * time.Minute, 0, 10 * time.Minute},
		{time.Second, time.Hour, time.Hour},
	} {
		f := healthy()
		f.Window, f.Snap.FirstSeen = c.asked, at.Add(-c.seen)
		if got := f.window(); got != c.want {
			t.Errorf("%v after %v: %v, want %v", c.asked, c.seen, got, c.want)
		}
		young := strings.Index(strings.Split(ansi.Strip(Replicas(f, 120, 3)), "\n")[0], "behind")
		f.Snap.FirstSeen = at.Add(-time.Hour)
		if old := strings.Index(strings.Split(ansi.Strip(Replicas(f, 120, 3)), "\n")[0], "behind"); young != old {
			t.Errorf("%v: columns move from %d to %d when the window grows", c.asked, young, old)
		}
	}
}

// TestSparklineFillsItsColumn: whatever the window, no part of the column is blank.
func TestSparklineFillsItsColumn(t *testing.T) {
	for _, window := range []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour} {
		for _, w := range []int{80, 120, 200} {
			f := critical()
			f.Window = window
			for _, line := range strings.Split(ansi.Strip(Replicas(f, w, 8)), "\n") {
				drawn := 0
				for _, r := range line {
					if strings.ContainsRune("▁▂▃▄▅▆▇█·", r) {
						drawn++
					}
				}
				if strings.Contains(line, "node2") && drawn < minSpark {
					t.Errorf("%v at %d: %d cells of the past: %s", window, w, drawn, line)
				}
			}
		}
	}
}

// TestHostsSideBySide: each host has its line, with figures or the reason why
// there are none, and the selected one is always in view.
func TestHostsSideBySide(t *testing.T) {
	f := hostDown()
	f.Snap.Primary.Host = busyHost()
	out := ansi.Strip(Hosts(f, 99, 6))
	for _, want := range []string{"99.4", " ▶ node2    UNKNOWN ?  no reading yet: ssh ops@10.0.0.2:22", "node3    no SSH target"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
	f = stalledDisk()
	if out := ansi.Strip(Hosts(f, 99, 6)); !strings.Contains(out, "HUNGx") {
		t.Errorf("a hung device is not marked:\n%s", out)
	}
	for _, selected := range []cluster.NodeID{"replica-0000", "replica-0503", "replica-0999"} {
		f := thousand()
		f.Selected = selected
		if out := ansi.Strip(Hosts(f, 80, 8)); !strings.Contains(out, " ▶ "+string(selected)) {
			t.Errorf("%s is not in view:\n%s", selected, out)
		}
	}
}

// TestThresholdLabels: a label names all lines of its row, or the greatest alone.
func TestThresholdLabels(t *testing.T) {
	for top, want := range map[float64]string{60: "5,10 s", 3600: "60 s"} {
		c := newPlotCanvas(10, 4)
		if got := c.thresholds(cluster.LimitsOf(nil), top)[3]; got != want {
			t.Errorf("top %g: %q, want %q", top, got, want)
		}
	}
}

// TestInstantsStandApart: the instants below the chart do not run into each other.
func TestInstantsStandApart(t *testing.T) {
	joined := regexp.MustCompile(`\d\dZ\d`)
	for w := 20; w <= 120; w++ {
		if out := ansi.Strip(Pane(PaneChart)(critical(), w, 10)); joined.MatchString(out) {
			t.Errorf("at %d:\n%s", w, out)
		}
	}
}

// TestTheSmallestScreenTellsThePast: no width that has room for a lag shows one of
// the past as if it were live.
func TestTheSmallestScreenTellsThePast(t *testing.T) {
	for _, mode := range []Mode{Paused, Replay} {
		for _, f := range []*Frame{critical(), healthy()} {
			f.Mode, f.Edge = mode, at.Add(12*time.Minute)
			for w := 6; w < 80; w++ {
				if out := ansi.Strip(OneLine(f, w, 1)); !strings.Contains(out, mode.String()) {
					t.Errorf("%d: %q", w, out)
				}
				for h := 2; h < 10 && w >= 8; h++ {
					if out := ansi.Strip(Large(f, w, h)); !strings.Contains(out, mode.String()) {
						t.Errorf("large, %dx%d:\n%s", w, h, out)
					}
				}
			}
		}
	}
}

// TestTheSmallestScreenAnswers: what a key is answered, and what is not recorded,
// has a place on every screen of four lines.
func TestTheSmallestScreenAnswers(t *testing.T) {
	f := critical()
	f.Recording, f.Unsaved = cluster.Clean("not recording: no space"), true
	if out := ansi.Strip(OneLine(f, 40, 8)); !strings.Contains(out, "not recording") {
		t.Errorf("%q", out)
	}
	f.Message = cluster.Clean("READ-ONLY: nothing can be changed")
	if out := ansi.Strip(OneLine(f, 40, 4)); !strings.Contains(out, "READ-ONLY") {
		t.Errorf("%q", out)
	}
}

// TestHeaderKeepsMode: however long the headline, the badge and the mode stay.
// The filter hides rows on the smallest screens too, and says so; the worst of all
// stays on the first line.
func TestOneLineKeepsToTheFilter(t *testing.T) {
	s := snapshot(nil, live("node2", 40, 0, 0), live("node3", 7, 0, 0), live("node4", 0.1, 0, 0), live("other", 0.1, 0, 0))
	f := &Frame{Snap: s, Styles: Plain(), Filter: cluster.Clean("node4"), Rows: []cluster.NodeID{"node4"}}
	out := ansi.Strip(OneLine(f, 40, 8))
	for _, want := range []string{"node2 40.0 s", "node4", "filter: node4 (1 of 4)"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "node3") || strings.Contains(out, "other") {
		t.Errorf("the filter hides nothing:\n%s", out)
	}
}

func TestHeaderKeepsMode(t *testing.T) {
	f := primaryDown()
	f.Mode = Paused
	for w := 40; w < 130; w++ {
		out := ansi.Strip(Header(f, w, 1))
		if !strings.Contains(out, "PAUSED") || !strings.Contains(out, "PRIMARY ?") {
			t.Errorf("%d: %q", w, out)
		}
	}
}

// TestHeaderIsWhole: with two lines for it nothing of what it is for is missing, at
// any width from 80 on, in any mode and with any words.
func TestHeaderIsWhole(t *testing.T) {
	for _, mode := range []Mode{Live, Paused, Replay} {
		for w := 80; w <= 200; w++ {
			f := critical()
			f.Mode, f.ReadOnly, f.Edge = mode, true, at.Add(12*time.Minute)
			lag := "41.3 s"
			if w%3 == 0 { // words that are as long as they get
				lag = "4m 58s"
				f.Snap.Replicas[0].Lag.Seconds = cluster.Known(298)
			}
			if f.Speed = 300; w%2 == 0 {
				f.Speed = 0
			}
			out := ansi.Strip(Header(f, w, 2))
			want := []string{"CRIT x", "node2", lag, "node1", "s old", "03:12:44Z", mode.String()}
			if w < wideHeader || w >= 110 { // between them it may give way to the rest
				want = append(want, "prod-eu")
			}
			if mode != Replay { // which says it
				want = append(want, "READ-ONLY")
			}
			for _, word := range want {
				if !strings.Contains(out, word) {
					t.Errorf("%v at %d: no %q:\n%s", mode, w, word, out)
				}
			}
		}
	}
}

// TestCompleteAt80: at 80 columns no column but the note is missing, but with the
// longest ids the sync as well.
func TestCompleteAt80(t *testing.T) {
	for _, id := range []cluster.NodeID{"n", "node2", "replica-eu-west-1a-000017"} {
		out := ansi.Strip(Replicas(frame(snapshot(nil, live(id, 1, 2, 3))), 80, 2))
		for _, head := range []string{"state", "replica", "lag", "0-5 s", "trend", "behind", "applies"} {
			if !strings.Contains(out, head) {
				t.Errorf("%s: no column %s:\n%s", id, head, out)
			}
		}
	}
}

// TestCursorAndScroll: the cursor stands on the selected row, and marks say
// where there is more.
func TestCursorAndScroll(t *testing.T) {
	lines := strings.Split(ansi.Strip(Replicas(thousand(), 80, 8)), "\n")
	if !strings.HasPrefix(lines[1], "▲") || !strings.HasPrefix(lines[7], "▼") || !strings.HasPrefix(lines[4], " ▶ ") || !strings.Contains(lines[4], "replica-0503") {
		t.Errorf("\n%s", strings.Join(lines, "\n"))
	}
	f := thousand()
	f.Top = 5000 // past the end: the last rows are drawn
	if out := ansi.Strip(Replicas(f, 80, 8)); !strings.Contains(out, "replica-0999") {
		t.Errorf("\n%s", out)
	}
}

// TestHostScroll: scrolling brings what was cut, and stops at the end.
func TestHostScroll(t *testing.T) {
	f := critical()
	f.Selected = "node2"
	f.Scroll[PaneHost] = 500
	out := ansi.Strip(Host(f, 60, 6))
	if !strings.Contains(out, "stemedb-api") {
		t.Errorf("\n%s", out)
	}
}

// TestHintOfAHost names the flag only where the id can be typed into it.
func TestHintOfAHost(t *testing.T) {
	f := critical()
	for id, want := range map[cluster.NodeID]string{
		"node2":       "--ssh node2=[user@]host[:port]",
		"no\u202ede2": "in the config, the id there in quotes",
		"no de2":      "in the config, the id there in quotes",
	} {
		for i := range f.Snap.Replicas {
			if r := &f.Snap.Replicas[i]; r.ID == f.Selected || i == 0 {
				r.ID, r.Name, f.Selected, r.Host = id, id.Text(), id, cluster.Host{}
				break
			}
		}
		out := strings.Join(strings.Fields(ansi.Strip(Host(f, 90, 10))), " ")
		if !strings.Contains(out, want) || strings.Contains(out, "--ssh") != id.Typeable() {
			t.Errorf("%q: %s", string(id), out)
		}
	}
}

// TestThePrimaryIsNamedOnce: one that is called primary is not so twice.
func TestThePrimaryIsNamedOnce(t *testing.T) {
	f := critical()
	f.Selected = "node2"
	for name, want := range map[string]string{"node1": "behind the primary node1", "primary": "behind the primary and"} {
		f.Snap.Primary.Name = cluster.Clean(name)
		if out := strings.Join(strings.Fields(ansi.Strip(Large(f, 120, 30))), " "); !strings.Contains(out, want) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// TestLossThatIsOver: what was lost in a while that is over is not shown as of now.
func TestLossThatIsOver(t *testing.T) {
	f := critical()
	f.Selected = "node2"
	for i := range f.Snap.Replicas {
		n := &f.Snap.Replicas[i].Network
		n.Reachable, n.Method, n.Probes, n.Loss = true, cluster.ProbeICMP, 60, cluster.Known(25)
	}
	for ceased, want := range map[bool]string{false: "25 % of 60", true: "25 %, over"} {
		for i := range f.Snap.Replicas {
			f.Snap.Replicas[i].Network.Ceased = ceased
		}
		if out := ansi.Strip(Path(f, 120, 30)); !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}
