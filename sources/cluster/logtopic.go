package cluster

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// LogTopic is what a log line speaks of, as far as the runbook asks.
type LogTopic uint8

// The topics; a line may have several.
const (
	TopicSync       LogTopic = 1 << iota // "merkle sync", the runbook's grep on the primary
	TopicSyncError                       // "sync error", its grep on the replica
	TopicCorruption                      // it reports that data are corrupt
)

// Topics returns what the line speaks of.
func (l *LogLine) Topics() LogTopic {
	var t LogTopic
	low := strings.ToLower(l.Text.s)
	if strings.Contains(low, "merkle sync") {
		t |= TopicSync
	}
	if strings.Contains(low, "sync error") {
		t |= TopicSyncError
	}
	if l.Level >= LevelInfo && saysCorrupt(low) {
		t |= TopicCorruption
	}
	return t
}

// Corruption tells whether words of the server's report that data are corrupt.
func Corruption(words Text) bool { return saysCorrupt(strings.ToLower(words.s)) }

// harm are the words of corrupt data. "Corruption" alone is as much the name of a
// check as its result, so what stands around it is looked at. Hashes that differ
// are what a Merkle sync is there to find, and no corruption.
var harm = regexp.MustCompile(`\b(corrupt(ed|ion|ions|s)?|(checksum|crc) (mismatch(es)?|does not match|failed|failure|error)|` +
	`data integrity (error|violation|failure)|bit ?rot)\b`)

// denial are the ways to say that there is none: before the word, in the same
// clause ("no corruption found", "0 corrupt ranges", "checking for corruption"),
// and behind it ("corruption: none", "corrupt=0", "corruption repaired").
var (
	deniedBefore = regexp.MustCompile(`(\b(no|not|non|none|never|without|zero|0|isn't|wasn't|free of|free from|` +
		`(check|checks|checked|checking|scan|scans|scanned|scanning|look|looks|looked|looking|test|tests|tested|testing|verif(y|ies|ied|ying)|guard|guards|protect|protects|watch|watching)( \w+)? (for|against)|` +
		`prevent(s|ed|ing)?|avoid(s|ed|ing)?|if|whether|unless|repaired|recovered from|cleared)\b)[^,;:.]{0,40}$`)
	deniedBehind = regexp.MustCompile(`^[^,;.]{0,24}?(\b(none|no|not (found|detected|present|seen)|never|free|check(s|er|ing)?( \w+)? (passed|ok|done|completed?|disabled|enabled|started?|skipped|finished)|` +
		`scan(s|ner|ning)?|repaired|resolved|fixed|cleared|disabled|enabled|unlikely|ruled out|found: ?(0|no|none|false))\b|[:=] ?"?(0|no|none|false|off|ok|null|nil)\b)`)
)

// saysCorrupt judges lower-case words: one mention that is not denied is enough.
func saysCorrupt(low string) bool {
	if !strings.Contains(low, "corrupt") && !strings.Contains(low, "mismatch") && !strings.Contains(low, "integrity") &&
		!strings.Contains(low, "checksum") && !strings.Contains(low, "crc") && !strings.Contains(low, "rot") {
		return false
	}
	for _, at := range harm.FindAllStringIndex(low, -1) {
		if !deniedBefore.MatchString(low[:at[0]]) && !deniedBehind.MatchString(low[at[1]:]) {
			return true
		}
	}
	return false
}

// diffSize finds how many assertions a sync found to differ: "diff=120",
// "diff size 1,200", "1200 differing ranges".
// What is not a number of anything is none: "diff: 340ms", "diff 0x3fa2", "diff 3 %".
var diffSize = regexp.MustCompile(`\b(?:diff(?:s|_size|_count|erences)?(?: size| count)?\s*[=:]?\s*` + amount +
	`(?:$|[^\w.,%µ/-]|[.,/-](?:$|\W))|` + amount + ` (?:diffs|differences|differing|divergent|missing)\b)`)

// amount is a number, which may be short for a larger one; ofTime are words behind it
// that make it one of something else.
const amount = `(\d[\d,_]{0,18})(\.\d{1,6})?([kmg]?)`

var ofTime = regexp.MustCompile(`^\s?(?:[mµnu]?s|sec|secs|seconds?|min|mins|minutes?|h|hours?|[kmg]i?b|b|bytes?|%|percent)\b|^\s?%`)

// DiffSize returns the size of the diff that a line about a Merkle sync tells.
func (l *LogLine) DiffSize() (size float64, ok bool) {
	low := strings.ToLower(l.Text.s)
	if !strings.Contains(low, "sync") && !strings.Contains(low, "merkle") {
		return 0, false
	}
	at := diffSize.FindStringSubmatchIndex(low)
	if at == nil {
		return 0, false
	}
	part := func(i int) string { return low[max(at[2*i], 0):max(at[2*i+1], 0)] }
	if unit := at[7]; unit >= 0 && ofTime.MatchString(low[unit:]) {
		return 0, false
	}
	digits := strings.NewReplacer(",", "", "_", "").Replace(part(1) + part(4))
	size, err := strconv.ParseFloat(digits+part(2)+part(5), 64)
	switch part(3) + part(6) {
	case "k":
		size *= 1e3
	case "m":
		size *= 1e6
	case "g":
		size *= 1e9
	}
	return math.Round(size), err == nil
}

// Names tells whether the line names a node, as a whole word.
func (l *LogLine) Names(id NodeID) bool { return names(l.Text.s, string(id)) }
