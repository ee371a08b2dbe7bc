package apitoml

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Change is a text with one integer set.
type Change struct {
	Old, New []byte
	// Was is the value before, if Set; else the key did not stand there, and the
	// program that reads the file had its own default.
	Was int64
	Set bool
	// Diff is the change as a unified diff without context: what stands around it
	// may be secret.
	Diff []string

	table, key string
}

// BackDiff is the way back from New to Old, as Diff is the way there.
func (c *Change) BackDiff() []string { return diff(c.New, c.Old, c.table, c.key) }

// ErrSame says that the value is the wanted one already.
var ErrSame = errors.New("it is so already")

// MaxSize is the most bytes that a text may have.
const MaxSize = 256 << 10

// Get returns the value of table.key, if it is set.
func Get(src []byte, table, key string) (value int64, set bool, err error) {
	tree, err := decode(src)
	if err != nil {
		return 0, false, err
	}
	return lookup(tree, table, key)
}

// Set returns src with table.key = value. The error says what keeps it from
// doing so, without a word of the text.
func Set(src []byte, table, key string, value int64) (*Change, error) {
	if len(src) > MaxSize {
		return nil, fmt.Errorf("it has more than %d KiB", MaxSize>>10)
	}
	before, err := decode(src)
	if err != nil {
		return nil, err
	}
	was, set, err := lookup(before, table, key)
	if err != nil {
		return nil, err
	}
	if set && was == value {
		return nil, ErrSame
	}
	at, err := find(src, table, key)
	if err != nil {
		return nil, err
	}
	e := at.edit(src, table, key, strconv.FormatInt(value, 10))
	c := &Change{Old: src, Was: was, Set: set, New: e.apply(src), table: table, key: key}
	after, err := decode(c.New)
	if err != nil {
		return nil, errors.New("the change would not be TOML: " + err.Error())
	}
	put(before, table, key, value)
	if !reflect.DeepEqual(before, after) {
		return nil, errors.New("the change would change more than " + table + "." + key)
	}
	c.Diff = diff(src, c.New, table, key)
	return c, nil
}

// decode reads all of a text; keys that stand twice are errors.
func decode(src []byte) (map[string]any, error) {
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		return nil, errors.New("it begins with a byte order mark, which is no TOML: remove it")
	}
	tree := map[string]any{}
	err := toml.Unmarshal(src, &tree)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		row, column := at.Position()
		return nil, fmt.Errorf("line %d, column %d is not TOML: %s", row, column, plain(at.Error()))
	case err != nil:
		return nil, errors.New("it is not TOML: " + plain(err.Error()))
	}
	return tree, nil
}

// plain is the first line of an error, which may quote a key but no value.
func plain(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimPrefix(s, "toml: ")
}

// lookup returns the value that stands at table.key, if one does.
func lookup(tree map[string]any, table, key string) (was int64, set bool, err error) {
	sub, there := tree[table]
	if !there {
		return 0, false, nil
	}
	m, ok := sub.(map[string]any)
	if !ok {
		return 0, false, fmt.Errorf("%s is not one table in it", table)
	}
	v, there := m[key]
	if !there {
		return 0, false, nil
	}
	if was, ok = v.(int64); !ok {
		return 0, false, fmt.Errorf("%s.%s is not an integer in it", table, key)
	}
	return was, true, nil
}

func put(tree map[string]any, table, key string, value int64) {
	m, ok := tree[table].(map[string]any)
	if !ok {
		m = map[string]any{}
		tree[table] = m
	}
	m[key] = value
}

// edit replaces the bytes from..to.
type edit struct {
	from, to int
	text     string
}

func (e edit) apply(src []byte) []byte {
	out := make([]byte, 0, len(src)+len(e.text))
	out = append(out, src[:e.from]...)
	out = append(out, e.text...)
	return append(out, src[e.to:]...)
}

// eol is the line ending of a text: that of its first line.
func eol(src []byte) string {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart is where the line that holds at begins.
func lineStart(src []byte, at int) int { return bytes.LastIndexByte(src[:at], '\n') + 1 }

// lineEnd is where the line after the one that holds at begins, or the end.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// indent is the white space before at on its line.
func indent(src []byte, at int) string {
	line := src[lineStart(src, at):at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
