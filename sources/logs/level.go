package logs

import (
	"regexp"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

var levelWords = map[string]cluster.LogLevel{
	"emerg": cluster.LevelError, "emergency": cluster.LevelError, "alert": cluster.LevelError,
	"crit": cluster.LevelError, "critical": cluster.LevelError, "fatal": cluster.LevelError, "ftl": cluster.LevelError,
	"panic": cluster.LevelError, "severe": cluster.LevelError, "error": cluster.LevelError, "err": cluster.LevelError,
	"warn": cluster.LevelWarn, "warning": cluster.LevelWarn, "wrn": cluster.LevelWarn,
	"notice": cluster.LevelInfo, "info": cluster.LevelInfo, "inf": cluster.LevelInfo,
	"debug": cluster.LevelDebug, "dbg": cluster.LevelDebug, "trace": cluster.LevelDebug, "trc": cluster.LevelDebug,
}

var (
	// leading is a level as the first word: alone, in brackets, before a colon.
	leading = regexp.MustCompile(`^[\[<(|]?([A-Za-z]{3,9})[\])>|]?:?(?:[ \t]+|$)`)
	// within is one among the first words: in capitals, so that it is no prose.
	within = regexp.MustCompile(`(?:^|[ \t\[<(|])([A-Z]{3,9})(?:[\])>|:]|[ \t]|$)`)
	// keyed is one of logfmt or JSON.
	keyed = regexp.MustCompile(`(?:^|[ {,])"?(?:level|lvl|severity|log\.level)"?[=:] ?"?([A-Za-z]{3,9})\b`)
	// glog is Google's: a letter, month and day, a time.
	glog = regexp.MustCompile(`^([IWEF])\d{4} \d\d:\d\d:\d\d`)
)

// glogLevels are those of glog's letters.
var glogLevels = map[string]cluster.LogLevel{
	"I": cluster.LevelInfo, "W": cluster.LevelWarn, "E": cluster.LevelError, "F": cluster.LevelError,
}

// levelOf returns the level that a text tells, and the text without it where it
// stands first. A text that tells none is info.
func levelOf(text string) (cluster.LogLevel, string) {
	if m := leading.FindStringSubmatch(text); m != nil {
		if l, ok := levelWords[strings.ToLower(m[1])]; ok {
			if m[1] == "panic" { // its own word, and part of what it says
				return l, text
			}
			return l, text[len(m[0]):]
		}
	}
	head := text[:min(len(text), 200)]
	if m := keyed.FindStringSubmatch(head); m != nil {
		if l, ok := levelWords[strings.ToLower(m[1])]; ok {
			return l, text
		}
	}
	if m := glog.FindStringSubmatch(head); m != nil {
		return glogLevels[m[1]], text
	}
	for _, m := range within.FindAllStringSubmatch(head[:min(len(head), 60)], 4) {
		if l, ok := levelWords[strings.ToLower(m[1])]; ok {
			return l, text
		}
	}
	return cluster.LevelInfo, text
}
