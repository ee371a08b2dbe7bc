package host

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits of what a host may send: beyond them the session is closed.
const (
	maxLine     = 64 << 10
	maxAnswer   = 1 << 20
	maxPreamble = 4 << 10
)

var (
	errLineTooLong    = fmt.Errorf("line longer than %d bytes", maxLine)
	errAnswerTooLarge = fmt.Errorf("answer larger than %d bytes", maxAnswer)
)

// section is one part of an answer: the lines between its B and its E frame.
type section struct {
	name string
	rc   int // see script.sh
	body []byte
}

// answer is the complete answer to a tick.
type answer struct {
	tick     uint64
	sections []section
}

// section returns the named section, or nil.
func (a *answer) section(name string) *section {
	for i := range a.sections {
		if a.sections[i].name == name {
			return &a.sections[i]
		}
	}
	return nil
}

// frames reads the frames of a session. Only lines that begin with the session's
// nonce are frames; whatever else comes outside a section is noise of the login
// or of a job of the account, and dropped.
type frames struct {
	r        *bufio.Reader
	mark     []byte // "@NONCE "
	long     []byte // a line that did not fit into r's buffer
	rest     bool   // the rest of a line that was too long is still to come
	preamble []byte // the first bytes before HELLO, for the error
}

func newFrames(r io.Reader, nonce string) *frames {
	return &frames{r: bufio.NewReaderSize(r, 4<<10), mark: []byte("@" + nonce + " ")}
}

// hello reads up to the HELLO frame and returns the protocol version and the
// name of the operating system.
func (f *frames) hello() (version int, os string, err error) {
	for {
		line, err := f.line()
		if errors.Is(err, errLineTooLong) {
			f.keep(line)
			continue
		}
		if words, ok := f.frame(line); ok && len(words) >= 2 && string(words[0]) == "HELLO" {
			version, _ = strconv.Atoi(string(words[1])) // 0, which is no version, for garbage
			return version, string(bytes.Join(words[2:], []byte(" "))), nil
		}
		f.keep(line)
		if err != nil {
			return 0, "", err
		}
	}
}

// keep keeps the beginning of what comes before HELLO.
func (f *frames) keep(line []byte) {
	f.preamble = append(f.preamble, line[:min(len(line), maxPreamble-len(f.preamble))]...)
}

// next reads the next complete answer. Sections that are cut, out of order or
// of another tick are left out of it.
func (f *frames) next() (answer, error) {
	var a answer
	var open section
	size := 0
	for {
		line, err := f.line()
		if err != nil {
			return answer{}, err // a last line without its newline is incomplete too
		}
		if size += len(line); size > maxAnswer {
			return answer{}, errAnswerTooLarge
		}
		words, ok := f.frame(line)
		switch {
		case !ok && open.name != "":
			open.body = append(open.body, line...)
		case !ok:
			size -= len(line) // noise between sections
		case f.step(&a, &open, words):
			return a, nil
		}
	}
}

// step takes in one frame and tells whether the answer is complete.
func (f *frames) step(a *answer, open *section, words [][]byte) bool {
	if len(words) < 2 {
		return false
	}
	tick, err := strconv.ParseUint(string(words[1]), 10, 64)
	if err != nil {
		return false
	}
	if tick != a.tick { // the rest of another tick
		*a = answer{tick: tick}
		*open = section{}
	}
	switch string(words[0]) {
	case "B":
		*open = section{}
		if len(words) == 3 {
			open.name = string(words[2])
		}
	case "E":
		if len(words) == 4 && open.name != "" && open.name == string(words[2]) {
			if rc, err := strconv.Atoi(string(words[3])); err == nil {
				open.rc = rc
				a.sections = append(a.sections, *open)
			}
		}
		*open = section{}
	case "D":
		return true
	}
	return false
}

// frame returns the words of a line that is a frame.
func (f *frames) frame(line []byte) ([][]byte, bool) {
	rest, ok := bytes.CutPrefix(line, f.mark)
	if !ok {
		return nil, false
	}
	return bytes.Fields(rest), true
}

// line returns the next line with its newline; it is valid until the next call.
// Of a line that is too long it returns the beginning and errLineTooLong, and
// drops the rest at the next call: an endless one is noticed at once.
func (f *frames) line() ([]byte, error) {
	if f.rest {
		if err := f.drop(); err != nil {
			return nil, err
		}
	}
	line, err := f.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	f.long = f.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if f.long = append(f.long, line...); len(f.long) > maxLine {
			f.rest = true
			return f.long, errLineTooLong
		}
		line, err = f.r.ReadSlice('\n')
	}
	f.long = append(f.long, line...)
	if len(f.long) > maxLine && err == nil {
		err = errLineTooLong
	}
	return f.long, err
}

// drop reads up to the end of a line.
func (f *frames) drop() error {
	for {
		switch _, err := f.r.ReadSlice('\n'); {
		case err == nil:
			f.rest = false
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}
