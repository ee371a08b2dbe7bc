package admin

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// kindOf is the sort of a JSON value.
type kindOf uint8

const (
	kindNone kindOf = iota // there is none
	kindNull
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// String names the sort with its article.
func (k kindOf) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// kind tells the sort of a valid value.
func kind(raw json.RawMessage) kindOf {
	if len(raw) == 0 {
		return kindNone
	}
	switch raw[0] {
	case 'n':
		return kindNull
	case 't', 'f':
		return kindBool
	case '"':
		return kindString
	case '[':
		return kindArray
	case '{':
		return kindObject
	}
	return kindNumber
}

// object is the top level of a JSON object; nil if it was none.
type object map[string]json.RawMessage

func parseObject(raw json.RawMessage) object {
	var o object
	if kind(raw) != kindObject || json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// keys lists the first few keys, for a failure.
func (o object) keys() string {
	keys := slices.Sorted(maps.Keys(o))
	if len(keys) > 8 {
		keys = append(keys[:8], "…")
	}
	return strings.Join(keys, ", ")
}

// text returns the first of the keys that is a string with anything in it.
func (o object) text(keys ...string) string {
	for _, k := range keys {
		if s := text(o[k]); s != "" {
			return s
		}
	}
	return ""
}

func text(raw json.RawMessage) string {
	var s string
	if kind(raw) != kindString || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// number returns the first of the keys that is a number, or a string of one.
func (o object) number(keys ...string) (float64, bool) {
	for _, k := range keys {
		if n, ok := number(o[k]); ok {
			return n, true
		}
	}
	return 0, false
}

func number(raw json.RawMessage) (float64, bool) {
	s := text(raw)
	if kind(raw) == kindNumber {
		s = string(raw)
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && n-n == 0 // neither infinite nor NaN
}

// fault returns the error that an object reports in spite of its status.
func (o object) fault() error {
	e := o["error"]
	words := text(e)
	if words == "" {
		words = parseObject(e).text("message", "code")
	}
	if words == "" {
		return nil
	}
	return web.NewFault(cluster.FailOther, "the server reports an error", "").With(words)
}
