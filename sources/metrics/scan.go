package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

const (
	firstWindow = 16 << 10 // bytes of the body in one look; grows for a long line
	maxLine     = 64 << 10 // bytes
	maxSeries   = 20_000   // of the wanted families, in one answer
	keepKept    = 1 << 20  // bytes of kept lines that a pooled scratch may hold on to
)

// scratch is what one parse needs. It is in use only from the first byte of an
// answer to its last, so a thousand targets share a few.
type scratch struct {
	window []byte
	kept   []byte // wanted lines as expfmt takes them
	help   []byte // of the progress gauge
	unit   []byte
	lines  int // complete lines seen
	series int // wanted ones
	ended  bool

	gunzip gzip.Reader
	src    bytes.Reader
	parser expfmt.TextParser
	rows   []row
}

// scratches are free ones. What is in them is never read.
var scratches = sync.Pool{New: func() any {
	return &scratch{window: make([]byte, firstWindow), parser: expfmt.NewTextParser(model.UTF8Validation)}
}}

func newScratch() *scratch {
	s := scratches.Get().(*scratch) //nolint:errcheck // the pool makes nothing else
	s.kept, s.help, s.unit, s.rows = s.kept[:0], s.help[:0], s.unit[:0], s.rows[:0]
	s.lines, s.series, s.ended = 0, 0, false
	return s
}

func (s *scratch) free() {
	if cap(s.kept) > keepKept {
		s.kept = nil
	}
	if cap(s.rows) > maxSeries/10 {
		s.rows = nil
	}
	clear(s.rows) // they hold strings of the answer
	scratches.Put(s)
}

// scan reads an exposition to its end and keeps what f wants. What was kept
// before an error stays.
func (s *scratch) scan(r io.Reader, f *filter) error {
	filled := 0
	for {
		n, err := r.Read(s.window[filled:])
		rest, bad := s.takeLines(s.window[:filled+n], f)
		if bad != nil {
			return bad
		}
		filled = copy(s.window, rest)
		if errors.Is(err, io.EOF) {
			return s.finish(s.window[:filled], f)
		}
		if err != nil {
			return err
		}
		if filled == len(s.window) {
			if filled >= maxLine {
				return web.NewFault(cluster.FailFormat, fmt.Sprintf("line %d is longer than %d kB", s.lines+1, maxLine>>10), hintURL)
			}
			s.window = append(s.window, make([]byte, filled)...)
		}
	}
}

// takeLines judges the complete lines of b and returns the rest.
func (s *scratch) takeLines(b []byte, f *filter) ([]byte, error) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return b, nil
		}
		line := b[:i]
		b = b[i+1:]
		if s.ended {
			return nil, web.NewFault(cluster.FailFormat, "goes on after # EOF", "")
		}
		if err := s.takeLine(line, f); err != nil {
			return nil, err
		}
		s.lines++
	}
}

func (s *scratch) takeLine(line []byte, f *filter) error {
	switch f.judge(line) {
	case lineSkip:
	case lineSample:
		return s.keep(line, f)
	case lineHelp:
		s.help = append(s.help[:0], f.comment(line)...)
	case lineUnit:
		s.unit = append(s.unit[:0], f.comment(line)...)
	case lineEnd:
		s.ended = true
	case lineGarbage:
		return s.garbage(line)
	}
	return nil
}

func (s *scratch) keep(line []byte, f *filter) error {
	if s.series == maxSeries {
		return web.NewFault(cluster.FailTooLarge, fmt.Sprintf("more than %d series of the metrics that are read", maxSeries),
			"the rest is left out; check that replica_label is not a label with a value per request")
	}
	s.series++
	if !f.openMetrics {
		s.kept = append(append(s.kept, line...), '\n')
		return nil
	}
	var ok bool
	if s.kept, ok = appendPlain(s.kept, line); !ok {
		return s.garbage(line)
	}
	return nil
}

// garbage says what stands where a line of an exposition should.
func (s *scratch) garbage(line []byte) error {
	if s.lines == 0 && bytes.HasPrefix(trimBlanks(line), []byte("<")) {
		return web.HTML("metrics")
	}
	return web.NewFault(cluster.FailFormat, fmt.Sprintf("line %d is no metric", s.lines+1), hintURL)
}

// finish judges what is left when the answer ends without an error. A format
// that can tell whether it is whole must say so.
func (s *scratch) finish(rest []byte, f *filter) error {
	rest = trimBlanks(rest)
	switch {
	case f.openMetrics && !s.ended && string(rest) == "# EOF":
		return nil
	case len(rest) > 0 && s.lines == 0 && rest[0] == '<':
		return web.HTML("metrics")
	case len(rest) > 0:
		return web.NewFault(cluster.FailFormat, "ends in the middle of a line", hintCut)
	case f.openMetrics && !s.ended:
		return web.NewFault(cluster.FailFormat, "ends without # EOF", hintCut)
	case s.lines == 0:
		return web.NewFault(cluster.FailFormat, "empty answer", hintURL)
	}
	return nil
}
