package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/stemedb/stemetop/sources/cluster"
)

// origin remembers where each value comes from, so that what is found wrong
// later can be pointed at. The keys are paths.
type origin struct {
	file  string
	at    map[string]*token.Position // in the file
	flags map[string]string          // instead of the file
}

// Load reads a file over the defaults. Its error is Problems where the
// content is at fault, and else that of the reading.
func Load(file string) (*Config, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	return Parse(file, data)
}

// Parse reads data over the defaults, strictly: a key that is not known and a
// value of the wrong type are errors. It does not check what values mean.
func Parse(file string, data []byte) (*Config, error) {
	c := Default()
	c.origin = origin{file, map[string]*token.Position{}, map[string]string{}}
	d := decoder{origin: c.origin}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, Problems{syntaxProblem(file, err)}
	}
	for i, doc := range tree.Docs {
		if i > 0 {
			d.fail(doc.Body, "", "a second document", "keep one document in the file")
			break
		}
		d.group(doc.Body, reflect.ValueOf(c).Elem(), "")
	}
	return c, d.problems.err()
}

func syntaxProblem(file string, err error) *Problem {
	p := &Problem{File: file, What: "is not YAML: " + err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		said := at.GetMessage()
		p.What = "is not YAML: " + cluster.CleanN(said, 100).String()
		switch {
		case strings.Contains(said, "\t"), strings.Contains(said, "tab character"):
			p.Hint = "indent by blanks: YAML takes no tabs"
		case strings.Contains(said, "already defined"):
			p.What = cluster.CleanN(said, 100).String()
			p.Hint = "a key may stand there once: keep one of the two"
		default:
			p.Hint = "a quote, a bracket, a colon or the indentation is wrong here or in the line before"
		}
		if t := at.GetToken(); t != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	return p
}

type decoder struct {
	origin
	problems Problems
}

func (d *decoder) fail(n ast.Node, path, what, hint string) {
	p := &Problem{File: d.file, Path: path, What: what, Hint: hint}
	if t := position(n); t != nil {
		p.Line, p.Column = t.Line, t.Column
	}
	d.problems = append(d.problems, p)
}

// position is where a person would point at n: for a mapping its first key,
// not the colon behind it.
func position(n ast.Node) *token.Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	if n == nil || n.GetToken() == nil {
		return nil
	}
	return n.GetToken().Position
}

// group reads a mapping into a struct.
func (d *decoder) group(n ast.Node, v reflect.Value, path string) {
	if isNull(n) {
		return
	}
	m, ok := n.(ast.MapNode)
	if !ok || isSpecial(n) {
		d.fail(n, path, nameOf(path)+" wants keys of its own, not "+kindOf(n), groupHint(v.Type()))
		return
	}
	known := map[string]reflect.StructField{}
	for _, f := range fields(v.Type()) {
		known[f.Tag.Get("yaml")] = f
	}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		f, ok := known[key]
		if !ok {
			d.fail(it.Key(), join(path, key), "unknown key "+quote(key)+in(path), suggest(key, slices.Sorted(maps.Keys(known))))
			continue
		}
		d.value(it.Value(), v.FieldByIndex(f.Index), join(path, key), f.Tag)
	}
}

// value reads one value of any type.
func (d *decoder) value(n ast.Node, v reflect.Value, path string, tag reflect.StructTag) {
	if p := position(n); p != nil {
		d.at[path] = p
	}
	switch {
	case isNull(n):
	case isGroup(v.Type()):
		d.group(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, tag)
	default:
		d.scalar(n, v, path, tag)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string, tag reflect.StructTag) {
	seq, ok := n.(ast.ArrayNode)
	if !ok || isSpecial(n) {
		d.fail(n, path, nameOf(path)+" wants a list, not "+kindOf(n), "write it as [a, b], or one item a line after a dash")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 4))
	for it := seq.ArrayRange(); it.Next(); {
		item := preset(v.Type().Elem())
		d.value(it.Value(), item, fmt.Sprintf("%s[%d]", path, v.Len()), tag)
		v.Set(reflect.Append(v, item))
	}
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, path string, tag reflect.StructTag) {
	word, ok := scalarOf(n)
	if !ok {
		d.fail(n, path, nameOf(path)+" wants one value, not "+kindOf(n), example(tag))
		return
	}
	if t := textOf(v); t != nil {
		if t.UnmarshalText([]byte(word)) != nil {
			d.fail(n, path, nameOf(path)+" wants "+wanted(v)+", not "+quote(word), unitHint(v))
		}
		return
	}
	if v.Kind() == reflect.Int {
		i, err := strconv.Atoi(word)
		if err != nil {
			d.fail(n, path, nameOf(path)+" wants a whole number, not "+quote(word), "")
			return
		}
		v.SetInt(int64(i))
		return
	}
	if words := strings.Fields(tag.Get("oneof")); len(words) > 0 && !slices.Contains(words, word) {
		d.fail(n, path, nameOf(path)+" can't be "+quote(word), suggest(word, words))
		return
	}
	v.SetString(word)
}

// preset returns an item of a list with the defaults that each has.
func preset(t reflect.Type) reflect.Value {
	item := reflect.New(t).Elem()
	switch t {
	case reflect.TypeFor[Node]():
		item.Set(reflect.ValueOf(DefaultNode()))
	case reflect.TypeFor[Alert]():
		item.Set(reflect.ValueOf(DefaultAlert()))
	}
	return item
}
