package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// hostile are texts that steer a terminal or deceive a reader (CWE-150).
var hostile = []string{
	"\x1b]52;c;ZXZpbA==\x07", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x1b[8mhidden", "secret\rOK   ", "\x9b31m", "\u009b31m\u009d0;x\u009c",
	"\x1bP1$r0m\x1b\\", "\x1b_Gf=100;AAAA\x1b\\", "\x1b]8;;http://evil/\x1b\\link\x1b]8;;\x1b\\", "\u202eemordelpmis", "no\u200bde2",
	"e\u0301\u0301\u0301\u0301\u0301", "漢字漢字", "👩‍👩‍👧‍👦🇩🇪", "\xff\xfe", "\x00\x07\x08", "a\tb\nc", "\U000e0041", "ﷺ", strings.Repeat("x", 2000),
}

// FuzzHostileText draws text from outside wherever it can come in, and looks at
// what would reach the terminal: nothing but text, colours and cursor moves.
func FuzzHostileText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := newRig(t, 80, 24, 3)
		r.timeline.rename = func(id string) string { return id + s }
		r.o.Recording = func() (cluster.Text, bool) { return cluster.Clean(s), true }
		p, screen := painter{}, newTerminal(80, 24)
		check := func() {
			t.Helper()
			checkLines(t, r)
			screen.take(t, p.paint(r.drawn))
		}
		r.tick(time.Second)
		check()
		for _, open := range []string{"/", "n", "T"} {
			r.keys(open)
			r.Update(tea.PasteMsg{Content: s})
			r.Update(tea.KeyPressMsg{Code: 'x', Text: s})
			check()
			r.keys("enter")
			check()
			r.keys("esc")
		}
		r.Update(askedMsg{File: cluster.Clean(s), Answer: make(chan []byte, 1)})
		check()
		r.keys("esc", "S")
		check()
		for _, c := range r.clip {
			if ansi.Strip(c) != c {
				t.Errorf("copied %q", c)
			}
		}
	})
}

// checkLines checks that the frame fills the screen exactly, with no sequence
// but colours and attributes.
func checkLines(t *testing.T, r *rig) {
	t.Helper()
	lines := strings.Split(r.View().Content, "\n")
	if len(lines) != r.h {
		t.Fatalf("%d lines of %d", len(lines), r.h)
	}
	for y, line := range lines {
		if w := ansi.StringWidth(line); w != r.w {
			t.Errorf("line %d is %d wide: %q", y, w, line)
		}
		for rest := line; rest != ""; {
			seq, width, n, _ := ansi.DecodeSequence(rest, ansi.NormalState, nil)
			if rest = rest[n:]; width == 0 && !isSGR(seq) && !isMark(seq) {
				t.Errorf("line %d holds %q", y, seq)
			}
		}
	}
}

// Every view fills the screen exactly at every size.
func TestEverySizeIsFilled(t *testing.T) {
	r := newRig(t, 80, 24, 12)
	for _, k := range []kind{overview, zoomed, detail, large} {
		r.kind = k
		for _, overlay := range []string{"", "?", "/"} {
			if overlay != "" {
				r.keys(overlay)
			}
			for w := 1; w < 210; w += 1 + w/6 {
				for h := 1; h < 70; h += 1 + h/6 {
					r.w, r.h, r.calm, r.dirty = w, h, false, true
					r.draw()
					checkLines(t, r)
				}
			}
			r.overlay = nil
		}
	}
}
