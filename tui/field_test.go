package tui

import (
	"testing"

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
	if len(name) == len("ctrl+x") && name[:5] == "ctrl+" {
		return tea.KeyPressMsg{Code: rune(name[5]), Mod: tea.ModCtrl}
	}
	panic("no such key: " + name)
}

func TestFieldEdits(t *testing.T) {
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
		var f field
		for _, k := range c.keys {
			if !f.key(press(k)) {
				t.Errorf("%q: %s not taken", c.keys, k)
			}
		}
		if string(f.text) != c.want || f.pos != c.pos {
			t.Errorf("%q: %q at %d, want %q at %d", c.keys, string(f.text), f.pos, c.want, c.pos)
		}
	}
}

// Whatever is typed, the cursor is in the text and within the cells given.
func TestFieldStaysInPlace(t *testing.T) {
	keys := []string{"a", "é", "漢", "left", "right", "home", "end", "backspace", "delete", "ctrl+w", "ctrl+k"}
	rapid.Check(t, func(t *rapid.T) {
		var f field
		w := rapid.IntRange(1, 12).Draw(t, "width")
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			f.key(press(rapid.SampledFrom(keys).Draw(t, "key")))
			text, at := f.view(w, func(r rune) string { return string(r) })
			if f.pos < 0 || f.pos > len(f.text) || at < 0 || at >= w || ansi.StringWidth(text) > w {
				t.Fatalf("pos %d of %d, cell %d, %q in %d cells", f.pos, len(f.text), at, text, w)
			}
		}
	})
}

func TestFieldIsBounded(t *testing.T) {
	var f field
	f.insert(make([]rune, 10*fieldLimit))
	if len(f.text) != fieldLimit {
		t.Fatalf("%d runes", len(f.text))
	}
}
