package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestParsePlain(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)
	east := time.FixedZone("", 2*3600)
	for _, c := range []struct {
		raw, at, text string
		level         cluster.LogLevel
	}{
		{"2025-12-31T23:12:40.5Z ERROR sync error: x", "2025-12-31T23:12:40.5Z", "sync error: x", cluster.LevelError},
		{"2025-12-31 23:12:40 [WARN] slow", "2025-12-31T21:12:40Z", "slow", cluster.LevelWarn},
		{"Dec 31 23:59:59 db2 stemedb-api[412]: info: up", "2025-12-31T21:59:59Z", "up", cluster.LevelInfo},
		{"1767222000.250 debug tick", "2025-12-31T23:00:00.25Z", "tick", cluster.LevelDebug},
		{`level=error msg="no space"`, "", `level=error msg="no space"`, cluster.LevelError},
		{`{"level":"error","msg":"at \"time\":\"x\"","time":"2025-12-31T23:12:40.5Z"}`, "2025-12-31T23:12:40.5Z", `{"level":"error","msg":"at \"time\":\"x\"","time":"2025-12-31T23:12:40.5Z"}`, cluster.LevelError},
		{`{"ts":1767222000.250,"msg":"cut`, "2025-12-31T23:00:00.25Z", `{"ts":1767222000.250,"msg":"cut`, cluster.LevelInfo},
		{`{"@timestamp": 1767222000250}`, "2025-12-31T23:00:00.25Z", `{"@timestamp": 1767222000250}`, cluster.LevelInfo},
		{`{"time":3,"msg":"in 2025-12-31T23:12:40Z"}`, "", `{"time":3,"msg":"in 2025-12-31T23:12:40Z"}`, cluster.LevelInfo},
		{`time="2025-12-31T23:12:40Z" level=warning msg=x`, "2025-12-31T23:12:40Z", `time="2025-12-31T23:12:40Z" level=warning msg=x`, cluster.LevelWarn},
		{`ts=2025-12-31T23:12:40+02:00 msg=x`, "2025-12-31T21:12:40Z", `ts=2025-12-31T23:12:40+02:00 msg=x`, cluster.LevelInfo},
		{"E1231 23:12:40.500000 12 sync.cc:7] x", "2025-12-31T21:12:40.5Z", "E1231 23:12:40.500000 12 sync.cc:7] x", cluster.LevelError},
		{"panic: runtime error", "", "panic: runtime error", cluster.LevelError},
		{"an error is no level here", "", "an error is no level here", cluster.LevelInfo},
		{"", "", "", cluster.LevelInfo},
	} {
		l := parsePlain(c.raw, east, now)
		at := ""
		if !l.Arrived {
			at = l.At.Format(time.RFC3339Nano)
		}
		if at != c.at || l.Text.String() != c.text || l.Level != c.level {
			t.Errorf("%q: %q %v %q", c.raw, at, l.Level, l.Text)
		}
	}
}

// TestLimits keeps a day of noise out of the recording, and what matters in it.
func TestLimits(t *testing.T) {
	l := newLimits()
	kept, left := 0, uint64(0)
	for s := range 3600 {
		lines := make([]cluster.LogLine, 0, 21)
		for i := range 20 {
			lines = append(lines, cluster.LogLine{Level: cluster.LevelInfo, Text: cluster.Clean(fmt.Sprint("request ", i))})
		}
		if s%60 == 0 {
			lines = append(lines, cluster.LogLine{Level: cluster.LevelError, Text: cluster.Clean("sync error")})
		}
		k, n := l.pass(lines, time.Duration(s)*time.Second)
		for i := range k {
			if k[i].Level == cluster.LevelInfo {
				kept++
			}
		}
		if s%60 == 0 && (len(k) == 0 || k[len(k)-1].Level != cluster.LevelError) {
			t.Fatalf("after %d s what matters is left out", s)
		}
		left += n
	}
	if kept > 60+120 || uint64(kept)+left != 20*3600 {
		t.Errorf("%d lines of an hour pass, %d are left out", kept, left)
	}
}
