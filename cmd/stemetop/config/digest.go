package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Digest tells two configurations apart: the SHA-256, in hex, of all values. The
// passwords that URLs may hold have no part in it, and other secrets stand in
// files of their own.
func (c *Config) Digest() string {
	h := sha256.New()
	visit(reflect.ValueOf(c).Elem(), "", func(path string, _ reflect.StructField, v reflect.Value) {
		word := fmt.Sprint(v.Interface())
		if u, err := url.Parse(word); err == nil && strings.Contains(word, "@") && u.User != nil {
			u.User = url.User(u.User.Username())
			word = u.String()
		}
		fmt.Fprintf(h, "%s %q\n", path, word) //nolint:errcheck // a hash takes all
	})
	return hex.EncodeToString(h.Sum(nil))
}
