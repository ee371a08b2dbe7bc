package tui

import (
	"strings"

	"github.com/charmbracelet/colorprofile"

	"github.com/stemedb/stemetop/panes"
)

// Themes are the values of --theme. Auto asks the terminal for its background,
// and takes what its colours allow.
func Themes() []string { return []string{"auto", "dark", "light", "16", "mono"} }

// profileOf returns the colours that the terminal has by its environment. Unlike
// colorprofile.Detect it starts no process (Detect runs tmux within tmux), and
// takes NO_COLOR at any value that is not empty (no-color.org).
func profileOf(environ []string, theme string) colorprofile.Profile {
	p := colorprofile.Env(environ)
	if p < colorprofile.TrueColor {
		p = max(p, colorprofile.Terminfo(lookup(environ, "TERM")))
	}
	switch {
	case lookup(environ, "NO_COLOR") != "" || theme == "mono":
		return min(p, colorprofile.ASCII)
	case theme == "16":
		return min(p, colorprofile.ANSI)
	}
	return p
}

// stylesFor returns the looks of a theme for a terminal with the colours of p,
// on a dark or light background.
func stylesFor(theme string, p colorprofile.Profile, isDark bool, g *panes.Glyphs) *panes.Styles {
	isDark = theme == "dark" || theme != "light" && isDark
	switch {
	case p <= colorprofile.ASCII:
		s := panes.Plain()
		s.Glyphs = g
		return s
	case p == colorprofile.ANSI:
		return sixteen(isDark).styles(g)
	case isDark:
		return dark().styles(g)
	}
	return light().styles(g)
}

// glyphsFor returns the glyphs that the terminal can show: the font of the Linux
// console has few, and a locale may say outright that it is not UTF-8.
func glyphsFor(environ []string, ascii bool) *panes.Glyphs {
	if ascii || lookup(environ, "TERM") == "linux" || otherCharset(environ) {
		return panes.ASCII()
	}
	return panes.Unicode()
}

// otherCharset tells whether the locale names a charset that is not UTF-8. One
// that names none (C, POSIX, unset) is common in containers and over SSH, below
// terminals that do UTF-8, and says nothing.
func otherCharset(environ []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := lookup(environ, name); v != "" {
			_, charset, named := strings.Cut(strings.ToUpper(v), ".")
			return named && !strings.HasPrefix(charset, "UTF-8") && !strings.HasPrefix(charset, "UTF8")
		}
	}
	return false
}

// darkByEnv guesses the background before the terminal has answered: some say so
// in COLORFGBG ("15;0": white on black).
func darkByEnv(environ []string) bool {
	v := lookup(environ, "COLORFGBG")
	bg := v[strings.LastIndexByte(v, ';')+1:]
	return bg != "7" && bg != "15"
}

// lookup returns the value of a variable in environ; the last one counts.
func lookup(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(environ[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}
