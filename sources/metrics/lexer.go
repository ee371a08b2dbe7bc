package metrics

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

// nameByte marks the bytes of an unquoted metric name.
var nameByte = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:" {
		t[c] = true
	}
	return t
}()

// nameLength returns how long the metric name at the start of b is; 0 if none
// is there.
func nameLength(b []byte) int {
	if b[0] >= '0' && b[0] <= '9' {
		return 0
	}
	for i, c := range b {
		if !nameByte[c] {
			return i
		}
	}
	return len(b)
}

// endsLikeNumber tells whether b may end in a value or a timestamp. Inf and NaN
// are rare, so all but a digit may cost.
func endsLikeNumber(b []byte) bool {
	if c := b[len(b)-1]; c >= '0' && c <= '9' {
		return true
	}
	return isNumber(b[bytes.LastIndexAny(b, " \t}")+1:])
}

// startsLikeNumber tells whether the first word of b may be a value.
func startsLikeNumber(b []byte) bool {
	word, _ := nextWord(b)
	if len(word) > 0 && word[0] >= '0' && word[0] <= '9' {
		return true
	}
	return isNumber(word)
}

func isNumber(word []byte) bool {
	_, err := strconv.ParseFloat(string(word), 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// labelsEnd returns where the name and the labels of a series end; -1 if the
// labels don't.
func labelsEnd(line []byte) int {
	i := 0
	if line[0] != '{' && line[0] != '"' {
		i = nameLength(line)
	}
	inLabels, inQuotes := false, false
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case inQuotes && c == '\\':
			i++
		case c == '"':
			inQuotes = !inQuotes
		case inQuotes:
		case c == '{':
			inLabels = true
		case c == '}':
			return i + 1
		case !inLabels && isBlank(c):
			if next := trimBlanks(line[i:]); len(next) == 0 || next[0] != '{' {
				return i
			}
		}
	}
	return -1
}

// nextWord splits b at the first blank after its first word.
func nextWord(b []byte) (word, rest []byte) {
	b = trimBlanks(b)
	for i, c := range b {
		if isBlank(c) {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

// nameEscapes are the only escapes in a quoted name, all of them needed: so a
// name has one quoted form.
var nameEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quoteName(name string) []byte { return []byte(`"` + nameEscapes.Replace(name) + `"`) }
