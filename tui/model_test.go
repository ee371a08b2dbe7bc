package tui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
)

func TestOverviewShowsAllAt120x40And80x24(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {200, 60}} {
		r := newRig(t, size[0], size[1], 12)
		text := r.text()
		for _, want := range []string{"prod-eu", "LIVE", "04:00:00Z", "replicas 12", "why: node4", "host of", "lag of", "sync", "? help", "nvme0n1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%v: %q is not on screen:\n%s", size, want, text)
			}
		}
	}
}

func TestPauseHoldsWhileCollectionGoesOn(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("space")
	for range 42 {
		r.tick(time.Second)
	}
	text := r.text()
	for _, want := range []string{"PAUSED", "04:00:00Z", "-42"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on screen:\n%s", want, text)
		}
	}
	if r.keys("esc"); r.cursor.mode != panes.Paused || !strings.Contains(r.text(), "space goes live") {
		t.Errorf("esc: %v\n%s", r.cursor.mode, r.text())
	}
	r.keys("space")
	if text := r.text(); !strings.Contains(text, "LIVE") || !strings.Contains(text, "04:00:42Z") {
		t.Errorf("not live again:\n%s", text)
	}
}

func TestStepsInTime(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	at := func() string { return r.snap.At.Format("15:04:05") }
	for _, c := range []struct {
		keys []string
		want string
		mode panes.Mode
	}{
		{[]string{"["}, "03:59:59", panes.Paused},
		{[]string{"["}, "03:59:58", panes.Paused},
		{[]string{"{"}, "03:58:58", panes.Paused},
		{[]string{"]"}, "03:58:59", panes.Paused},
		{[]string{"}", "}"}, "04:00:00", panes.Live},
		{[]string{"]"}, "04:00:00", panes.Live},
		{[]string{"T", "0", "3", ":", "1", "2", "enter"}, "03:12:00", panes.Paused},
		{[]string{":", "-", "5", "m", "enter"}, "03:07:00", panes.Paused},
		{[]string{":", "-", "9", "h", "enter"}, "03:00:00", panes.Paused},
		{[]string{":", "e", "n", "d", "enter"}, "04:00:00", panes.Live},
	} {
		r.keys(c.keys...)
		if at() != c.want || r.cursor.mode != c.mode {
			t.Errorf("%q: at %s %s, want %s %s", c.keys, at(), r.cursor.mode, c.want, c.mode)
		}
	}
}

// What has no place on the overview does not keep the focus there: enter and the
// arrows would be for what nobody sees.
func TestFocusIsOnScreen(t *testing.T) {
	for _, tc := range []struct {
		size [2]int
		keys []string
	}{
		{[2]int{120, 40}, []string{"m", "esc"}},
		{[2]int{120, 40}, []string{"c", "esc"}},
		{[2]int{120, 40}, []string{"P", "esc"}},
		{[2]int{120, 40}, []string{"l", "1"}},
		{[2]int{80, 24}, []string{"8", "esc"}},
		{[2]int{80, 24}, []string{"6", "S", "S"}},
	} {
		r := newRig(t, tc.size[0], tc.size[1], 12)
		r.keys(tc.keys...)
		if r.focus != panes.PaneReplicas || r.kind != overview {
			t.Errorf("%v %v: the focus is on pane %v:\n%s", tc.size, tc.keys, r.focus, r.text())
		}
		was := r.rows.sel
		if r.keys("j"); r.rows.sel == was {
			t.Errorf("%v %v: j does not move the cursor", tc.size, tc.keys)
		}
		if r.keys("enter"); r.kind != detail {
			t.Errorf("%v %v: enter does not show all about the replica:\n%s", tc.size, tc.keys, r.text())
		}
	}
	// A tiny screen takes the focus from nobody, a small one from what it can't show.
	r := newRig(t, 120, 40, 12)
	size := func(w, h int) {
		r.Update(tea.WindowSizeMsg{Width: w, Height: h})
		r.Update(settledMsg{r.resize.gen, r.clock.Now()})
	}
	r.keys("8")
	size(40, 8)
	size(120, 40)
	if r.focus != panes.PaneAlerts {
		t.Errorf("after a tiny screen the focus is on pane %v", r.focus)
	}
	size(80, 24)
	if r.focus != panes.PaneReplicas {
		t.Errorf("without a place for it the focus is on pane %v", r.focus)
	}
}

