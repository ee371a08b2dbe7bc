package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources/cluster"
)

// auditVerify checks journals, a line for each segment, and says by the exit code
// how the worst one is.
func auditVerify(_ context.Context, in invocation) (int, error) {
	paths, err := in.segments()
	if err != nil {
		return exitUsage, err
	}
	if len(paths) == 0 {
		_, err := fmt.Fprintf(in.out, "there is no audit journal in %s\n", cluster.Clean(journals()))
		return exitOK, err
	}
	code := exitOK
	for _, path := range paths {
		r, err := journal.Verify(path)
		if errors.Is(err, os.ErrNotExist) { // its anchor is still there
			r, err = journal.Report{State: journal.Shorter, Why: cluster.Clean("the file was removed")}, nil
		}
		if err != nil {
			return exitUsage, failed(exitUsage, "reading the journal", err)
		}
		if _, err := fmt.Fprintf(in.out, "%s: %s\n", cluster.Clean(path), cluster.Clean(verdictOn(r))); err != nil {
			return exitInternal, failed(exitInternal, "writing the result", err)
		}
		code = max(code, codeOfJournal(r.State))
	}
	return code, nil
}

// segments are the files to check: the one that is named, those of the directory
// that is named, or all.
func (in *invocation) segments() ([]string, error) {
	if len(in.args) > 0 {
		info, err := os.Stat(in.args[0])
		if err != nil {
			return nil, failed(exitUsage, "reading the journal", err)
		}
		if !info.IsDir() {
			return in.args[:1], nil
		}
		return journal.Segments(in.args[0])
	}
	dirs, err := filepath.Glob(filepath.Join(journals(), "*"))
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, dir := range slices.Sorted(slices.Values(dirs)) {
		list, err := journal.Segments(dir)
		if err != nil {
			return nil, failed(exitUsage, "reading the journal", err)
		}
		paths = append(paths, list...)
	}
	return paths, nil
}

// verdictOn is a report in one line.
func verdictOn(r journal.Report) string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	s := string(r.State)
	switch r.State {
	case journal.Broken:
		s += " at " + number(r.BrokenAt) + " (line " + number(r.Line) + ")"
	case journal.Torn, journal.Shorter:
		if r.Torn > 0 {
			s += ", " + strconv.FormatInt(r.Torn, 10) + " bytes of a record that was not finished"
		}
	case journal.Fine, journal.Other:
	}
	if !r.Why.IsZero() {
		s += ": " + r.Why.String()
	}
	if r.Head.Seq > 0 {
		s += "; " + number(r.Head.Seq) + " good records, the last with hash " + r.Head.Hash[:12]
	}
	if r.Anchor == nil && r.Head.Seq > 0 && r.State != journal.Other {
		s += "; there is no anchor beside it, so a tail that was cut off would not show"
	}
	return s
}

func codeOfJournal(s journal.State) int {
	switch s {
	case journal.Fine:
		return exitOK
	case journal.Torn:
		return exitWarning
	case journal.Broken, journal.Shorter, journal.Other:
	}
	return exitCritical
}
