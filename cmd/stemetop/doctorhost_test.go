package main

import (
	"strings"
	"testing"
)

func TestAnswerBehindTheNoiseOfALogin(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for _, tc := range []struct {
		name, printed, word, rest string
		ok                        bool
	}{
		{"alone", "tag ok journal of u\n", "ok", "journal of u", true},
		{"a word", "tag denied\n", "denied", "", true},
		{"a long line before", long + "\ntag empty\n", "empty", "", true},
		{"an escape and another's answer before", "\x1b[2J\nnotag ok\ntag empty\n", "empty", "", true},
		{"only noise", long + "\nhello\n", "", "", false},
		{"the tag within a long line", long + "tag ok\n", "", "", false},
		{"more noise than anyone means", strings.Repeat(long+"\n", 30) + "tag ok\n", "", "", false},
		{"nothing", "", "", "", false},
		{"a last line without its end", "tag ok", "ok", "", true},
	} {
		word, rest, ok := answerIn(strings.NewReader(tc.printed), "tag")
		if word != tc.word || rest != tc.rest || ok != tc.ok {
			t.Errorf("%s: got %q, %q, %v", tc.name, word, rest, ok)
		}
	}
}

func TestTheLogScriptEndsAnOpenLine(t *testing.T) {
	if !strings.HasPrefix(logScript, "check() {\necho ") {
		t.Error("its answer may stand behind what the login printed")
	}
}
