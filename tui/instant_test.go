package tui

import (
	"testing"
	"time"
)

func TestInstant(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first, last := at("2026-11-21T22:00:00Z"), at("2026-11-22T04:00:00Z")
	shown := at("2026-11-22T03:30:00Z")
	for text, want := range map[string]string{
		"03:12": "2026-11-22T03:12:00Z", "03:12:40": "2026-11-22T03:12:40Z", "3:12z": "2026-11-22T03:12:00Z",
		"23:30": "2026-11-21T23:30:00Z", "-5m": "2026-11-22T03:25:00Z", "+90s": "2026-11-22T03:31:30Z",
		"start": "2026-11-21T22:00:00Z", "END": "2026-11-22T04:00:00Z", "2026-11-22T01:00:00+01:00": "2026-11-22T00:00:00Z",
	} {
		got, problem := instant(text, shown, first, last)
		if problem != "" || !got.Equal(at(want)) {
			t.Errorf("%q: %s %s, want %s", text, got, problem, want)
		}
	}
	for _, text := range []string{"", "x", "-", "-5", "25:00", "+", "03:12:99"} {
		if got, problem := instant(text, shown, first, last); problem == "" {
			t.Errorf("%q: %s without a word", text, got)
		}
	}
}
