package logs

import (
	"io"
	"strconv"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

const (
	// maxLines and maxBytes bound what may come in answer to one tick; the script
	// keeps far below.
	maxLines = 1024
	maxBytes = 8 << 20
)

// errAnswerTooLarge ends a session whose host sends without an end.
var errAnswerTooLarge = cluster.Fail(cluster.FailTooLarge, "the host sent more log in one answer than it may", "")

// answer is one frame of the script's, and the lines before it.
type answer struct {
	word  string
	args  []string
	lines []string
}

// hear hands on the answers of a script until it ends. What is neither a frame nor
// has the space that each line of the log is given is noise, and dropped.
func hear(answers chan<- answer) remote.Consume {
	return func(r *remote.Reader, quit <-chan struct{}) error {
		var lines []string
		size := 0
		for {
			line, err := r.Line()
			if err != nil {
				return err
			}
			if size += len(line); size > maxBytes || len(lines) > maxLines {
				return errAnswerTooLarge
			}
			words, ok := r.Frame(line)
			switch {
			case !ok && len(line) > 1 && line[0] == ' ':
				lines = append(lines, string(line[1:len(line)-1]))
				continue
			case !ok || len(words) == 0:
				continue
			}
			a := answer{word: string(words[0]), lines: lines}
			for _, w := range words[1:] {
				a.args = append(a.args, string(w))
			}
			select {
			case answers <- a:
			case <-quit:
				return io.ErrClosedPipe
			}
			lines, size = nil, 0
		}
	}
}

// done returns the number of the tick that the answer is to, and how many lines
// were left out; ok is false if it is another frame.
func (a *answer) done() (tick, left uint64, ok bool) {
	if a.word != "D" || len(a.args) != 2 {
		return 0, 0, false
	}
	tick, err := strconv.ParseUint(a.args[0], 10, 64)
	if err != nil {
		return 0, 0, false
	}
	left, err = strconv.ParseUint(a.args[1], 10, 32)
	return tick, left, err == nil
}
