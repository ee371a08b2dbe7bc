package metrics

import (
	"bytes"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// verdict is what the filter makes of a line.
type verdict uint8

const (
	lineSkip    verdict = iota // of no interest, and nothing wrong with it
	lineSample                 // a series of a wanted family
	lineHelp                   // HELP of the progress gauge
	lineUnit                   // UNIT of the progress gauge
	lineEnd                    // # EOF of OpenMetrics
	lineGarbage                // not a line of an exposition
)

// filter judges lines. It allocates nothing, and is not changed by its use.
type filter struct {
	wants       []want
	asked       cluster.Families
	progress    want // whose HELP and UNIT are wanted; empty name for none
	openMetrics bool
	oldest      time.Time // a gauge from before, by its own timestamp, is not of now; zero for no limit
}

// newFilter returns the filter of a format. In OpenMetrics a counter must end
// in _total, and exporters add it to a name that has none: both are known.
func newFilter(n Names, openMetrics bool) filter {
	f := filter{openMetrics: openMetrics, progress: newWant(n.SyncProgress, cluster.FamilySyncProgress)}
	for _, w := range n.wants() {
		f.wants = append(f.wants, w)
		plain := w.family != cluster.FamilySyncDurationSum && w.family != cluster.FamilySyncDurationCount
		if openMetrics && plain && isCounter(w.family) && !strings.HasSuffix(w.name, "_total") {
			f.wants = append(f.wants, newWant(w.name+"_total", w.family))
		}
	}
	return f
}

// judge looks at a line (without its newline) just enough to tell whether it
// belongs to an exposition and to a wanted family. Of an unwanted series only
// the name and what stands at its ends are looked at.
func (f *filter) judge(line []byte) verdict {
	line = trimBlanks(line)
	if len(line) == 0 {
		return lineSkip
	}
	switch line[0] {
	case '#':
		return f.judgeComment(line)
	case '{', '"':
		return f.judgeQuoted(line)
	}
	n := nameLength(line)
	if n == 0 || n == len(line) || !endsLikeNumber(line) {
		return lineGarbage
	}
	if line[n] != '{' && (!isBlank(line[n]) || !startsLikeSeries(line[n:])) {
		return lineGarbage
	}
	if f.wanted(line[:n]) {
		return lineSample
	}
	return lineSkip
}

// startsLikeSeries tells whether what follows a name and a blank may be labels
// or a value.
func startsLikeSeries(b []byte) bool {
	b = trimBlanks(b)
	return len(b) > 0 && (b[0] == '{' || startsLikeNumber(b))
}

func (f *filter) wanted(name []byte) bool {
	for i := range f.wants {
		if w := &f.wants[i]; len(w.name) == len(name) && w.name == string(name) {
			return f.asked.Has(w.family)
		}
	}
	return false
}

// judgeQuoted judges a series whose name stands in quotes, which may be
// anywhere among its labels. A label value that equals a wanted name is taken
// for it here and sorted out by the parser.
func (f *filter) judgeQuoted(line []byte) verdict {
	if !endsLikeNumber(line) {
		return lineGarbage
	}
	for i := range f.wants {
		if w := &f.wants[i]; f.asked.Has(w.family) && bytes.Contains(line, w.quoted) {
			return lineSample
		}
	}
	return lineSkip
}

// judgeComment judges a line that begins with #. Unknown comments are legal.
func (f *filter) judgeComment(line []byte) verdict {
	if f.openMetrics && string(line) == "# EOF" {
		return lineEnd
	}
	rest := trimBlanks(line[1:])
	if len(rest) < 5 || !isBlank(rest[4]) || f.progress.name == "" {
		return lineSkip
	}
	var v verdict
	switch string(rest[:4]) {
	case "HELP":
		v = lineHelp
	case "UNIT":
		v = lineUnit
	default:
		return lineSkip
	}
	if _, ok := f.ofProgress(rest[5:]); !ok {
		return lineSkip
	}
	return v
}

// ofProgress returns what follows the name of the progress gauge.
func (f *filter) ofProgress(b []byte) ([]byte, bool) {
	b = trimBlanks(b)
	rest, ok := bytes.CutPrefix(b, f.progress.quoted)
	if n := len(f.progress.name); !ok && len(b) > n && string(b[:n]) == f.progress.name {
		rest, ok = b[n:], true
	}
	if !ok || len(rest) == 0 || !isBlank(rest[0]) {
		return nil, false
	}
	return trimBlanks(rest), true
}

// comment returns the text of a line judged as HELP or UNIT.
func (f *filter) comment(line []byte) []byte {
	rest := trimBlanks(trimBlanks(line)[1:])
	text, _ := f.ofProgress(rest[4:])
	return text
}

// name returns what a family is called on the wire.
func (f *filter) name(family cluster.Family) string {
	for i := range f.wants {
		if f.wants[i].family == family {
			return f.wants[i].name
		}
	}
	return ""
}
