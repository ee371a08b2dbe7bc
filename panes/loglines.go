package panes

import (
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// LogShow is which lines of the log are shown.
type LogShow uint8

// The choices, from all to few.
const (
	LogAll     LogShow = iota
	LogRunbook         // those that the runbook greps for, and reports of corruption
	LogWarnings
	LogErrors
	NumLogShows = int(LogErrors) + 1
)

// String returns the words for the choice.
func (s LogShow) String() string {
	if s > LogErrors {
		return "?"
	}
	return [...]string{"all lines", "the runbook's lines", "warnings and errors", "errors"}[s]
}

func (s LogShow) takes(l *cluster.LogLine) bool {
	switch s {
	case LogRunbook:
		return l.Topics() != 0
	case LogWarnings:
		return l.Level >= cluster.LevelWarn
	case LogErrors:
		return l.Level >= cluster.LevelError
	case LogAll:
	}
	return true
}

// placedLine is a line of one of the logs at its place on the common time axis,
// or without l the instant from which on lines came as they were written.
type placedLine struct {
	l      *cluster.LogLine
	of     *cluster.Node
	at     time.Time // on the monitor's clock as far as it can be told
	placed bool      // it can
}

// logNodes are the nodes whose logs are shown: the primary and the replica below
// the cursor.
func (f *Frame) logNodes() []*cluster.Node {
	if f.Snap == nil {
		return nil
	}
	list := []*cluster.Node{&f.Snap.Primary.Node}
	if r := f.replica(); r != nil {
		list = append(list, &r.Node)
	}
	return list
}

// logLines merges the lines of the nodes by time, each log in its own order, and
// returns those that are asked for; hidden is how many are not.
func (f *Frame) logLines(nodes []*cluster.Node) (lines []placedLine, hidden int) {
	word := strings.ToLower(f.LogFilter.String())
	for _, n := range nodes {
		own := f.logOf(n)
		for i := range own {
			if i > 0 && own[i].at.Before(own[i-1].at) {
				own[i].at = own[i-1].at // its log's order is certain, its time is not
			}
		}
		lines = append(lines, own...)
	}
	slices.SortStableFunc(lines, func(a, b placedLine) int { return a.at.Compare(b.at) })
	all := len(lines)
	lines = slices.DeleteFunc(lines, func(x placedLine) bool {
		return !f.LogShow.takes(x.l) || word != "" && !x.says(word)
	})
	hidden = all - len(lines)
	began := slices.IndexFunc(lines, func(x placedLine) bool { return !x.at.Before(f.Snap.FirstSeen) })
	if began < 0 {
		began = len(lines)
	}
	if began > 0 && !f.Snap.FirstSeen.IsZero() {
		lines = slices.Insert(lines, began, placedLine{at: f.Snap.FirstSeen, placed: true})
	}
	return lines, hidden
}

// says tells whether a word in lower case stands in the line or its names.
func (x *placedLine) says(word string) bool {
	for _, t := range [...]string{x.l.Text.String(), x.l.Ident.String(), x.of.Name.String(), x.l.Level.String()} {
		if strings.Contains(strings.ToLower(t), word) {
			return true
		}
	}
	return false
}

// logOf returns what is remembered of a node's log: its newest lines, and before
// them those older ones that matter.
func (f *Frame) logOf(n *cluster.Node) []placedLine {
	until := f.Snap.At
	if !f.LogUntil.IsZero() && f.LogUntil.Before(until) {
		until = f.LogUntil
	}
	var heard []cluster.HeardLine
	if f.Snap.Series != nil {
		heard = f.Snap.Series.Lines(n.ID, until)
	}
	lines := make([]placedLine, 0, len(heard)+len(n.Log.Kept))
	add := func(l *cluster.LogLine) {
		at, _, placed := l.Placed(n.Host.Facts)
		lines = append(lines, placedLine{l, n, at, placed})
	}
	for i := range n.Log.Kept {
		l := &n.Log.Kept[i]
		if len(heard) == 0 && !l.At.After(until) || len(heard) > 0 && l.At.Before(heard[0].At) {
			add(l)
		}
	}
	for i := range heard {
		add(&heard[i].LogLine)
	}
	return lines
}

// LogLength is how many lines the log of a frame has to scroll through.
func LogLength(f *Frame) int {
	lines, _ := f.logLines(f.logNodes())
	return len(lines)
}