func TestGotoRefusesInWords(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("T", "x", "enter")
	if r.overlay == nil || !strings.Contains(r.text(), "not a time") {
		t.Errorf("no word about it:\n%s", r.text())
	}
	r.keys("esc")
	if r.overlay != nil || r.cursor.mode != panes.Live {
		t.Error("esc did not close the prompt alone")
	}
}

// What is asked for beyond both ends is not answered by another instant alone.
func TestSeekSaysWhereItEnds(t *testing.T) {
	for _, c := range []struct {
		replay bool
		keys   []string
		want   string
	}{
		{false, []string{"T", "-", "9", "h", "enter"}, "nothing is known before 03:00:00Z"},
		{false, []string{"T", "-", "5", "m", "enter"}, ""},
		{true, []string{"["}, "nothing is known before 03:00:00Z"},
		{true, []string{"T", "0", "4", ":", "3", "0", "enter"}, "nothing is known before 03:00:00Z"}, // of the day before
		{true, []string{"T", "+", "9", "h", "enter"}, "the recording ends at 04:00:00Z"},
		{true, []string{"T", "e", "n", "d", "enter"}, ""},
	} {
		r := newRig(t, 120, 40, 12, func(o *Options) { o.Replay = c.replay })
		r.tick(0)
		r.keys(c.keys...)
		text := r.text()
		if c.want != "" && !strings.Contains(text, c.want) || c.want == "" && (strings.Contains(text, "is known before") || strings.Contains(text, "recording ends")) {
			t.Errorf("replay %v, %q does not say %q:\n%s", c.replay, c.keys, c.want, text)
		}
	}
}

func TestReplayPlays(t *testing.T) {
	r := newRig(t, 120, 40, 12, func(o *Options) { o.Replay = true })
	r.tick(0)
	for range 3 {
		r.tick(time.Second)
	}
	if got := r.snap.At.Sub(t0); got != 3*time.Second {
		t.Errorf("played to %s", got)
	}
	r.keys(">", ">") // 5x
	r.tick(time.Second)
	if got := r.snap.At.Sub(t0); got < 4*time.Second || got > 8*time.Second {
		t.Errorf("played to %s at 5x", got)
	}
	at := r.snap.At
	r.keys("space")
	r.tick(time.Second)
	if !r.snap.At.Equal(at) || !strings.Contains(r.text(), "REPLAY") {
		t.Errorf("moved while held:\n%s", r.text())
	}
	r.keys(":", "e", "n", "d", "enter", "]")
	if _, last := r.timeline.Bounds(); !r.snap.At.Equal(last) || r.cursor.mode != panes.Replay {
		t.Errorf("%s at %s after the end", r.cursor.mode, r.snap.At)
	}
}

// More of the past comes in while a replay is held: it shows, and time stands.
func TestReplayShowsWhatIsReadLater(t *testing.T) {
	r := newRig(t, 120, 40, 12, func(o *Options) { o.Replay = true })
	r.keys("space")
	was := r.snap
	r.Update(changedMsg(r.clock.Now()))
	if r.snap == was || !r.snap.At.Equal(was.At) {
		t.Errorf("looked again %v, at %s instead of %s", r.snap != was, r.snap.At, was.At)
	}
}

// Between ticks nothing moves: a key draws the instant of the last tick.
func TestKeysDontMoveTime(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.clock.add(700 * time.Millisecond)
	r.keys("j")
	if !r.snap.At.Equal(t0.Add(time.Hour)) {
		t.Errorf("at %s", r.snap.At)
	}
}

