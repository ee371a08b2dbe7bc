package onhost

import (
	"context"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxWords bounds what is kept of the words of tools.
const maxWords = 2 << 10

// talk reads what a script says.
type talk struct {
	Talk
	words strings.Builder // of the tools that it ran
}

// open starts a script.
func open(ctx context.Context, h Host, script []byte, parameters ...string) (*talk, *cluster.Failure) {
	raw, failure := h.Open(ctx, script, parameters)
	if failure != nil {
		return nil, failure
	}
	return &talk{Talk: raw}, nil
}

// line returns the next line, or why there is none: the time is over, or the
// script ended before it said so.
func (t *talk) line(ctx context.Context) (Line, *cluster.Failure) {
	select {
	case l, ok := <-t.Said():
		if ok {
			return l, nil
		}
		if f := t.Death(); f != nil {
			return Line{}, f
		}
		return Line{}, cluster.Fail(cluster.FailReset, "the remote script ended in the middle", "")
	case <-ctx.Done():
		return Line{}, cluster.Fail(cluster.FailTimeout, "no answer of the host in time", "")
	}
}

// frame returns the words of the next frame, at least one, and keeps what tools
// say before it.
func (t *talk) frame(ctx context.Context) ([]string, *cluster.Failure) {
	for {
		l, f := t.line(ctx)
		switch {
		case f != nil:
			return nil, f
		case len(l.Words) > 0:
			return l.Words, nil
		}
		t.keep(l.Text)
	}
}

// keep keeps a line of a tool.
func (t *talk) keep(line string) {
	if s := strings.TrimSpace(line); s != "" && t.words.Len() < maxWords {
		t.words.WriteString(s + "\n")
	}
}

// upTo hands frames to hear until one has the word, which is returned whole, or
// the script will not go on.
func (t *talk) upTo(ctx context.Context, word string, hear func(words []string)) ([]string, *no) {
	for {
		words, f := t.frame(ctx)
		switch {
		case f != nil:
			return nil, &no{failure: f, broken: true}
		case words[0] == "no" && len(words) > 1:
			return nil, &no{failure: t.refusal(words[1], strings.Join(words[2:], " ")), why: words[1]}
		case words[0] == word:
			return words, nil
		case words[0] == "end":
			return nil, &no{failure: cluster.Fail(cluster.FailFormat, "the remote script ended in the middle", ""), broken: true}
		}
		hear(words)
	}
}

// no is why a script did not get further.
type no struct {
	failure *cluster.Failure
	why     string // the script's word; empty if it said none
	broken  bool   // the connection or the script ended, and who knows where
}

// The times of talking to a host.
const (
	lookFor   = 20 * time.Second // opening and looking
	commitFor = 30 * time.Second // a change that is under way
	lingerFor = time.Second      // the same, where nobody waits any more
)

// toItsEnd bounds the waiting for a change that is under way, which the end of
// ctx does not take back.
func toItsEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitFor)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(lingerFor):
			cancel()
		case <-committing.Done():
		}
	})
	return committing, func() {
		stop()
		cancel()
	}
}
