package physics

import (
	"fmt"
	"time"
)

// The levels of log lines.
const (
	Info  = "INFO"
	Warn  = "WARN"
	Error = "ERROR"
)

// Line is a log line of a node.
type Line struct {
	At    time.Duration
	Node  int
	Level string
	Text  string
}

// maxLines bounds what is kept for a reader that never comes.
const maxLines = 4096

func (w *World) logf(n *Node, level, format string, args ...any) {
	if len(w.lines) == maxLines {
		w.lines = w.lines[:copy(w.lines, w.lines[maxLines/2:])]
	}
	w.lines = append(w.lines, Line{w.now, n.Index, level, fmt.Sprintf(format, args...)})
}

// Drain returns the lines since the last call, oldest first.
func (w *World) Drain() []Line {
	lines := w.lines
	w.lines = nil
	return lines
}
