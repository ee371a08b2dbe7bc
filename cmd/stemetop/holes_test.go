package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// A reading from before the damage of a file is not passed off as its newest.
func TestStatusTellsOfDamage(t *testing.T) {
	whole := inChunks(t)
	damaged := bytes.Clone(whole)
	copy(damaged[len(damaged)-120:], bytes.Repeat([]byte("U"), 80))
	for _, c := range []struct {
		name    string
		data    []byte
		warning string // empty for none
	}{
		{"whole", whole, ""},
		{"damaged", damaged, "warning: "},
		{"torn", whole[:len(whole)-40], ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x"+recording.Extension)
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			var out, complaints bytes.Buffer
			if _, err := execute(t.Context(), terminal{os.Stdin, &out, &complaints}, []string{"status", "--replay", path}); err != nil {
				t.Fatal(err)
			}
			told := complaints.String()
			if c.warning == "" && told != "" || !strings.HasPrefix(told, c.warning) {
				t.Errorf("on stderr %q", told)
			}
			if c.warning != "" && !strings.Contains(told, "B of the recording can't be read: nothing is known of what came after 20") {
				t.Errorf("the warning does not say what is missing: %q", told)
			}
		})
	}
}

// inChunks returns a recording of a note written again and again, in a few chunks.
func inChunks(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x"+recording.Extension)
	live := recording.NewLive(recording.LiveOptions{})
	r := recording.NewRecorder(recording.RecorderOptions{Path: path, Clock: sources.NewClock(100)}, live)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	at := time.Date(2026, 11, 27, 2, 48, 0, 0, time.UTC)
	live.Apply(&cluster.Observation{Seq: 1, Received: at, Taken: at, Body: &cluster.Session{Run: "r", Cluster: cluster.Clean("test"), Interval: time.Second}})
	for i := range uint64(20) { // of what can't be packed
		at = at.Add(time.Second)
		live.Apply(&cluster.Observation{Seq: 2 + i, Received: at, Taken: at, Body: &cluster.Note{Text: cluster.Clean(fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)})))}})
		time.Sleep(5 * time.Millisecond) // of 10 to a chunk
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestHolesInShort(t *testing.T) {
	at := time.Date(2026, 11, 27, 2, 48, 59, 0, time.UTC)
	hole := recording.Hole{Bytes: 54 << 10, From: at, To: at.Add(2 * time.Minute)}
	open := recording.Hole{Bytes: 1 << 10, From: at.Add(time.Hour)}
	for _, c := range []struct {
		holes []recording.Hole
		want  string
	}{
		{nil, ""},
		{[]recording.Hole{hole}, "54.0 KiB lost: 02:48:59-02:50:59"},
		{[]recording.Hole{open}, "1.0 KiB lost: after 03:48:59"},
		{[]recording.Hole{hole, open}, "55.0 KiB lost: 02:48:59-02:50:59, +1"},
	} {
		if text, damaged := holesInShort(c.holes); text.String() != c.want || damaged != (c.want != "") {
			t.Errorf("%q, %v, want %q", text, damaged, c.want)
		}
	}
}
