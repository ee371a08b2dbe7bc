package cluster

import (
	"fmt"
	"testing"
	"time"
)

func TestTopics(t *testing.T) {
	for text, want := range map[string]LogTopic{
		"Merkle Sync started: replica=node2":               TopicSync,
		"sync error: peer closed":                          TopicSyncError,
		"merkle sync: corruption detected in range c4":     TopicSync | TopicCorruption,
		"segment 7: checksum mismatch":                     TopicCorruption,
		"block 12 is corrupted":                            TopicCorruption,
		"sync error: root hash mismatch after repair":      TopicSyncError,
		"scrub finished: no corruption found":              0,
		"corruption check passed":                          0,
		"0 corrupt ranges":                                 0,
		"checking for corruption":                          0,
		"corruption: none":                                 0,
		"no errors; segment 9 reports data corruption":     TopicCorruption,
		"hash of the request was computed, rotation is ok": 0,
		"": 0,
	} {
		l := LogLine{Level: LevelInfo, Text: Clean(text)}
		if got := l.Topics(); got != want {
			t.Errorf("%q: %b, want %b", text, got, want)
		}
	}
}

func TestLineDiffSize(t *testing.T) {
	for text, want := range map[string]float64{
		"merkle sync started: replica=node2 id=a-1 diff=23457": 23457,
		"merkle sync: 1,200 differing ranges":                  1200,
		"sync: diff size 7":                                    7,
		"merkle sync completed in 6 s":                         -1,
		"merkle sync db2: diff 12.5k assertions":               12500,
		"merkle sync db2: diff 1.2M":                           1.2e6,
		"merkle sync db2: diff=5120, 3 trees":                  5120,
		"merkle sync db2 (diff 5120).":                         5120,
		"merkle sync db2: diff 5,120.":                         5120,
		"sync: 1.5k differences":                               1500,
		"merkle sync db3 diff: 340ms, root 0x3fa2":             -1,
		"merkle sync db3 diff: 340 ms":                         -1,
		"merkle sync db3 diff: 12 seconds":                     -1,
		"merkle sync db4: root hash diff 0x3fa2c1":             -1,
		"merkle sync db4: root hash diff 3fa2c1":               -1,
		"merkle sync: diff 3 %":                                -1,
		"merkle sync: diff 3%":                                 -1,
		"merkle sync: diff 12 MiB":                             -1,
		"merkle sync: diff 3/8 done":                           -1,
		"merkle sync: diff 1 234 assertions":                   -1,
		"merkle sync: diff 3 of 4096 buckets":                  -1,
		"merkle sync: diff 1.2 million":                        -1,
		"merkle sync: diff 5 milliseconds":                     -1,
		"config diff=12":                                       -1,
	} {
		l := LogLine{Text: Clean(text)}
		got, ok := l.DiffSize()
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
}

// TestLogMemory checks that lines on syncs and corruption are not pushed out, and
// that the counts per minute are of the last half hour.
func TestLogMemory(t *testing.T) {
	f := newFeed(t)
	at := func(s int) time.Duration { return time.Duration(s) * time.Second }
	say := func(s int, level LogLevel, text string) {
		f.publish(at(s), Source{Kind: FromLog, Node: "node2"}, &LogReading{Of: Clean("journal"), Lines: []LogLine{{At: t0.Add(at(s)), Level: level, Text: Clean(text)}}}, nil)
	}
	say(1, LevelError, "corruption detected")
	say(2, LevelWarn, "sync error: once")
	for s := 3; s < 3000; s += 3 {
		say(s, LevelWarn, fmt.Sprintf("slow %d", s))
	}
	n := f.at(at(3000)).Replica("node2").Log
	if len(n.Kept) > keepLines || n.Kept[0].Topics() != TopicCorruption || n.Kept[1].Topics() != TopicSyncError || n.Kept[len(n.Kept)-1].Text.String() != "slow 2997" {
		t.Errorf("kept %+v", n.Kept)
	}
	if len(n.Minutes) != keepMinutes || n.Minutes[5].Warn != 20 || n.Minutes[5].Error != 0 {
		t.Errorf("%d minutes, %+v", len(n.Minutes), n.Minutes[5])
	}
	if lines := f.hist.Lines("node2", t0.Add(at(3000))); len(lines) != holdLines || lines[holdLines-1].Text.String() != "slow 2997" {
		t.Errorf("%d lines", len(lines))
	}
	if lines := f.hist.Lines("node2", t0.Add(at(5))); len(lines) != 0 && lines[len(lines)-1].Text.String() != "slow 3" {
		t.Errorf("as of 5 s the last line is %q", lines[len(lines)-1].Text)
	}
}

// TestCorruptionWords: what reports that data are corrupt, and what denies it, in the
// words of many servers.
func TestCorruptionWords(t *testing.T) {
	for _, words := range []string{
		"segment 0 corrupt", "block 0 corrupt", "offset 0 corrupt", "corruption could not be repaired", "corruption cannot be ruled out",
		"corruption in segment 7 (not repaired)", "scan for corruption found 3 corrupt blocks", "checked for corruption: found 2",
		`{"msg":"wal check","is_corrupt":true,"corrupt_segments":3}`, "corruption_detected: true", "corruption_count=5",
		"corrupt: segment 7 not found in backup", "guard against corruption triggered", "record not readable, corrupt entry",
		"data corruption detected in segment 12", "wal checksum mismatch at 4096", "bit rot", "no backup for corrupt segment 3",
	} {
		if !Corruption(Clean(words)) {
			t.Errorf("%q is not taken for a report", words)
		}
	}
	for _, words := range []string{
		"no corruption found", "no sign of data corruption", "not corrupt", "0 corrupt ranges", "found 0 corrupt segments", "checking for corruption",
		"scan for corruption finished", "corruption: none", "corrupt=0", "corruption was repaired", "corruption check passed",
		"fsck ended, corruption count 0", "crc error count is 0", "corruption handler registered", "anti-corruption layer started",
		`{"is_corrupt":false,"corrupt_segments":0}`, "corruption_detected: false", "checked for corruption: found: 0", "non-corrupt", "if corruption is found",
		"recovered from corruption", "segment 7 is not corrupt",
	} {
		if Corruption(Clean(words)) {
			t.Errorf("%q is taken for a report", words)
		}
	}
}
