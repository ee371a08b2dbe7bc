package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// inputLimit is the number of runes that an input takes.
const inputLimit = 256

// newInput returns an empty line of text to be typed, echoed as mode says.
//
// Of the widget's keys two are off: paste, which would start xclip and take what
// was never sent to this terminal, and deletion of the next word, which panics
// at the last rune (v2.2.1).
func newInput(mode textinput.EchoMode, mask rune) textinput.Model {
	in := textinput.New()
	in.Prompt, in.CharLimit = "", inputLimit
	in.EchoMode, in.EchoCharacter = mode, mask
	in.KeyMap.Paste.SetEnabled(false)
	in.KeyMap.DeleteWordForward.SetEnabled(false)
	in.SetStyles(textinput.Styles{}) // the themes are ours
	in.SetVirtualCursor(false)       // it would blink: the terminal's own costs nothing
	in.Focus()                       // its command is for the virtual cursor
	return in
}

// edit hands a key or pasted text to an input.
func edit(in *textinput.Model, msg tea.Msg) {
	*in, _ = in.Update(msg) // without a virtual cursor and paste it has no commands
}

// viewInput returns the part of an input around the cursor that fits in w cells,
// and the cell of it where the cursor stands. The widget has a window of its
// own, but tells neither where that begins nor how wide the runes before the
// cursor are, so it draws all and the window is ours.
func viewInput(in *textinput.Model, w int) (text string, cursor int) {
	w = max(w, 1)
	before := string([]rune(in.Value())[:in.Position()])
	if in.EchoMode != textinput.EchoNormal {
		before = strings.Repeat(string(in.EchoCharacter), ansi.StringWidth(before))
	}
	before = safe(before)
	left := max(width(before)-w+1, 0)
	head := ansi.TruncateLeft(before, left, "")
	if width(head) >= w { // half of a wide rune would be left
		left++
		head = ansi.TruncateLeft(before, left, "")
	}
	return ansi.Truncate(ansi.TruncateLeft(safe(in.View()), left, ""), w, ""), width(head)
}

// safe returns what was typed as it may be drawn: the widget keeps controls out,
// but neither marks without end nor text that runs backwards.
func safe(text string) string { return cluster.CleanN(text, 16*inputLimit).String() }
