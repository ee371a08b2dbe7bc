package tui

import (
	"strings"
	"testing"
	"time"
)

// TestLogKeys opens the log, asks for fewer lines, scrolls back while it goes on,
// and leads back level by level.
func TestLogKeys(t *testing.T) {
	r := newRig(t, 120, 40, 12)
	shows := func(when string, want, not []string) {
		t.Helper()
		text := r.text()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is not on screen:\n%s", when, w, text)
			}
		}
		for _, w := range not {
			if strings.Contains(text, w) {
				t.Errorf("%s: %q is on screen:\n%s", when, w, text)
			}
		}
	}
	r.keys("l")
	shows("opened", []string{"log node1 and node4: all lines, follows", "checkpoint 03:59:59", "sync error: closed 04:00:00"}, nil)
	r.keys("k", "k", "k", "k")
	shows("scrolled back", []string{"held at 04:00:00Z"}, []string{"sync error: closed 04:00:00"})
	for range 30 {
		r.tick(time.Second)
	}
	shows("half a minute later", []string{"held at 04:00:00Z", "checkpoint 03:59:58"}, []string{"checkpoint 04:00:2"})
	r.keys("G")
	shows("at the end", []string{"follows", "sync error: closed 04:00:30"}, nil)
	r.keys("o")
	shows("the runbook's", []string{"the runbook's lines", "sync error: closed 04:00:20"}, []string{"checkpoint"})
	r.keys("/", "0", "4", ":", "enter")
	shows("filtered", []string{`with "04:"`, "closed 04:00:20"}, []string{"closed 03:59"})
	r.keys("g")
	shows("all of it fits", []string{"follows", "closed 04:00:20"}, nil)
	r.keys("esc")
	shows("one level back", []string{"all lines, follows", "checkpoint"}, nil)
	r.keys("l")
	shows("closed", []string{"why: node4"}, []string{"log node1"})
}
