package tui

import (
	"strings"
	"testing"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func press(text string) tea.KeyPressMsg {
	r := []rune(text)
	if len(r) == 1 {
		return tea.KeyPressMsg{Code: r[0], Text: text}
	}
	return namedKey(text)
}

// namedKey returns the key that bubbletea calls name.
func namedKey(name string) tea.KeyPressMsg {
	codes := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "space": {Code: ' ', Text: " "},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
		"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
		"backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete},
	}
	if k, ok := codes[name]; ok {
		return k
	}
	for prefix, mod := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			k := press(rest)
			k.Mod, k.Text = mod, ""
			return k
		}
	}
	panic("no such key: " + name)
}

func TestInputEdits(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string
		pos  int
	}{
		{[]string{"a", "b", "c"}, "abc", 3},
		{[]string{"a", "b", "left", "X"}, "aXb", 2},
		{[]string{"a", "b", "backspace"}, "a", 1},
		{[]string{"a", "b", "home", "delete"}, "b", 0},
		{[]string{"a", "space", "b", "ctrl+w"}, "a ", 2},
		{[]string{"a", "b", "ctrl+u", "c"}, "c", 1},
		{[]string{"a", "b", "home", "right", "ctrl+k"}, "a", 1},
		{[]string{"backspace", "delete", "left", "ctrl+w"}, "", 0},
	} {
		in := newInput(textinput.EchoNormal, 0)
		for _, k := range c.keys {
			edit(&in, press(k))
		}
		if in.Value() != c.want || in.Position() != c.pos {
			t.Errorf("%q: %q at %d, want %q at %d", c.keys, in.Value(), in.Position(), c.want, c.pos)
		}
	}
}

// Whatever is typed, by every key that the widget knows: no panic, no command
// (one would start xclip), and the cursor is within the cells given.
func TestInputStaysInPlace(t *testing.T) {
	keys := []string{"a", "é", "漢", "\u0301", "\u202e", "space", "down", "tab"}
	for _, k := range []string{"left", "right", "home", "end", "backspace", "delete"} {
		keys = append(keys, k, "alt+"+k, "ctrl+"+k)
	}
	for r := 'a'; r <= 'z'; r++ {
		keys = append(keys, "alt+"+string(r), "ctrl+"+string(r))
	}
	rapid.Check(t, func(t *rapid.T) {
		in := newInput(rapid.SampledFrom([]textinput.EchoMode{textinput.EchoNormal, textinput.EchoPassword}).Draw(t, "echo"), '*')
		w := rapid.IntRange(1, 12).Draw(t, "width")
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			var cmd tea.Cmd
			if in, cmd = in.Update(press(rapid.SampledFrom(keys).Draw(t, "key"))); cmd != nil {
				t.Fatal("the widget wants to run a command")
			}
			text, at := viewInput(&in, w)
			if at < 0 || at >= w || ansi.StringWidth(text) > w || ansi.Strip(text) != text || strings.ContainsRune(text, '\u202e') {
				t.Fatalf("%q at %d: %q in %d cells, cursor at %d", in.Value(), in.Position(), text, w, at)
			}
		}
	})
}

// The cursor stands where the next rune will, also in a text that is scrolled.
func TestInputShowsItsCursor(t *testing.T) {
	in := newInput(textinput.EchoNormal, 0)
	edit(&in, tea.PasteMsg{Content: "0123456789漢字"})
	for _, c := range []struct {
		key, want string
		at        int
	}{
		{"end", "89漢字 ", 6}, {"left", "6789漢", 6}, {"left", "456789", 6}, {"home", "0123456", 0},
	} {
		edit(&in, press(c.key))
		if text, at := viewInput(&in, 7); text != c.want || at != c.at {
			t.Errorf("%s: %q with the cursor at %d, want %q at %d", c.key, text, at, c.want, c.at)
		}
	}
}

func TestInputIsBounded(t *testing.T) {
	in := newInput(textinput.EchoNormal, 0)
	edit(&in, tea.PasteMsg{Content: strings.Repeat("x", 10*inputLimit)})
	if n := len(in.Value()); n != inputLimit {
		t.Fatalf("%d runes", n)
	}
}
