package cluster

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for raw, want := range map[string]string{
		"node2":                 "node2",
		"a\x1b[31mb":            `a\x1b[31mb`,
		"secret\rOK":            `secret\rOK`,
		"two\nlines\tand a tab": "two lines and a tab",
		"\x9b31m":               "\ufffd31m",
		"c1 \u009d":             `c1 \x9d`,
		"rtl \u202egnp":         `rtl \u{202e}gnp`,
		"zero\u200bwidth":       `zero\u{200b}width`,
		"bom\ufeff":             `bom\u{feff}`,
		"e\u0301\u0302\u0303":   "e\u0301\u0302" + `\u{303}`,
		"tag\U000e0041":         `tag\u{e0041}`,
		"vs\ufe0f":              `vs\u{fe0f}`,
		"日本":                    "日本",
	} {
		if got := Clean(raw).String(); got != want {
			t.Errorf("Clean(%q) = %q, want %q", raw, got, want)
		}
	}
	if got := CleanN(strings.Repeat("x", 20), 10).String(); got != "xxxxxxxxx…" {
		t.Errorf("cut: %q", got)
	}
}

func TestNodeIDFaithful(t *testing.T) {
	for id, want := range map[NodeID]bool{
		"node2": true, "": false, "node2 ": false, " node2": false, "node  2": false, "node 2": true, "node\x1b": false, "nоde2": false /* a Cyrillic o */, NodeID(strings.Repeat("n", 65)): false,
	} {
		if id.Faithful() != want {
			t.Errorf("%q: faithful %v", id, !want)
		}
	}
	if got := NodeID("nоde2").Text().String(); !strings.HasSuffix(got, "[!]") {
		t.Errorf("a homoglyph is not marked: %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"node2", "\x1b]52;c;x\x07", "\u202e", "e\u0301\u0301\u0301", "\xff\xfe", "a\r\nb"} {
		f.Add(s, 16)
	}
	f.Fuzz(func(t *testing.T, raw string, limit int) {
		if limit < 1 || limit > 1000 {
			return
		}
		got := CleanN(raw, limit).String()
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Fatalf("%q: not UTF-8 or longer than %d", got, limit)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) || isInvisible(r) || isVariationSelector(r) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := CleanN(got, limit).String(); again != got {
			t.Fatalf("not stable: %q, then %q", got, again)
		}
	})
}

func TestNodeIDTypeable(t *testing.T) {
	for id, want := range map[NodeID]bool{
		"node2": true, "db-2.eu:1_x": true, "": false, "a b": false, "a=b": false, "$(x)": false, "a'b": false,
		"x\u202ey": false, "n\x1bx": false, "n\u00f6de": false,
	} {
		if id.Typeable() != want {
			t.Errorf("%q: %v", string(id), !want)
		}
	}
}