func TestPacing(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	draws := 0
	last := r.View().Content
	drew := func(msg tea.Msg) {
		r.Update(msg)
		if c := r.View().Content; c != last {
			draws, last = draws+1, c
		}
	}
	at := func(ms int) time.Time {
		now := t0.Add(time.Hour + time.Duration(ms)*time.Millisecond)
		r.clock.now = now
		return now
	}
	drew(changedMsg(at(1000)))
	if draws != 1 {
		t.Fatalf("first data drew %d times", draws)
	}
	for ms := 1010; ms < 1100; ms += 10 { // the rest of the round
		drew(changedMsg(at(ms)))
	}
	if draws != 1 || !r.pace.waiting {
		t.Fatalf("%d draws, waiting %v", draws, r.pace.waiting)
	}
	drew(soonMsg(at(1120)))
	if draws != 2 {
		t.Fatalf("%d draws after the rest", draws)
	}
	drew(changedMsg(at(2003))) // the next round
	if draws != 2 || !r.pace.locked {
		t.Fatalf("%d draws, locked %v", draws, r.pace.locked)
	}
	for s := range 5 {
		drew(tickMsg{gen: r.pace.gen, at: at(2153 + 1000*s)})
		if want := t0.Add(time.Hour + time.Duration(3153+1000*s)*time.Millisecond); !r.pace.due.Equal(want) {
			t.Fatalf("next tick at %s, want %s", r.pace.due, want)
		}
	}
	if draws != 7 {
		t.Fatalf("%d draws in five intervals", draws-2)
	}
	drew(tickMsg{gen: r.pace.gen - 1, at: at(9000)})
	if draws != 7 {
		t.Fatal("an old tick drew")
	}
}

// What a tick shows is gathered before it comes, so that keys need not wait for it.
func TestTicksBringWhatTheyShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 120, 40, 12)
		tick, ok := r.nextTick()().(tickMsg)
		if !ok || tick.snap == nil {
			t.Fatalf("%+v", tick)
		}
		if r.Update(tick); r.snap != tick.snap || !r.cursor.at.Equal(tick.snap.At) {
			t.Error("what was gathered is not shown")
		}
		r.clock.add(time.Second)
		r.keys("j")
		newer := r.timeline.At(r.clock.Now())
		r.Update(tickMsg{gen: r.pace.gen, at: r.clock.Now(), snap: newer})
		r.Update(tickMsg{gen: r.pace.gen, at: r.clock.Now(), snap: tick.snap})
		if r.snap.At.Before(newer.At) {
			t.Error("the screen went back in time")
		}
		shown := r.snap
		r.keys("space") // pauses
		r.clock.add(time.Second)
		if r.Update(tickMsg{gen: r.pace.gen, at: r.clock.Now(), snap: r.timeline.At(r.clock.Now())}); r.snap != shown {
			t.Error("a screen that is paused moved on")
		}
		if tick, ok := r.nextTick()().(tickMsg); !ok || tick.snap != nil {
			t.Error("a screen that is paused gathers what there is now, and lets go of the past for it")
		}
	})
}

func TestResizeStormDrawsLittle(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	now, draws, last := t0, 0, r.View().Content
	for i := range 100 {
		now = now.Add(10 * time.Millisecond)
		r.Update(tea.WindowSizeMsg{Width: 20 + i, Height: 5 + i/2})
		if i >= 3 { // timers of 30 ms
			r.Update(settledMsg{r.resize.gen - 3, now})
		}
		r.Update(tickMsg{gen: r.pace.gen, at: now}) // ticks come as they do
		if c := r.View().Content; c != last {
			draws, last = draws+1, c
		}
	}
	if draws > 5 {
		t.Errorf("%d draws in the storm", draws)
	}
	r.Update(settledMsg{r.resize.gen, now.Add(30 * time.Millisecond)})
	if lines := strings.Split(r.text(), "\n"); len(lines) != 54 || len([]rune(lines[0])) != 119 {
		t.Errorf("%d lines of %d", len(lines), len([]rune(lines[0])))
	}
}

func TestLargeIsCalm(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("S")
	first := r.View().Content
	r.tick(time.Second)
	r.keys("j")
	if r.View().Content != first {
		t.Error("drawn twice within half a second")
	}
	r.Update(calmMsg{})
	if r.View().Content == first {
		t.Error("not drawn after half a second")
	}
	r.keys("esc")
	if !strings.Contains(r.text(), "replicas 12") {
		t.Errorf("no way back:\n%s", r.text())
	}
}

