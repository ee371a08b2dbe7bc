package tui

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// terminal is the little of a terminal that the painter relies on.
type terminal struct {
	w, h, x, y int
	style      string
	cells      [][]cell
	shows      bool // the text cursor
}

func newTerminal(w, h int) *terminal {
	t := &terminal{w: w, h: h}
	t.clear()
	return t
}

func (t *terminal) clear() {
	t.cells = make([][]cell, t.h)
	for y := range t.cells {
		t.cells[y] = make([]cell, t.w)
		for x := range t.cells[y] {
			t.cells[y][x] = blank
		}
	}
}

var cup = regexp.MustCompile(`^\x1b\[(\d+);(\d+)H$`)

// take does what b says, and fails at what is not allowed.
func (t *terminal) take(tb interface{ Fatalf(string, ...any) }, b []byte) {
	for s := string(b); s != ""; {
		seq, width, n, _ := ansi.DecodeSequence(s, ansi.NormalState, nil)
		s = s[n:]
		switch m := cup.FindStringSubmatch(seq); {
		case m != nil:
			t.y, _ = strconv.Atoi(m[1])
			t.x, _ = strconv.Atoi(m[2])
			t.x, t.y = t.x-1, t.y-1
		case isSGR(seq):
			t.style = addSGR(t.style, seq)
		case seq == ansi.EraseEntireScreen:
			t.clear()
		case seq == ansi.HideCursor, seq == ansi.ShowCursor:
			t.shows = seq == ansi.ShowCursor
		case seq == ansi.SetModeSynchronizedOutput, seq == ansi.ResetModeSynchronizedOutput:
		case width == 0 && isMark(seq):
			t.cells[t.y][t.x-1].text += seq
		case width > 0 && !isControl(seq):
			t.put(seq, width)
		default:
			tb.Fatalf("%q reached the terminal", seq)
		}
	}
}

func (t *terminal) put(text string, width int) {
	for i := range width {
		if t.x+i < t.w && t.y < t.h {
			t.cells[t.y][t.x+i] = cell{map[bool]string{true: text}[i == 0], t.style}
		}
	}
	t.x += width
}

func (t *terminal) String() string {
	var b strings.Builder
	for _, row := range t.cells {
		for _, c := range row {
			b.WriteString(c.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// What the painter sends leads from any frame to any other, and what it leaves
// out was there already.
func TestPaintLeadsFromFrameToFrame(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "b", " ", "  ", "│", "▁", "漢", "é", "e\u0301", "…", "\x1b[1m", "\x1b[31m", "\x1b[m", "\x1b[48;2;1;2;3m",
		"\x1b]52;c;AAAA\x07", "\x1b[2J", "\x07", "\u009b", "\x1b[5;5H", "\u202e", "🙂", "👩‍🚒", "\x1bPq\x1b\\", "\r",
	})
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 4).Draw(t, "h")
		p, screen := painter{profile: colorprofile.TrueColor, sync: rapid.Bool().Draw(t, "sync")}, newTerminal(w, h)
		for range 4 {
			var lines []string
			for range h {
				lines = append(lines, strings.Join(rapid.SliceOfN(piece, 0, 16).Draw(t, "line"), ""))
			}
			f := frame{content: strings.Join(lines, "\n"), w: w, h: h}
			if rapid.Bool().Draw(t, "cursor") {
				f.cursor = &point{rapid.IntRange(-1, w).Draw(t, "x"), rapid.IntRange(-1, h).Draw(t, "y")}
			}
			screen.take(t, p.paint(f))
			checkScreen(t, screen, f)
			if b := p.paint(f); b != nil {
				t.Fatalf("the same frame again writes %q", b)
			}
		}
	})
}

func checkScreen(t *rapid.T, screen *terminal, f frame) {
	for y, line := range strings.Split(f.content, "\n") {
		want := readCells(nil, line, f.w)
		for x := range want {
			if screen.cells[y][x] != want[x] {
				t.Fatalf("cell %d,%d is %q, want %q\n%s", x, y, screen.cells[y][x], want[x], screen)
			}
		}
	}
	if screen.shows != (f.cursor != nil) {
		t.Fatalf("cursor shown: %v", screen.shows)
	}
	if c := f.cursor; c != nil {
		x, y := min(max(c.x, 0), f.w-1), min(max(c.y, 0), f.h-1)
		if screen.x != x || screen.y != y {
			t.Fatalf("cursor at %d,%d, want %d,%d", screen.x, screen.y, x, y)
		}
	}
}

func TestPaintWithinTheColoursThereAre(t *testing.T) {
	red := "\x1b[1;38;2;255;0;0mx\x1b[m"
	for _, c := range []struct {
		p    colorprofile.Profile
		want string
	}{
		{colorprofile.TrueColor, "\x1b[1;38;2;255;0;0mx"},
		{colorprofile.ANSI256, "\x1b[1;38;5;196mx"},
		{colorprofile.ANSI, "\x1b[1;91mx"},
		{colorprofile.ASCII, "\x1b[1mx"},
	} {
		p := painter{profile: c.p}
		if got := string(p.paint(frame{content: red, w: 3, h: 1})); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q in it", c.p, got, c.want)
		}
	}
}

// A steady screen of twelve replicas and six hosts stays within the 3.5 kB/s of
// the budget, and a scroll of nothing costs nothing.
func TestBytesPerTick(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	p := painter{profile: colorprofile.TrueColor, sync: true}
	p.paint(r.drawn)
	const ticks = 60
	total := 0
	for range ticks {
		r.tick(1e9)
		total += len(p.paint(r.drawn))
	}
	t.Logf("%d bytes a tick", total/ticks)
	if total/ticks > 3500 {
		t.Errorf("%d bytes a tick, budget 3500", total/ticks)
	}
}

func TestTerminalOfTheTest(t *testing.T) {
	s := newTerminal(4, 2)
	s.take(t, []byte("\x1b[2;2Hab"))
	if got, want := s.String(), "    \n ab \n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
