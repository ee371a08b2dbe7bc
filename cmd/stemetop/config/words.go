package config

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// isNull tells whether n says nothing: the default stands.
func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null || n.Type() == ast.CommentType
}

// scalarOf returns the text of a plain or quoted value. What it looks like to
// YAML (a number, a truth value) does not matter: an id may be 010 or yes.
func scalarOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// isSpecial tells whether n stands for another value. Nobody needs that here,
// and aliases can make a small file a huge one.
func isSpecial(n ast.Node) bool {
	switch n.(type) {
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode:
		return true
	}
	return false
}

// kindOf names what stands in the file.
func kindOf(n ast.Node) string {
	if isSpecial(n) {
		return "a tag, anchor or alias"
	}
	switch n.(type) {
	case ast.MapNode:
		return "a mapping"
	case ast.ArrayNode:
		return "a list"
	}
	word, _ := scalarOf(n)
	return quote(word)
}

// wanted names what a value of its own form is.
func wanted(v reflect.Value) string {
	switch v.Type() {
	case reflect.TypeFor[Size]():
		return "a size"
	case reflect.TypeFor[Number]():
		return "a number"
	}
	return "a duration"
}

func unitHint(v reflect.Value) string {
	switch v.Type() {
	case reflect.TypeFor[Size]():
		return "write a number with its unit, such as 32MiB or 1GiB"
	case reflect.TypeFor[Number]():
		return "write it without a unit, such as 20 or 0.05"
	}
	return "write a number with its unit, such as 500ms, 5s, 1m30s or 14d"
}

func suggest(word string, words []string) string {
	if near, ok := Nearest(word, words); ok {
		return `did you mean "` + near + `"?`
	}
	return "one of " + strings.Join(words, ", ")
}

func groupHint(t reflect.Type) string {
	var names []string
	for _, f := range fields(t) {
		names = append(names, f.Tag.Get("yaml"))
	}
	return "its keys are " + strings.Join(names, ", ")
}

func example(tag reflect.StructTag) string {
	if eg := tag.Get("eg"); eg != "" {
		return "for example " + eg
	}
	return ""
}

func nameOf(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func in(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

func itoa(i int) string { return strconv.Itoa(i) }
