package main

import (
	"bytes"
	"os"
	"testing"
)

// TestWritingNowhere: what can't be written is no help, and the exit code says so.
func TestWritingNowhere(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }() // nothing was written
	for _, args := range [][]string{{"--help"}, {"completion", "bash"}, {"help", "act"}} {
		var complaints bytes.Buffer
		code, err := execute(t.Context(), terminal{os.Stdin, full, &complaints}, args)
		if code != exitInternal || err == nil {
			t.Errorf("%q: exit code %d, %v", args, code, err)
		}
	}
}