func TestFilterTypingFiresNothing(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("/", "q", "S", "n", "?", "1", "space", "[", "+", "y")
	if r.kind != overview || r.cursor.mode != panes.Live || len(r.did)+len(r.clip) > 0 || r.err != nil {
		t.Errorf("typing did something: %v %v", r.did, r.clip)
	}
	if r.rows.filter != "qSn?1 [+y" {
		t.Errorf("filter %q", r.rows.filter)
	}
	r.keys("esc")
	if r.rows.filter != "" || len(r.rows.ids) != 12 {
		t.Errorf("esc left %q with %d rows", r.rows.filter, len(r.rows.ids))
	}
	r.keys("/", "1", "3", "enter")
	if len(r.rows.ids) != 1 || r.rows.sel != "node13" || !strings.Contains(r.text(), "replicas 1 of 12") {
		t.Errorf("%v selected %s:\n%s", r.rows.ids, r.rows.sel, r.text())
	}
	r.keys("esc")
	if len(r.rows.ids) != 12 {
		t.Error("esc did not drop the filter")
	}
}

func TestPasteReachesOnlyFilterAndNote(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	paste := func(text string) {
		r.Update(tea.PasteStartMsg{})
		r.Update(tea.PasteMsg{Content: text})
		r.Update(tea.PasteEndMsg{})
	}
	paste("q\x03S")
	r.keys("q", "S") // what an end marker within the paste would leave behind
	if r.err != nil || r.kind != overview {
		t.Error("a paste acted")
	}
	r.Update(pasteOverMsg(r.paste.n))
	r.keys("/")
	paste("node\x1b[31m\n5")
	if got, want := r.rows.filter, `node\x1b[31m 5`; got != want {
		t.Errorf("filter %q, want %q", got, want)
	}
	r.Update(pasteOverMsg(r.paste.n))
	r.keys("esc", "T")
	paste("03:12")
	if p, ok := r.overlay.(*prompt); !ok || p.input.Value() != "" {
		t.Error("go to a time took a paste")
	}
}

func TestLostPasteEndGivesTheKeyboardBack(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.Update(tea.PasteStartMsg{})
	r.Update(pasteLostMsg(r.paste.n))
	if len(r.did) != 1 || r.did[0] != "reopen" {
		t.Errorf("did %v", r.did)
	}
	r.Update(pasteLostMsg(r.paste.n))
	if len(r.did) != 1 {
		t.Errorf("did %v", r.did)
	}
}

func TestNote(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("n", "enter")
	if len(r.notes) != 0 || r.overlay == nil {
		t.Fatal("an empty note was written")
	}
	r.keys("h", "i", "enter")
	if len(r.notes) != 1 || r.notes[0] != cluster.Clean("hi") {
		t.Errorf("notes %v", r.notes)
	}
}

func TestCopyAndInterval(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.keys("y", "+", "-", "-")
	if len(r.clip) != 1 || !strings.Contains(r.clip[0], string(r.rows.sel)) || !strings.Contains(r.clip[0], "2026-11-22T04:00:00Z") {
		t.Errorf("clip %q", r.clip)
	}
	if got := strings.Join(r.did, ", "); got != "interval 2s, interval 1s, interval 500ms" {
		t.Errorf("did %s", got)
	}
	replay := newRig(t, 120, 40, 12, func(o *Options) { o.Replay, o.SetInterval, o.AddNote = true, nil, nil })
	replay.keys("n", "+")
	if replay.overlay != nil {
		t.Error("a note in a recording")
	}
}

func TestPassphraseIsMaskedAndGuarded(t *testing.T) {
	r := newRig(t, 80, 24, 12)
	answer := make(chan []byte, 1)
	r.keys("/", "x")
	r.Update(askedMsg{File: cluster.Clean("/home/op/.ssh/id_ed25519"), Answer: answer})
	if _, ok := r.overlay.(*prompt); !ok {
		t.Fatal("the dialog took over while typing")
	}
	r.keys("enter")
	d, ok := r.overlay.(*passphrase)
	if !ok {
		t.Fatal("the dialog did not come up")
	}
	r.keys("t", "y", "p", "enter") // meant for the filter
	if d.input.Value() != "" || len(answer) != 0 {
		t.Fatal("type-ahead was taken")
	}
	r.Update(readyMsg{d})
	r.keys("s", "e", "é", "q")
	r.Update(tea.PasteMsg{Content: "pasted"})
	text := r.text()
	if strings.Contains(text, "seé") || !strings.Contains(text, "••••") || !strings.Contains(text, "id_ed25519") {
		t.Errorf("not masked:\n%s", text)
	}
	r.keys("enter")
	if got := string(<-answer); got != "seéq" || d.input.Value() != "" || r.overlay != nil {
		t.Errorf("answered %q", got)
	}
	r.Update(askedMsg{File: cluster.Clean("b"), Again: true, Answer: answer})
	r.keys("x") // too early to be taken
	if text := r.text(); !strings.Contains(text, "that does not fit") {
		t.Errorf("no word of the answer before:\n%s", text)
	}
	r.keys("ctrl+c")
	if got := <-answer; got != nil {
		t.Errorf("answered %q on leaving", got)
	}
}

