package journal

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// State is the result of a verification. The words are printed.
type State string

// The states of a segment.
const (
	Fine    State = "fine"
	Broken  State = "broken"                  // at Report.BrokenAt
	Torn    State = "torn tail"               // the last write was cut short, by a crash or a full disk
	Shorter State = "shorter than its anchor" // records that were on disk are gone
	Other   State = "other file"              // not the journal that its anchor is of, or none at all
)

// Report is what Verify found in one segment.
type Report struct {
	Path      string
	State     State
	Why       cluster.Text // for a person; empty if fine
	Head      Head         // the last good record
	BrokenAt  uint64       // sequence number of the first record that is not good; 0 if none
	Line      uint64       // its line in the file, from 1
	Torn      int64        // bytes of the torn tail
	Recovered int          // torn lines in the middle that are accounted for
	Anchor    *Anchor      // nil without one
	Origin    *Origin      // of the first record; nil without one
}

// Verify checks a segment against itself and against the anchor beside it, in
// memory bounded by one record. The error is for what can't be read at all.
func Verify(path string) (Report, error) {
	a, err := readAnchor(anchorPath(path))
	if err != nil {
		return Report{Path: path}, err
	}
	return VerifyAgainst(path, a)
}

// VerifyAgainst checks a segment against an anchor from elsewhere; nil for none.
func VerifyAgainst(path string, a *Anchor) (Report, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return Report{Path: path}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, _, err := verify(f, a, nil)
	r.Path = path
	return r, err
}

// verify reads all of in; visit gets every good record. The scan is returned for
// who goes on from there.
func verify(in io.Reader, a *Anchor, visit func(rec []byte)) (Report, *scan, error) {
	s := newScan(in)
	r := Report{Anchor: a, State: Fine}
	for {
		rec, err := s.next()
		if err == nil {
			err = r.anchored(s.head)
		}
		if err == nil {
			if visit != nil {
				visit(rec)
			}
			continue
		}
		r.Head, r.Recovered, r.Origin = s.head, s.recovered, s.origin
		return r, s, r.end(err, s)
	}
}

// anchored compares the record that the anchor names.
func (r *Report) anchored(h Head) error {
	if r.Anchor == nil {
		return nil
	}
	switch {
	case h.Seq == 1 && h.Hash != r.Anchor.Genesis:
		return errOtherAnchor
	case h.Seq == r.Anchor.Head.Seq && h.Hash != r.Anchor.Head.Hash:
		return &broken{"it is not the record that the anchor names: the chain was written anew", h.Seq}
	}
	return nil
}

var errOtherAnchor = errors.New("its anchor is of another journal")

// end fills in the state from what ended the scan.
func (r *Report) end(err error, s *scan) error {
	var b *broken
	short := r.Anchor != nil && r.Head.Seq < r.Anchor.Head.Seq
	switch {
	case errors.As(err, &b):
		r.State, r.Why, r.Line = Broken, cluster.Clean(b.why), s.n
		if r.BrokenAt = b.seq; r.BrokenAt == 0 {
			r.BrokenAt = r.Head.Seq + 1
		}
	case errors.Is(err, errOther), errors.Is(err, errOtherAnchor):
		r.State, r.Why = Other, cluster.Clean(err.Error())
	case !errors.Is(err, io.EOF):
		return err
	case short:
		r.State, r.Torn = Shorter, s.torn.bytes
		r.Why = cluster.Clean("it ends at record " + strconv.FormatUint(r.Head.Seq, 10) + ", and had " + strconv.FormatUint(r.Anchor.Head.Seq, 10))
	case s.torn.bytes > 0 || s.unterminated || s.head.Seq == 0:
		r.State, r.Torn = Torn, s.torn.bytes
		r.Why = cluster.Clean("the last write was cut short")
	}
	return nil
}

// The names of the files of a journal.
const (
	segmentPrefix = "audit-"
	segmentExt    = ".jsonl"
	anchorExt     = ".anchor"
	reserveName   = "reserve"
)

// Segments lists the segments in dirs, oldest first; also those of which only the
// anchor is left.
func Segments(dirs ...string) ([]string, error) {
	var paths []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), segmentExt), anchorExt) + segmentExt
			path := filepath.Join(dir, name)
			if number(path) > 0 && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return number(a) - number(b) })
	return paths, nil
}

// number returns that of a segment, 0 if path is none.
func number(path string) int {
	name, isSegment := strings.CutSuffix(filepath.Base(path), segmentExt)
	digits, isOurs := strings.CutPrefix(name, segmentPrefix)
	n, err := strconv.Atoi(digits)
	if !isSegment || !isOurs || err != nil || n < 1 || segmentName(n) != filepath.Base(path) {
		return 0
	}
	return n
}

func segmentName(n int) string {
	digits := strconv.Itoa(n)
	return segmentPrefix + strings.Repeat("0", max(0, 6-len(digits))) + digits + segmentExt
}

// Read gives visit the good records of a segment, oldest first, up to the first
// damage. A record of a later version that can't be read is left out.
func Read(path string, visit func(Record)) error {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	_, _, err = verify(f, nil, func(rec []byte) {
		var r Record
		if json.Unmarshal(rec, &r) == nil {
			visit(r)
		}
	})
	return err
}

// OpenIn returns the actions in a journal whose end is not known, oldest first,
// by its newest segment up to the first damage. It needs no lock: what another
// process has in flight is among them.
func OpenIn(dirs ...string) ([]OpenAction, error) {
	paths, err := Segments(dirs...)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	var open []OpenAction
	// What was carried over from older segments stands in this one.
	err = Read(paths[len(paths)-1], func(r Record) { open = apply(open, r) })
	return open, err
}
