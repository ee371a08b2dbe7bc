package tui

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/stemedb/stemetop/panes"
)

// contrast is the ratio of WCAG 2.2, 1 to 21.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	part := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

// What is needed to decide keeps 7:1 on the backgrounds that terminals have, and
// on the row below the cursor; what is not keeps 3:1.
func TestPalettesKeepTheirContrast(t *testing.T) {
	for name, c := range map[string]struct {
		p       palette
		grounds []string
	}{
		"dark":  {dark(), []string{"#000000", "#1E1E1E"}},
		"light": {light(), []string{"#FFFFFF", "#F5F5F5"}},
	} {
		p := c.p
		for _, ground := range c.grounds {
			on := lipgloss.Color(ground)
			for what, fg := range map[string]color.Color{
				"text": p.text, "label": p.label, "good": p.good, "warn": p.warn, "crit": p.crit, "unknown": p.unknown, "spark": p.spark,
			} {
				if got := contrast(fg, on); got < 7 {
					t.Errorf("%s: %s on %s is %.1f:1", name, what, ground, got)
				}
				if got := contrast(fg, p.cursor); got < 4.5 {
					t.Errorf("%s: %s below the cursor is %.1f:1", name, what, got)
				}
			}
			if got := contrast(p.faint, on); got < 3 {
				t.Errorf("%s: faint on %s is %.1f:1", name, ground, got)
			}
		}
		for what, b := range map[string][2]color.Color{
			"warn": {p.onWarn, p.blockWarn}, "crit": {p.onCrit, p.blockCrit}, "live": {p.onLive, p.live},
			"paused": {p.onPaused, p.paused}, "replay": {p.onReplay, p.replay},
		} {
			if got := contrast(b[0], b[1]); got < 7 {
				t.Errorf("%s: block of %s is %.1f:1", name, what, got)
			}
		}
	}
}

// The sixteen colours are the terminal's; as xterm has them, what states are told
// by can be read on either background.
func TestSixteenCanBeRead(t *testing.T) {
	xterm := map[color.Color]string{
		lipgloss.Color("1"): "#CD0000", lipgloss.Color("3"): "#CDCD00", lipgloss.Color("4"): "#0000EE",
		lipgloss.Color("5"): "#CD00CD", lipgloss.Color("6"): "#00CDCD",
	}
	for _, isDark := range []bool{true, false} {
		p, on, least := sixteen(isDark), lipgloss.Color("#FFFFFF"), 4.5
		if isDark {
			on, least = lipgloss.Color("#000000"), 3.5 // its red is bold besides
		}
		for what, c := range map[string]color.Color{"good": p.good, "warn": p.warn, "crit": p.crit, "spark": p.spark} {
			shown, ok := xterm[c]
			if !ok {
				t.Fatalf("%s is %v, which is not looked at here", what, c)
			}
			if got := contrast(lipgloss.Color(shown), on); got < least {
				t.Errorf("dark %v: %s is %.1f:1", isDark, what, got)
			}
		}
	}
	light, dark := stylesFor("16", colorprofile.ANSI, false, panes.Unicode()), stylesFor("dark", colorprofile.ANSI, false, panes.Unicode())
	if light.Warn == dark.Warn {
		t.Error("--theme dark is not heeded with sixteen colours")
	}
}

func TestProfile(t *testing.T) {
	for _, c := range []struct {
		environ, theme string
		want           colorprofile.Profile
	}{
		{"TERM=xterm-256color", "auto", colorprofile.ANSI256},
		{"TERM=xterm-256color COLORTERM=truecolor", "auto", colorprofile.TrueColor},
		{"TERM=xterm-256color COLORTERM=truecolor", "16", colorprofile.ANSI},
		{"TERM=xterm-256color COLORTERM=truecolor NO_COLOR=yes", "auto", colorprofile.ASCII},
		{"TERM=xterm-256color NO_COLOR=", "auto", colorprofile.ANSI256},
		{"TERM=linux", "auto", colorprofile.ANSI},
		{"TERM=xterm-256color", "mono", colorprofile.ASCII},
		{"TERM=tmux-256color TMUX=/tmp/none,1,0", "auto", colorprofile.ANSI256},
	} {
		if got := profileOf(strings.Fields(c.environ), c.theme); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.environ, c.theme, got, c.want)
		}
	}
}

// Without colour nothing but attributes is drawn, and the states are still told.
func TestMonoTellsTheStates(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	r.styles = stylesFor("auto", colorprofile.ASCII, true, panes.Unicode())
	r.tick(1e9)
	if strings.Contains(r.View().Content, "38;") || strings.Contains(r.View().Content, "48;") {
		t.Error("there is colour")
	}
	for _, want := range []string{"CRIT x", "WARN !", "OK"} {
		if !strings.Contains(r.text(), want) {
			t.Errorf("%q is not on screen", want)
		}
	}
}

func TestASCIIDrawsASCIIOnly(t *testing.T) {
	r := newRig(t, 120, 40, 12, func(o *Options) { o.ASCII = true })
	for _, keys := range [][]string{nil, {"?"}, {"esc", "S"}, {"esc", "enter"}} {
		r.keys(keys...)
		r.Update(calmMsg{})
		for i, c := range r.text() {
			if c > 0x7e {
				t.Fatalf("%q after %q in\n%s", c, keys, r.text()[max(0, i-100):i])
			}
		}
	}
}

func TestLightBackgroundChangesTheTheme(t *testing.T) {
	r := newRig(t, 80, 24, 3, func(o *Options) { o.Theme = "auto" })
	before := r.View().Content
	r.background(false)
	r.draw()
	if r.View().Content == before {
		t.Error("nothing changed")
	}
	for environ, want := range map[string]bool{"COLORFGBG=0;15": false, "COLORFGBG=15;0": true, "": true, "COLORFGBG=0;default;7": false} {
		if got := darkByEnv([]string{environ}); got != want {
			t.Errorf("%q: dark %v", environ, got)
		}
	}
}

func TestGlyphsByLocale(t *testing.T) {
	for environ, ascii := range map[string]bool{
		"LANG=C": false, "": false, "LANG=en_US.UTF-8": false, "LANG=C.utf8": false, "LC_ALL=de_DE.ISO-8859-1 LANG=C.UTF-8": true, "TERM=linux": true,
	} {
		if got := glyphsFor(strings.Fields(environ), false).Vertical < 0x80; got != ascii {
			t.Errorf("%q: ascii %v", environ, got)
		}
	}
}
