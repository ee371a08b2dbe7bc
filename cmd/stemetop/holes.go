package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/panes"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// warnOfHoles says on stderr what of a recording can't be read: else a reading from
// before the damage passes for the newest, and the damage for the end.
func (in *invocation) warnOfHoles(f *recording.File) {
	const form = "2006-01-02T15:04:05Z"
	holes := f.Holes()
	for _, h := range holes {
		when := "nothing is known of what came after " + h.From.Format(form)
		if !h.To.IsZero() {
			when = fmt.Sprintf("nothing is known of the %s from %s to %s", panes.Age(h.To.Sub(h.From)), h.From.Format(form), h.To.Format(form))
		}
		in.say("warning", panes.Bytes(uint64(max(0, h.Bytes)))+" of the recording can't be read: "+when)
	}
	if len(holes) > 0 {
		in.say("hint", "the file is damaged: take another copy of it, if there is one")
	}
}

// holesInShort says the same for the last line of the screen, and whether there is
// anything to say.
func holesInShort(holes []recording.Hole) (text cluster.Text, damaged bool) {
	if len(holes) == 0 {
		return text, false
	}
	const form = time.TimeOnly
	var bytes int64
	for _, h := range holes {
		bytes += h.Bytes
	}
	h := holes[0]
	when := "after " + h.From.Format(form)
	if !h.To.IsZero() {
		when = h.From.Format(form) + "-" + h.To.Format(form)
	}
	if n := len(holes) - 1; n > 0 {
		when += ", +" + strconv.Itoa(n)
	}
	return cluster.Clean(panes.Bytes(uint64(max(0, bytes))) + " lost: " + when), true // half of 80 columns
}
