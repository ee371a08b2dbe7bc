package tui

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is one cell of a line: a grapheme cluster and the sequences that style
// it. Both are parts of the line that they were read from.
type cell struct {
	text  string // empty for the second cell of a wide cluster
	style string // all SGR sequences since the last reset
}

var blank = cell{text: " "}

// readCells reads a line into exactly w cells, cut or padded, reusing the memory
// of row. Nothing but printable clusters and SGR sequences gets through: this is
// the last gate before the terminal, whatever went wrong before it.
func readCells(row []cell, line string, w int) []cell {
	row = row[:0]
	style := ""
	for i := 0; i < len(line) && len(row) < w; {
		if simple(line, i) {
			row = append(row, cell{line[i : i+1], style})
			i++
			continue
		}
		seq, width, n, _ := ansi.DecodeSequence(line[i:], ansi.NormalState, nil)
		i += max(n, 1)
		switch {
		case isSGR(seq):
			style = addSGR(style, seq)
		case width <= 0 && isMark(seq) && len(row) > 0: // the decoder parts it from an ASCII base
			row[len(row)-1].text += seq
		case width <= 0 || isControl(seq): // not for the screen
		case len(row)+width > w:
			row = append(row, blank)
		default:
			row = append(row, cell{seq, style})
			for range width - 1 {
				row = append(row, cell{"", style})
			}
		}
	}
	for len(row) < w {
		row = append(row, blank)
	}
	return row
}

// simple tells whether line[i] is a printable ASCII cell that nothing combines with.
func simple(line string, i int) bool {
	return line[i] >= 0x20 && line[i] < 0x7f && (i+1 == len(line) || line[i+1] < 0x80)
}

// isSGR tells whether seq sets colours or attributes and nothing else.
func isSGR(seq string) bool {
	if len(seq) < 3 || seq[0] != ansi.ESC || seq[1] != '[' || seq[len(seq)-1] != 'm' {
		return false
	}
	for _, c := range []byte(seq[2 : len(seq)-1]) {
		if (c < '0' || c > '9') && c != ';' && c != ':' {
			return false
		}
	}
	return true
}

// isControl tells whether seq begins with a control: C0, DEL or C1.
func isControl(seq string) bool {
	r, _ := utf8.DecodeRuneInString(seq)
	return r < 0x20 || (r >= 0x7f && r < 0xa0)
}

// isMark tells whether seq begins with a combining mark.
func isMark(seq string) bool {
	r, _ := utf8.DecodeRuneInString(seq)
	return unicode.Is(unicode.M, r)
}

// addSGR returns the style after seq: a reset begins anew.
func addSGR(style, seq string) string {
	switch {
	case seq == "\x1b[m" || seq == "\x1b[0m":
		return ""
	case style == "":
		return seq
	}
	return style + seq
}

// sure tells whether all terminals agree on the width of a cluster, so that the
// cursor is known to stand behind it.
func sure(text string) bool {
	if len(text) == 1 {
		return true
	}
	r, n := utf8.DecodeRuneInString(text)
	if n != len(text) {
		return false
	}
	return r < 0x300 || (r >= 0x2010 && r < 0x2028) || (r >= 0x2500 && r < 0x2600) || (r >= 0x2800 && r < 0x2900)
}
