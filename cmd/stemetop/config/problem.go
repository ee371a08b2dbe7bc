package config

import (
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Problem is something wrong with the configuration, and where.
type Problem struct {
	File         string // empty where a flag or the environment set the value
	Line, Column int    // from 1; 0 where unknown
	Flag         string // what set the value instead, e.g. "--replica"
	Path         string // the key, e.g. "replicas[1].id"
	What         string // what is wrong, lower case, no period
	Hint         string // what to do; may be empty
}

// Error returns FILE:LINE:COLUMN: what is wrong.
func (p *Problem) Error() string {
	where := ""
	switch {
	case p.Flag != "":
		where = p.Flag + ": "
	case p.File != "" && p.Line > 0:
		where = fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	case p.File != "":
		where = p.File + ": "
	}
	return where + p.What
}

// Problems are all that was found, in the order of the file.
type Problems []*Problem

// Error returns them one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// err returns ps as an error, nil where there is none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// quote shows a word of the file: it is outside text, and may hold escapes.
func quote(word string) string { return `"` + cluster.CleanN(word, 60).String() + `"` }