func TestQuitAndEsc(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	for range 8 {
		if _, cmd := r.Update(press("esc")); cmd != nil {
			if _, ok := cmd().(tea.QuitMsg); ok {
				t.Fatal("esc quits")
			}
		}
	}
	_, cmd := r.Update(press("q"))
	if _, ok := cmd().(tea.QuitMsg); !ok || r.err != nil {
		t.Errorf("q: %v", r.err)
	}
}

func TestPanesByDigitAndTab(t *testing.T) {
	r := newRig(t, 80, 24, 12)
	r.keys("4")
	if r.focus != panes.PaneHost || r.kind != overview {
		t.Errorf("4: focus %d kind %d", r.focus, r.kind)
	}
	r.keys("4")
	if r.kind != zoomed {
		t.Error("4 twice did not enlarge")
	}
	r.keys("6") // no place for events at 80x24
	if r.focus != panes.PaneEvents || r.kind != zoomed || !strings.Contains(r.text(), "events") {
		t.Errorf("6: focus %d kind %d", r.focus, r.kind)
	}
	r.keys("7")
	if text := r.text(); r.kind != zoomed || !strings.Contains(text, "all hosts") || !strings.Contains(text, "w_await") {
		t.Errorf("7: kind %d\n%s", r.kind, text)
	}
	r.keys("1", "tab")
	if r.kind != overview || r.layout().pane[r.focus].empty() {
		t.Errorf("tab: focus %d kind %d", r.focus, r.kind)
	}
	r.keys("3", "2", "enter")
	if r.kind != detail || strings.Contains(r.text(), "replicas 12") {
		t.Error("enter on the table is not the detail")
	}
	sel := r.rows.sel
	r.keys("j")
	if r.rows.sel == sel {
		t.Error("j in the detail does not go to the next replica")
	}
	r.keys("esc")
	if r.kind != overview {
		t.Error("esc did not leave the detail")
	}
}

// That nothing is recorded is said at every size, beside the keys where there is no
// other place.
func TestAFailingRecordingIsSeen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {60, 15}, {120, 40}, {200, 60}} {
		for _, fails := range []bool{true, false} {
			r := newRig(t, size[0], size[1], 12, func(o *Options) {
				o.Recording = func() (cluster.Text, bool) {
					if fails {
						return cluster.Clean("not recording: can't record to /var/lib/somewhere/deep: no space left on device"), true
					}
					return cluster.Clean("recording to prod-eu-20261126T030000Z.stemetop"), false
				}
			})
			if got := strings.Contains(r.text(), "not recording"); got != fails {
				t.Errorf("%v, fails %v: said %v\n%s", size, fails, got, r.text())
			}
			if !strings.Contains(r.text(), "? help") {
				t.Errorf("%v: no keys\n%s", size, r.text())
			}
			for i, line := range strings.Split(r.text(), "\n") {
				if width(line) > size[0] {
					t.Errorf("%v: line %d has %d cells", size, i, width(line))
				}
			}
		}
	}
}

// bubbletea runs commands in goroutines, where a panic would end the process.
func TestPanicOfACommandEndsInOrder(t *testing.T) {
	r := newRig(t, 80, 24, 1)
	_, cmd := r.Update(guarded(func() tea.Msg { panic("broken") })())
	if _, ok := cmd().(tea.QuitMsg); !ok || r.err == nil || !strings.Contains(r.err.Error(), "broken") {
		t.Errorf("ended with %v", r.err)
	}
}
