package config

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Write writes c with every key and its meaning, so that reading it back gives
// c again.
func Write(w io.Writer, c *Config) error {
	b := &strings.Builder{}
	b.WriteString("# Configuration of stemetop. Every key is here; one that is left out has its default.\n" +
		"# Flags and STEMETOP_ variables go before this file. Secrets belong into files of their own.\n\n")
	writeGroup(b, reflect.ValueOf(c).Elem(), "", true)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeGroup writes the keys of a struct. The comments of nodes stand at the
// first one only.
func writeGroup(b *strings.Builder, v reflect.Value, indent string, comments bool) {
	for i, f := range fields(v.Type()) {
		value, key := v.FieldByIndex(f.Index), f.Tag.Get("yaml")
		if i > 0 && strings.HasSuffix(indent, "- ") {
			indent = strings.TrimSuffix(indent, "- ") + "  "
		}
		switch {
		case isGroup(f.Type):
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			writeGroup(b, value, indent+"  ", comments)
		case isGroupList(f.Type) && value.Len() == 0:
			fmt.Fprintf(b, "%s%s: []%s\n", indent, key, "  # or, each after a dash:")
			writeExample(b, f.Type.Elem(), indent)
		case isGroupList(f.Type):
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			for j := range value.Len() {
				writeGroup(b, value.Index(j), indent+"  - ", j == 0)
			}
		default:
			word := inline(value)
			if word == "" {
				word = `""`
			}
			fmt.Fprintf(b, "%s%s: %s%s\n", indent, key, word, comment(f, comments))
		}
	}
}

// writeExample writes how an item of an empty list would look, as comments.
func writeExample(b *strings.Builder, t reflect.Type, indent string) {
	item, dash := preset(t), "- "
	for _, f := range fields(t) {
		word := f.Tag.Get("eg")
		if s := inline(item.FieldByIndex(f.Index)); word == "" {
			word = s
		}
		if word == "" {
			word = `""`
		}
		doc := f.Tag.Get("doc")
		fmt.Fprintf(b, "%s#  %s%s: %s  # %s\n", indent, dash, f.Tag.Get("yaml"), word, doc)
		dash = "  "
	}
}

func comment(f reflect.StructField, wanted bool) string {
	if !wanted {
		return ""
	}
	c := "  # " + f.Tag.Get("doc")
	if eg := f.Tag.Get("eg"); eg != "" {
		c += ", e.g. " + eg
	}
	if f.Tag.Get("later") != "" {
		c += " (not used yet)"
	}
	return c
}

// inline returns a value as it stands in the file; empty for an empty one.
func inline(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case encoding.TextMarshaler:
		b, _ := value.MarshalText() // Duration and Size can't fail
		return string(b)
	case []string:
		words := make([]string, len(value))
		for i, w := range value {
			words[i] = scalar(w)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case []int:
		return strings.ReplaceAll(fmt.Sprint(value), " ", ", ")
	case string:
		if value == "" {
			return ""
		}
		return scalar(value)
	}
	return fmt.Sprint(v.Interface())
}

// unquoted are the words that need no quotes anywhere, also in a flow list.
var unquoted = regexp.MustCompile(`^[a-zA-Z/][a-zA-Z0-9_./+-]*( [a-zA-Z0-9_./+-]+)*$|^~/[a-zA-Z0-9_./-]+$`)

// special are the words that YAML takes for something else than text.
var special = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)

// scalar writes a word so that YAML reads it as text. Go's quoting is YAML's.
func scalar(word string) string {
	if unquoted.MatchString(word) && !special.MatchString(word) {
		return word
	}
	return strconv.Quote(word)
}
