package apitoml

import (
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"
)

// place is where a table and its key stand in a text, as offsets; -1 where they
// do not.
type place struct {
	value, valueEnd int // of the key
	header          int // of [table]
	first           int // the first key below [table]
	dotted          int // the first "table.other = ..." at the root
	brace           int // of "table = {"
	inner           int // the first key in it
}

// find looks for the places. src is valid TOML.
func find(src []byte, table, key string) (place, error) {
	f := finder{place: place{-1, -1, -1, -1, -1, -1, -1}, table: table, key: key}
	f.Reset(src)
	for f.NextExpression() {
		switch n := f.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			f.enter(n)
		case unstable.KeyValue:
			f.keyValue(n)
		default:
		}
	}
	if err := f.Error(); err != nil {
		return place{}, errors.New("it is not TOML: " + plain(err.Error()))
	}
	return f.place, nil
}

type finder struct {
	unstable.Parser
	place
	table, key string
	within     []string // the header that the parser is below
}

// enter notes a header.
func (f *finder) enter(n *unstable.Node) {
	f.within = path(n.Key())
	if n.Kind == unstable.Table && len(f.within) == 1 && f.within[0] == f.table {
		f.header = start(n.Key())
	}
}

// keyValue notes a key and its value.
func (f *finder) keyValue(n *unstable.Node) {
	full := append(append([]string(nil), f.within...), path(n.Key())...)
	if full[0] != f.table {
		return
	}
	if len(f.within) == 1 && f.first < 0 {
		f.first = start(n.Key())
	}
	switch v := n.Value(); {
	case len(full) == 2 && full[1] == f.key:
		f.take(v)
	case len(full) == 1 && v.Kind == unstable.InlineTable:
		f.inline(v)
	case len(f.within) == 0 && len(full) > 1 && f.dotted < 0:
		f.dotted = start(n.Key())
	}
}

// inline looks into table = { ... }.
func (f *finder) inline(table *unstable.Node) {
	f.brace = int(table.Raw.Offset)
	for it := table.Children(); it.Next(); {
		n := it.Node()
		if n.Kind != unstable.KeyValue {
			continue
		}
		if f.inner < 0 {
			f.inner = start(n.Key())
		}
		if p := path(n.Key()); len(p) == 1 && p[0] == f.key {
			f.take(n.Value())
		}
	}
}

func (f *finder) take(v *unstable.Node) {
	f.value = int(v.Raw.Offset)
	f.valueEnd = f.value + int(v.Raw.Length)
}

// path returns the parts of a key.
func path(it unstable.Iterator) []string {
	var parts []string
	for it.Next() {
		parts = append(parts, string(it.Node().Data))
	}
	return parts
}

// start returns where a key begins.
func start(it unstable.Iterator) int {
	it.Next()
	return int(it.Node().Raw.Offset)
}

// edit says what to change: the value where there is one, else a new key where
// the table is, else a new table at the end.
func (p place) edit(src []byte, table, key, value string) edit {
	nl, assign := eol(src), key+" = "+value
	switch {
	case p.value >= 0:
		return edit{p.value, p.valueEnd, value}
	case p.inner >= 0:
		return edit{p.inner, p.inner, assign + ", "}
	case p.brace >= 0 && src[p.brace+1] == ' ':
		return edit{p.brace + 1, p.brace + 1, " " + assign}
	case p.brace >= 0:
		return edit{p.brace + 1, p.brace + 1, assign}
	case p.header >= 0:
		return p.below(src, nl, assign)
	case p.dotted >= 0:
		at := lineStart(src, p.dotted)
		return edit{at, at, indent(src, p.dotted) + table + "." + assign + nl}
	}
	return atEnd(src, nl, "["+table+"]", assign)
}

// below puts a line below the header, indented as the first key there is.
func (p place) below(src []byte, nl, assign string) edit {
	in := indent(src, p.header)
	if p.first >= 0 {
		in = indent(src, p.first)
	}
	at := lineEnd(src, p.header)
	if src[at-1] != '\n' { // the header ends the file
		return edit{at, at, nl + in + assign}
	}
	return edit{at, at, in + assign + nl}
}

// atEnd appends a table; the file ends with a line ending after it if it did
// before.
func atEnd(src []byte, nl, header, assign string) edit {
	at := len(src)
	switch {
	case at == 0:
		return edit{0, 0, header + nl + assign + nl}
	case src[at-1] != '\n':
		return edit{at, at, nl + nl + header + nl + assign}
	}
	return edit{at, at, nl + header + nl + assign + nl}
}
