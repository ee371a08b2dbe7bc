package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// empty is a timeline that knows nothing before some time.
type empty struct {
	*fakeTimeline
	until time.Time
}

func (e empty) Bounds() (first, last time.Time) {
	if e.to().Before(e.until) {
		return time.Time{}, time.Time{}
	}
	return e.until, e.to()
}

func (e empty) Latest(now func() time.Time) *cluster.Snapshot { return e.At(now()) }

func (e empty) At(t time.Time) *cluster.Snapshot {
	if t.Before(e.until) {
		return nil
	}
	return e.fakeTimeline.At(t)
}

func TestNothingKnownYet(t *testing.T) {
	r := newRig(t, 120, 40, 12, func(o *Options) {
		o.Timeline = empty{o.Timeline.(*fakeTimeline), t0.Add(2 * time.Hour)}
	})
	if !strings.Contains(r.text(), "waiting for the first reading") {
		t.Errorf("not said:\n%s", r.text())
	}
	r.keys("[", "T", "0", "3", ":", "0", "0", "enter", "y", "p", "enter", "S", "esc", "esc")
	if !r.cursor.at.Equal(t0.Add(time.Hour)) {
		t.Errorf("went to %s", r.cursor.at)
	}
}

// Whatever is pressed and whatever comes in, in any order: no panic, a full
// screen, and esc as often as it takes leads back to the overview.
func TestAnyOrderOfEvents(t *testing.T) {
	var names []string
	for _, b := range bindings() {
		for _, k := range b.keys {
			if k != "q" && k != "ctrl+c" {
				names = append(names, k)
			}
		}
	}
	names = append(names, "x", "5", "backspace", "left", "right", "delete")
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rapid.IntRange(1, 130).Draw(rt, "w"), rapid.IntRange(1, 45).Draw(rt, "h"), rapid.IntRange(0, 30).Draw(rt, "n"),
			func(o *Options) {
				o.Replay = rapid.Bool().Draw(rt, "replay")
				if rapid.Bool().Draw(rt, "late") {
					o.Timeline = empty{o.Timeline.(*fakeTimeline), t0.Add(time.Hour + 3*time.Second)}
				}
			})
		for range rapid.IntRange(1, 30).Draw(rt, "events") {
			switch rapid.IntRange(0, 9).Draw(rt, "event") {
			case 0:
				r.tick(time.Second)
			case 1:
				r.Update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 130).Draw(rt, "w"), Height: rapid.IntRange(1, 45).Draw(rt, "h")})
				r.Update(settledMsg{r.resize.gen, r.clock.Now()})
			case 2:
				r.Update(changedMsg(r.clock.Now()))
				r.Update(calmMsg{})
			case 3:
				r.Update(askedMsg{File: cluster.Clean("key"), Answer: make(chan []byte, 1)})
			default:
				r.keys(rapid.SampledFrom(names).Draw(rt, "key"))
			}
			checkLines(t, r)
		}
		for range 12 {
			if d, ok := r.overlay.(*passphrase); ok {
				r.Update(readyMsg{d})
			}
			r.keys("esc")
		}
		for r.overlay != nil { // as many dialogs as were asked for
			r.Update(readyMsg{r.overlay.(*passphrase)})
			r.keys("esc")
		}
		r.keys("esc", "esc", "esc")
		if r.kind != overview || r.rows.filter != "" {
			rt.Fatalf("kind %d filter %q after esc", r.kind, r.rows.filter)
		}
	})
}
