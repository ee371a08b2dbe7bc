package apitoml

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// diff is one contiguous change as a unified diff without context, with the
// table in its heading, and of each line only what is about the key.
func diff(before, after []byte, table, key string) []string {
	about := aboutKey(key)
	old, fresh := split(before), split(after)
	row := 1
	for len(old) > 0 && len(fresh) > 0 && old[0] == fresh[0] {
		old, fresh = old[1:], fresh[1:]
		row++
	}
	for len(old) > 0 && len(fresh) > 0 && old[len(old)-1] == fresh[len(fresh)-1] {
		old, fresh = old[:len(old)-1], fresh[:len(fresh)-1]
	}
	list := []string{fmt.Sprintf("@@ -%s +%s @@ [%s]", span(row, len(old)), span(row, len(fresh)), table)}
	for _, l := range old {
		list = append(list, "-"+about(l))
	}
	for _, l := range fresh {
		list = append(list, "+"+about(l))
	}
	return list
}

// aboutKey returns what leaves of a line that is in a diff what is about the key. Other
// settings may stand beside it, in an inline table, and those may be secret.
func aboutKey(key string) func(line string) string {
	name := `["']?` + regexp.QuoteMeta(key) + `["']?`
	alone := regexp.MustCompile(`^\s*(?:\[[^\]]*\]|(?:[\w"'-]+\s*\.\s*)*` + name + `\s*=\s*[+-]?\w+)?\s*(?:#.*)?$`)
	setting := regexp.MustCompile(name + `\s*=\s*[+-]?\w+`)
	return func(line string) string {
		if alone.MatchString(line) {
			code, _, said := strings.Cut(line, "#") // no # stands before a comment there
			if said {
				return strings.TrimRight(code, " \t") + " # …"
			}
			return line
		}
		if s := setting.FindString(line); s != "" {
			return "… " + s + " …"
		}
		return "…"
	}
}

// span is a range of lines as a hunk names it: one that is empty stands after
// the line before.
func span(row, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", row-1)
	case 1:
		return fmt.Sprint(row)
	}
	return fmt.Sprintf("%d,%d", row, n)
}

// split returns the lines without their ends.
func split(text []byte) []string {
	var list []string
	for line := range bytes.Lines(text) {
		list = append(list, strings.TrimRight(string(line), "\r\n"))
	}
	return list
}
