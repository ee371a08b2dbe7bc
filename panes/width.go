package panes

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// printable returns text in a form whose width all terminals agree on. A
// terminal counts by code points or by grapheme clusters; where the two differ
// (flags, emoji with modifiers) the line would break on one of them, so such
// text is escaped.
func printable(text string) string {
	if isPlain(text) || standsAlone(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u{%x}`, r)
	}
	return b.String()
}

// standsAlone tells whether text is as wide as its runes one by one however a
// terminal counts, so that it can be cut anywhere, and joins with nothing that
// stands before or after it.
func standsAlone(text string) bool {
	n := 0
	for i, r := range text {
		if i == 0 && unicode.In(r, unicode.M) {
			return false
		}
		n += ansi.StringWidth(string(r))
	}
	between := " " + text + " "
	return n+2 == ansi.StringWidth(between) && n+2 == ansi.StringWidthWc(between)
}

// cells returns the width of printable text.
func cells(text string) int {
	if isASCII(text) {
		return len(text)
	}
	return ansi.StringWidth(text)
}

// clip cuts printable text to at most n cells, marking the cut.
func clip(text string, n int, mark rune) string {
	switch {
	case n <= 0:
		return ""
	case cells(text) <= n:
		return text
	case n == 1:
		return string(mark)
	case isASCII(text):
		return text[:n-1] + string(mark)
	}
	return ansi.Truncate(text, n, string(mark))
}

// isPlain tells whether all of text is of what is drawn most, and surely one cell
// wide each: no table need be asked. The one for counting by code points takes
// 2 MB from its first use on.
func isPlain(text string) bool {
	for _, r := range text {
		switch {
		case r >= 0x20 && r <= 0x7e:
		case r >= 0xa1 && r < 0x300 && r != 0xad: // Latin; the soft hyphen is none
		case r >= 0x2010 && r < 0x2028: // dashes, quotes, the ellipsis
		case r >= 0x2500 && r < 0x25a0: // lines and blocks
		default:
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

// wrap breaks printable text at spaces into at most limit lines of n cells; the
// last one is cut if more is left.
func wrap(text string, n, limit int, mark rune) []string {
	var lines []string
	for text != "" && len(lines) < limit {
		if n <= 0 || cells(text) <= n || len(lines) == limit-1 {
			return append(lines, clip(text, n, mark))
		}
		head := ansi.Truncate(text, n+1, "")
		if i := strings.LastIndexByte(head, ' '); i > 0 {
			head = head[:i]
		} else {
			head = ansi.Truncate(text, n, "")
		}
		if head == "" { // a rune wider than the line
			return append(lines, clip(text, n, mark))
		}
		lines = append(lines, head)
		text = strings.TrimLeft(text[len(head):], " ")
	}
	return lines
}
