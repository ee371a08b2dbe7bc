package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
	"github.com/stemedb/stemetop/tui"
)

// replay shows a recording on the same screen.
func replay(ctx context.Context, in invocation) (code int, err error) {
	file, err := open(in.args[0])
	if err != nil {
		return exitUsage, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in.warnOfHoles(file)
	timeline := recording.NewReplay(file, historyOptions(config.Default().History))
	defer func() { err = errors.Join(err, timeline.Close()) }()
	return in.show(ctx, tui.Options{
		Timeline: timeline, Changed: timeline.Grown(),
		Clock: sources.NewClock(1), Replay: true, ReadOnly: true, Interval: file.Session().Interval,
		Escalation: file.Session().Escalation, Recording: func() (cluster.Text, bool) { return holesInShort(file.Holes()) },
	})
}

func open(path string) (*recording.File, error) {
	file, err := recording.Open(path)
	if err != nil {
		return nil, failed(exitUsage, "opening the recording", err)
	}
	return file, nil
}

// readRecording returns what was known at a time of a recording. Rates are
// those that the screen showed.
func (in *invocation) readRecording(path, word string) (s *cluster.Snapshot, err error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in.warnOfHoles(file)
	from, to := file.Bounds()
	at, err := parseAt(word, from, to)
	if err != nil {
		return nil, err
	}
	if word == "" {
		at = file.End()
	}
	t := recording.NewReplay(file, historyOptions(config.Default().History))
	defer func() { err = errors.Join(err, t.Close()) }()
	s = t.At(at)
	if f := t.Trouble(); f != nil {
		return nil, failed(exitInternal, "reading the recording", f)
	}
	return s, nil
}

// parseAt reads a time within a recording: RFC 3339, or a time of day in UTC,
// of which the newest counts. No word is the end.
func parseAt(word string, from, to time.Time) (time.Time, error) {
	if word == "" {
		return to, nil
	}
	at, err := time.Parse(time.RFC3339Nano, word)
	if err != nil {
		at, err = timeOfDay(word, to.UTC())
	}
	if err != nil {
		return at, usage(fmt.Sprintf("--at %q is not a time", word), "write it as 2026-11-23T03:12:44Z or 03:12:44, in UTC")
	}
	if at.Before(from.Truncate(time.Second)) || at.After(to.Add(time.Second)) {
		const form = "2006-01-02T15:04:05Z"
		return at, usage("--at "+word+" is outside the recording",
			fmt.Sprintf("it goes from %s to %s", from.UTC().Format(form), to.UTC().Format(form)))
	}
	return at, nil
}

// timeOfDay returns the newest instant with that time of day that is not after to.
func timeOfDay(word string, to time.Time) (time.Time, error) {
	t, err := time.Parse("15:04:05", word)
	if err != nil {
		return t, err
	}
	at := time.Date(to.Year(), to.Month(), to.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	if at.After(to) {
		at = at.AddDate(0, 0, -1)
	}
	return at, nil
}
