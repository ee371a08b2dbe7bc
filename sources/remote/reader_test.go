package remote

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const nonce = "0123456789abcdef0123456789abcdef"

// at puts the nonce into frames written with "@ ".
func at(s string) string { return strings.ReplaceAll(s, "@ ", "@"+nonce+" ") }

func TestHello(t *testing.T) {
	long := strings.Repeat("noise without an end ", 5000) // 105 kB
	for _, tt := range []struct {
		name, in, os, preamble string
	}{
		{"plain", "\n@ HELLO 1 Linux\n", "Linux", "\n"},
		{"noise", "Welcome\n@x E 1\n@ D 1\n@ HELLO 1 Linux\n", "Linux", at("Welcome\n@x E 1\n@ D 1\n")},
		{"forged", "@" + strings.Repeat("0", 32) + " HELLO 1 Linux\n@ HELLO 1 FreeBSD\n", "FreeBSD", "@" + strings.Repeat("0", 32) + " HELLO 1 Linux\n"},
		{"a long line", long + "\n@ HELLO 1 Linux\n", "Linux", long[:maxPreamble]},
	} {
		f := NewReader(strings.NewReader(at(tt.in)), nonce)
		version, os, err := f.Hello()
		if err != nil || version != 1 || os != tt.os || string(f.preamble) != tt.preamble {
			t.Errorf("%s: %d %q %v, preamble %q", tt.name, version, os, err, f.preamble)
		}
	}
	for _, endless := range []string{"y\n", "y"} {
		f := NewReader(strings.NewReader(strings.Repeat(endless, MaxNoise)+at("\n@ HELLO 1 Linux\n")), nonce)
		if _, _, err := f.Hello(); !errors.Is(err, ErrNoise) || len(f.preamble) != maxPreamble {
			t.Errorf("%v, %d kept", err, len(f.preamble))
		}
	}
	f := NewReader(strings.NewReader(at("@ HELLO 1 Linux\n")+strings.Repeat("y\n", MaxNoise)), nonce)
	if _, _, err := f.Hello(); err != nil {
		t.Error(err)
	}
	for n := range MaxNoise { // what follows HELLO is bounded by its reader
		if _, err := f.Line(); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	f = NewReader(strings.NewReader("This account is currently not available."), nonce)
	if _, _, err := f.Hello(); !errors.Is(err, io.EOF) || !strings.HasPrefix(string(f.preamble), "This account") {
		t.Errorf("%v %q", err, f.preamble)
	}
}
