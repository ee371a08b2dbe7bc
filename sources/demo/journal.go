package demo

import (
	"fmt"
	"os"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// maxLog bounds a node's log file; past it the file begins anew, its former
// content beside it with the suffix .1.
const maxLog = 256 << 10

// journal writes the log file of one node.
type journal struct {
	path string
	f    *os.File
	size int64
}

func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // below our own temporary directory
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &journal{path: path, f: f}, nil
}

// write appends a line as `journalctl -o short-iso` would show its message.
func (j *journal) write(at time.Time, l physics.Line) error {
	if j.size > maxLog {
		if err := j.rotate(); err != nil {
			return err
		}
	}
	n, err := fmt.Fprintf(j.f, "%s %-5s %s\n", at.UTC().Format("2006-01-02T15:04:05.000Z07:00"), l.Level, l.Text)
	j.size += int64(n)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func (j *journal) rotate() error {
	if err := os.Rename(j.path, j.path+".1"); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	next, err := openJournal(j.path)
	if err != nil {
		return err
	}
	_ = j.f.Close() // whole lines were written; nothing is buffered
	*j = *next
	return nil
}
