package config

import (
	"encoding"
	"reflect"
	"strings"
)

// Key describes one key for people.
type Key struct {
	Path    string // e.g. "ssh.transport", "replicas[].id"
	Default string // as it stands in the file; empty for none
	Example string
	Doc     string
	Used    bool // false where nothing reads it yet
}

// Keys returns every key, in the order of the documented file.
func Keys() []Key {
	var keys []Key
	c := Default()
	c.Replicas, c.Alerts = []Node{DefaultNode()}, []Alert{DefaultAlert()}
	visit(reflect.ValueOf(c).Elem(), "", func(path string, f reflect.StructField, v reflect.Value) {
		keys = append(keys, Key{
			Path:    strings.ReplaceAll(path, "[0]", "[]"),
			Default: inline(v),
			Example: f.Tag.Get("eg"),
			Doc:     f.Tag.Get("doc"),
			Used:    f.Tag.Get("later") == "",
		})
	})
	return keys
}

// visit calls leaf for each key below v that holds a value of its own.
func visit(v reflect.Value, path string, leaf func(string, reflect.StructField, reflect.Value)) {
	for _, f := range fields(v.Type()) {
		value, at := v.FieldByIndex(f.Index), join(path, f.Tag.Get("yaml"))
		switch {
		case isGroup(f.Type):
			visit(value, at, leaf)
		case isGroupList(f.Type):
			for i := range value.Len() {
				visit(value.Index(i), at+"["+itoa(i)+"]", leaf)
			}
		default:
			leaf(at, f, value)
		}
	}
}

// fields returns the fields of t that are keys.
func fields(t reflect.Type) []reflect.StructField {
	var fs []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("yaml") != "" {
			fs = append(fs, f)
		}
	}
	return fs
}

func isGroup(t reflect.Type) bool { return t.Kind() == reflect.Struct }

func isGroupList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && isGroup(t.Elem())
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// textOf returns the reader of a value that has its own form, or nil.
func textOf(v reflect.Value) encoding.TextUnmarshaler {
	t, _ := v.Addr().Interface().(encoding.TextUnmarshaler)
	return t
}
