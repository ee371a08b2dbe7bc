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

// The ways to say that there is none. A word that denies has to stand at the word that
// it denies: "segment 0 corrupt" and "could not be repaired" deny nothing.
var (
	// "no corruption found", "not corrupt", "no sign of data corruption".
	deniedBefore = regexp.MustCompile(`(\b(no|none|zero|without|free of|free from|non)[ -]((signs?|evidence|traces?|indications?|of|data|disk|wal|index|page|block|segment|file|record|new|further|more|other|known|any|such|silent) )*` +
		`|\b(not|never|isn't|wasn't|aren't|weren't)( (yet|a|an|any|found|seen|data|been|be|considered|actually|really))* |\b(if|whether|unless)( (any|a|the|data|such)){0,2} |\banti-?)$`)
	// "0 corrupt ranges", unlike "segment 0 corrupt".
	noneBefore, counted = regexp.MustCompile(`\b0 $`), regexp.MustCompile(`^ (data )?(ranges?|blocks?|segments?|records?|entries|entry|files?|pages?|keys?|bytes|rows?|objects?|assertions?|nodes?|trees?|lea(f|ves))\b`)
	// "checking for corruption", "if corruption", "recovered from corruption".
	askedBefore = regexp.MustCompile(`\b((check|checks|checked|checking|scan|scans|scanned|scanning|look|looks|looked|looking|test|tests|tested|testing|verif(y|ies|ied|ying)|guard|guards|protect|protects|watch|watching)( \w+){0,4} (for|against)|` +
		`prevent(s|ed|ing)?|avoid(s|ed|ing)?|repaired|recovered from|cleared)( (any|a|the|data|segment|block|wal|possible|silent|\d+)){0,3} $`)
	// But "checked for corruption: found 2", "guard against corruption triggered".
	foundBehind = regexp.MustCompile(`^\W{0,3}(was |were |is |has been )?(found|detected|triggered|confirmed)\b(\W{0,3}[1-9]|$|[^:=\d]*$)`)
	// "corruption: none", "corrupt=0", "corruption was repaired", "corruption check passed".
	deniedBehind = regexp.MustCompile(`^(\W{0,3}((was|were|is|are|has been|have been) )?(none\b|never\b|free\b|not (found|detected|present|seen)\b)` +
		`|[^,;.]{0,24}?\b(check(s|er|ing)?( \w+)? (passed|ok|done|completed?|disabled|enabled|started?|skipped|finished)|scan(s|ner|ning)?|disabled|enabled|unlikely|handler|detector|detection|layer|found: ?(0|no|none|false))\b` +
		`|[^,;.]{0,24}?([:=] ?|\b(count|total|errors?) (is )?)(0|no|none|false|off|ok|null|nil)\b)`)
	curedBehind = regexp.MustCompile(`^[^,;.]{0,24}?\b(repaired|resolved|fixed|cleared|ruled out)\b`)
	uncured     = regexp.MustCompile(`\b(not|cannot|can't|couldn't|never|unable|failed|fail(s|ed)? to)\b`)
)

// keyed makes words of the keys of JSON and logfmt: is_corrupt, "corrupt_segments".
var keyed = strings.NewReplacer("_", " ", `"`, "")

// saysCorrupt judges lower-case words: one mention that is not denied is enough.
func saysCorrupt(low string) bool {
	if !strings.Contains(low, "corrupt") && !strings.Contains(low, "mismatch") && !strings.Contains(low, "integrity") &&
		!strings.Contains(low, "checksum") && !strings.Contains(low, "crc") && !strings.Contains(low, "rot") {
		return false
	}
	low = keyed.Replace(low)
	for _, at := range harm.FindAllStringIndex(low, -1) {
		if !denied(low[:at[0]], low[at[1]:]) {
			return true
		}
	}
	return false
}

// denied tells whether what stands around a mention says that there is none.
func denied(before, behind string) bool {
	cured := curedBehind.FindString(behind)
	switch {
	case deniedBefore.MatchString(before), deniedBehind.MatchString(behind):
		return true
	case noneBefore.MatchString(before):
		return counted.MatchString(behind)
	case cured != "" && !uncured.MatchString(cured):
		return true
	}
	return askedBefore.MatchString(before) && !foundBehind.MatchString(behind)
}

// diffSize finds how many assertions a sync found to differ: "diff=120",
// "diff size 1,200", "1200 differing ranges".
// What is not a number of anything is none: "diff: 340ms", "diff 0x3fa2", "diff 3 %".
var diffSize = regexp.MustCompile(`\b(?:diff(?:s|_size|_count|erences)?(?: size| count)?\s*[=:]?\s*` + amount +
	`(?:$|[^\w.,%µ/-]|[.,/-](?:$|\W))|` + amount + ` (?:diffs|differences|differing|divergent|missing)\b)`)

// amount is a number, which may be short for a larger one; ofTime are words behind it
// that make it one of something else.
const amount = `(\d(?:[\d,_]{0,17}\d)?)(\.\d{1,6})?([kmg]?)`

var ofTime = regexp.MustCompile(`^\s?(?:[mµnu]?s|millis|milliseconds?|sec|secs|seconds?|min|mins|minutes?|h|hours?|days?|[kmg]i?b|b|bytes?|%|pct|percent|of|million|thousand|billion|\d+)\b|^\s?%`)

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
