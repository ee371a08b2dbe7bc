package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/admin/admintest"
)

// A server that wants to be left alone says for how long, and that is counted down
// where the answer stands, below it, and in the next preview, which takes the
// arming key meanwhile.
func TestPeaceIsCountedDown(t *testing.T) {
	t.Parallel()
	server := admintest.Start(t, nil, admintest.Answer(429, "", "", "Retry-After: 90"))
	s := newSession(t, 100, 30)
	s.press("stemetop --no-record --config "+line(t, "http://"+server.Addr())+"; echo left with $?", "Enter")
	s.see(`\bnode2\b.*\d`)
	s.press("t")
	s.see(`throttle ingest to \d+/s`)
	s.press("5", "0", "0")
	s.see(`max_assertions_per_sec":500}`)
	s.confirm(`answer +rejected: 429`)
	const counts = `the server asked to be left alone, (\d+) s more`
	s.fewer(s.see(`wait +` + counts)[1], counts)
	s.escape()
	left := s.see(`^` + counts)[1]
	s.fewer(left, `^`+counts)

	s.press("t")
	s.see(`tier +medium: the server asked for `)
	s.fewer(left, `warning +`+counts)
	s.press("y")
	s.see(says + `esc cancels`)
	if n := server.Counted(); n != 1 {
		t.Fatalf("%d requests: y alone was enough", n)
	}
	s.confirm(`answer +rejected: 429`)
	if n := server.Counted(); n != 2 {
		t.Errorf("%d requests", n)
	}
	s.escape()
	s.press("q")
	s.see(`left with 0`)
}

// fewer waits until the number that the pattern finds is less than it was.
func (s *session) fewer(was, pattern string) {
	s.Helper()
	before, err := strconv.Atoi(was)
	if err != nil {
		s.Fatal(err)
	}
	for end := time.Now().Add(slow); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if now, err := strconv.Atoi(s.see(pattern)[1]); err == nil && now < before {
			return
		}
	}
	s.Fatalf("%s s still:\n%s", was, s.screen())
}
