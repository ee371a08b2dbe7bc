package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// fieldLimit is the number of runes that a field takes.
const fieldLimit = 256

// field is a line of text being typed. bubbles' textinput would be the choice,
// but it brings a package that starts xclip, keeps what is typed in copies that
// can't be wiped, and counts its cursor in runes where the screen has cells.
type field struct {
	text []rune
	pos  int // the cursor stands before text[pos]
}

// key edits the text. It tells whether the key was one of its own.
func (f *field) key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left", "ctrl+b":
		f.pos = max(f.pos-1, 0)
	case "right", "ctrl+f":
		f.pos = min(f.pos+1, len(f.text))
	case "home", "ctrl+a":
		f.pos = 0
	case "end", "ctrl+e":
		f.pos = len(f.text)
	case "backspace", "ctrl+h":
		f.cut(max(f.pos-1, 0), f.pos)
	case "delete", "ctrl+d":
		f.cut(f.pos, min(f.pos+1, len(f.text)))
	case "ctrl+u":
		f.cut(0, f.pos)
	case "ctrl+k":
		f.cut(f.pos, len(f.text))
	case "ctrl+w":
		f.cut(f.word(), f.pos)
	default:
		if k.Text == "" {
			return false
		}
		f.insert([]rune(k.Text))
	}
	return true
}

// insert adds text at the cursor, as much as there is room for. What the text
// leaves behind in old memory is wiped: it may be a passphrase.
func (f *field) insert(text []rune) {
	text = text[:min(len(text), max(fieldLimit-len(f.text), 0))]
	grown := make([]rune, 0, len(f.text)+len(text))
	grown = append(append(append(grown, f.text[:f.pos]...), text...), f.text[f.pos:]...)
	clear(f.text)
	f.text = grown
	f.pos += len(text)
}

func (f *field) cut(from, to int) {
	n := copy(f.text[from:], f.text[to:])
	clear(f.text[from+n:])
	f.text = f.text[:from+n]
	f.pos = from
}

// word returns where the word before the cursor begins.
func (f *field) word() int {
	i := f.pos
	for i > 0 && f.text[i-1] == ' ' {
		i--
	}
	for i > 0 && f.text[i-1] != ' ' {
		i--
	}
	return i
}

// wipe forgets the text.
func (f *field) wipe() {
	clear(f.text)
	f.text, f.pos = nil, 0
}

// view returns the part of the text around the cursor that fits in w cells, and
// the cell of it where the cursor stands. show turns a rune into what is drawn.
func (f *field) view(w int, show func(rune) string) (text string, cursor int) {
	w = max(w, 1)
	var b strings.Builder
	from, at := f.pos, 0
	for from > 0 && at+ansi.StringWidth(show(f.text[from-1])) < w {
		from--
		at += ansi.StringWidth(show(f.text[from]))
	}
	n := 0
	for _, r := range f.text[from:] {
		s := show(r)
		if n += ansi.StringWidth(s); n > w {
			break
		}
		b.WriteString(s)
	}
	return b.String(), at
}
