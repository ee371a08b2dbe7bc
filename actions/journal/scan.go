package journal

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// scan reads a segment line by line, in memory bounded by one line.
type scan struct {
	in   *bufio.Reader
	line []byte
	n    uint64 // number of the line, from 1

	head Head
	torn struct { // bytes since the last whole record, if any
		sum   hash.Hash
		bytes int64
	}
	recovered    int
	unterminated bool // the last record lacks only its newline
	genesis      string
	origin       *Origin
}

// broken is where the chain is not what it should be.
type broken struct {
	why string
	seq uint64 // of the bad record; 0 for the one after the head
}

func (b *broken) Error() string { return b.why }

var errOther = errors.New("it is no journal of stemetop")

func newScan(r io.Reader) *scan { return &scan{in: bufio.NewReaderSize(r, 64<<10)} }

// next returns the raw bytes of the next record, valid until the next call.
// io.EOF ends it; then torn says whether there is a torn tail.
func (s *scan) next() ([]byte, error) {
	for {
		whole, err := s.readLine()
		if err != nil {
			return nil, err
		}
		s.n++
		e, ok := parseLine(s.line)
		switch {
		case ok:
			s.unterminated = !whole
			return e.rec, s.link(e)
		case s.head.Seq == 0 && !isStart(s.line):
			return nil, errOther
		case len(s.line) == 0:
			return nil, &broken{why: "an empty line stands where a record should"}
		case !whole:
			s.tear()
			return nil, io.EOF
		}
		s.tear()
	}
}

// readLine reads one line into s.line without its newline; whole is false for a
// tail without one. At the end it is io.EOF, or *broken if a torn line was ended
// but not accounted for.
func (s *scan) readLine() (whole bool, err error) {
	s.line = s.line[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		s.line = append(s.line, part...)
		switch {
		case len(s.line) > maxLine:
			if s.head.Seq == 0 {
				return false, errOther
			}
			return false, &broken{why: "a line is longer than any record"}
		case err == nil:
			s.line = s.line[:len(s.line)-1]
			return true, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(s.line) > 0:
			return false, nil
		case errors.Is(err, io.EOF) && s.torn.bytes > 0:
			return false, &broken{why: "its last line is no record"}
		default:
			return false, err
		}
	}
}

// isStart tells whether line can be the torn first line of a journal.
func isStart(line []byte) bool {
	first, _ := Head{}.seal([]byte("{}"))
	n := min(len(line), len(`{"seq":1,"prev":"`)+hashLen)
	return string(line[:n]) == string(first[:n])
}

// tear adds the line to the torn bytes.
func (s *scan) tear() {
	if s.torn.sum == nil {
		s.torn.sum = sha256.New()
	}
	if s.torn.bytes > 0 {
		s.torn.sum.Write([]byte("\n"))
		s.torn.bytes++
	}
	s.torn.sum.Write(s.line)
	s.torn.bytes += int64(len(s.line))
}

// tail describes the torn bytes.
func (s *scan) tail() Recovered {
	return Recovered{s.torn.bytes, hex.EncodeToString(s.torn.sum.Sum(nil))}
}

// link checks that e follows the head, and advances it.
func (s *scan) link(e envelope) error {
	want := s.head.next(e.rec)
	switch {
	case e.seq != want.Seq:
		return &broken{why: fmt.Sprintf("record %d stands where %d should", e.seq, want.Seq)}
	case e.prev != s.head.prev():
		return &broken{why: "it does not follow the record before it"}
	case e.hash != want.Hash:
		return &broken{why: "its hash is not that of its content"}
	}
	if err := s.account(e); err != nil {
		return err
	}
	s.head = want
	return nil
}

// account checks the records that say something of the file itself.
func (s *scan) account(e envelope) error {
	if e.seq > 1 && s.torn.bytes == 0 {
		return nil
	}
	var r Record
	if err := json.Unmarshal(e.rec, &r); err != nil {
		return &broken{why: "it is no record"}
	}
	if e.seq == 1 {
		if r.Kind != KindGenesis || r.Origin == nil {
			return errOther
		}
		s.genesis, s.origin = e.hash, r.Origin
		if s.torn.bytes == 0 {
			return nil
		}
	}
	if r.Recovered == nil || *r.Recovered != s.tail() {
		return &broken{why: "the line before it is no record"}
	}
	s.torn.sum, s.torn.bytes = nil, 0
	s.recovered++
	return nil
}
