package cluster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is text that is safe to draw: valid UTF-8 of printable runes only.
// Outside text becomes a Text by Clean at the place where it comes in, and
// views accept nothing else. The zero Text is empty.
type Text struct{ s string }

// MaxText is the number of runes that Clean keeps.
const MaxText = 512

// Clean makes raw safe to draw, at most MaxText runes long.
func Clean(raw string) Text { return CleanN(raw, MaxText) }

// CleanN makes raw safe to draw and cuts it to limit runes with an ellipsis.
//
// What could steer a terminal or deceive a reader is escaped in place, never
// dropped: dropping can join a dangerous remainder, and hides the attack. C0,
// DEL and C1 controls become \xNN (tab and newline a space); bidi controls,
// zero-width and other invisible runes become \u{NNNN}; invalid UTF-8 becomes
// U+FFFD; more than two combining marks on one base are escaped too.
func CleanN(raw string, limit int) Text {
	if isPlain(raw, limit) {
		return Text{raw}
	}
	var b strings.Builder
	marks, n := 0, 0
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRuneInString(raw[i:])
		i += size
		piece := escape(r, &marks)
		w := utf8.RuneCountInString(piece)
		if n+w > limit-1 && (i < len(raw) || n+w > limit) {
			b.WriteRune('…')
			break
		}
		b.WriteString(piece)
		n += w
	}
	return Text{b.String()}
}

// isPlain tells whether raw is short printable ASCII, which is nearly always so.
func isPlain(raw string, limit int) bool {
	if len(raw) > limit {
		return false
	}
	for i := range len(raw) {
		if raw[i] < 0x20 || raw[i] > 0x7e {
			return false
		}
	}
	return true
}

// escape returns what is drawn for r. marks counts the combining marks on the
// base so far.
func escape(r rune, marks *int) string {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		*marks = 0
		if r == '\r' {
			return `\r` // a carriage return overwrites the line: show it
		}
		return " "
	case r < 0x20 || (r >= 0x7f && r < 0xa0):
		*marks = 0
		return fmt.Sprintf(`\x%02x`, r)
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc):
		*marks++
		if *marks > 2 || isVariationSelector(r) || isInvisible(r) {
			return fmt.Sprintf(`\u{%x}`, r)
		}
		return string(r)
	case !unicode.IsPrint(r) || isInvisible(r):
		*marks = 0
		return fmt.Sprintf(`\u{%x}`, r)
	}
	*marks = 0
	return string(r)
}

func isVariationSelector(r rune) bool {
	return (r >= 0xfe00 && r <= 0xfe0f) || (r >= 0xe0100 && r <= 0xe01ef)
}

// isInvisible lists printable runes that show nothing: they could make two
// different ids look the same.
func isInvisible(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800, 0x034f, 0x17b4, 0x17b5:
		return true
	}
	return false
}

// String returns the safe text.
func (t Text) String() string { return t.s }

// IsZero tells whether the text is empty.
func (t Text) IsZero() bool { return t.s == "" }

// MarshalText returns the safe text.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.s), nil }

// UnmarshalText cleans again: a recording is outside text too.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Clean(string(b))
	return nil
}

// NodeID names a node by its raw bytes, as configured or as a label of a metric
// gave them: they join and they are sent. What is shown is Text.
type NodeID string

// Text returns the id as it is shown. An id with runes outside printable ASCII
// is marked [!], since it may only look like another.
func (id NodeID) Text() Text {
	t := CleanN(string(id), 64)
	for i := range len(id) {
		if id[i] < 0x20 || id[i] > 0x7e {
			return Text{t.s + " [!]"}
		}
	}
	return t
}

// Faithful tells whether what is shown are the bytes of the id, so that no other id
// looks like it: blanks at its ends, or two side by side, can't be seen. An id that
// is not faithful can't be the target of an action until it is configured by hand.
func (id NodeID) Faithful() bool {
	s := string(id)
	return s != "" && id.Text().s == s && strings.TrimSpace(s) == s && !strings.Contains(s, "  ")
}

// Typeable tells whether a person can type the id on a command line as it is shown,
// where ID=VALUE is wanted.
func (id NodeID) Typeable() bool {
	return id.Faithful() && !strings.ContainsAny(string(id), " =\"'`$&;|<>()*?[]{}#~!\\")
}
