package remote

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// MaxLine is the most bytes that a line of a host may have: beyond it the session
// is closed.
const MaxLine = 64 << 10

const maxPreamble = 4 << 10

// MaxNoise is the most bytes that a login may print before HELLO: beyond it the
// session is closed. It costs both sides work, and a loop in a start-up file never
// ends.
const MaxNoise = 256 << 10

// ErrNoise says that a login printed more than MaxNoise bytes.
var ErrNoise = fmt.Errorf("more than %d KiB printed before it", MaxNoise>>10)

// ErrLineTooLong says that a line had more than MaxLine bytes.
var ErrLineTooLong = fmt.Errorf("line longer than %d bytes", MaxLine)

// Reader reads the lines of a session. Only those that begin with the session's
// nonce are frames, of the script's own making; what comes before HELLO is noise
// of the login, and what comes between frames is for the caller to judge.
type Reader struct {
	r        *bufio.Reader
	noise    *noise
	mark     []byte // "@NONCE "
	long     []byte // a line that did not fit into r's buffer
	rest     bool   // the rest of a line that was too long is still to come
	preamble []byte // the first bytes before HELLO, for the error
}

// NewReader returns a reader of a session whose script was given nonce.
func NewReader(r io.Reader, nonce string) *Reader {
	n := &noise{r: r, left: MaxNoise}
	return &Reader{r: bufio.NewReaderSize(n, 4<<10), noise: n, mark: []byte("@" + nonce + " ")}
}

// Hello reads up to the HELLO frame and returns the protocol version and the
// name of the operating system.
func (f *Reader) Hello() (version int, os string, err error) {
	for {
		line, err := f.Line()
		if errors.Is(err, ErrLineTooLong) {
			f.keep(line)
			continue
		}
		if words, ok := f.Frame(line); ok && len(words) >= 2 && string(words[0]) == "HELLO" {
			f.noise.over = true
			version, _ = strconv.Atoi(string(words[1])) // 0, which is no version, for garbage
			return version, string(bytes.Join(words[2:], []byte(" "))), nil
		}
		f.keep(line)
		if err != nil {
			return 0, "", err
		}
	}
}

// noise bounds what is read until it is over.
type noise struct {
	r    io.Reader
	left int
	over bool
}

func (n *noise) Read(p []byte) (int, error) {
	if n.over {
		return n.r.Read(p) //nolint:wrapcheck // io.EOF has to stay itself
	}
	if n.left == 0 {
		return 0, ErrNoise
	}
	got, err := n.r.Read(p[:min(len(p), n.left)])
	n.left -= got
	return got, err //nolint:wrapcheck // io.EOF has to stay itself
}

// keep keeps the beginning of what comes before HELLO.
func (f *Reader) keep(line []byte) {
	f.preamble = append(f.preamble, line[:min(len(line), maxPreamble-len(f.preamble))]...)
}

// Frame returns the words of a line that is a frame, ok false for any other.
func (f *Reader) Frame(line []byte) ([][]byte, bool) {
	rest, ok := bytes.CutPrefix(line, f.mark)
	if !ok {
		return nil, false
	}
	return bytes.Fields(rest), true
}

// Line returns the next line with its newline; it is valid until the next call.
// Of a line that is too long it returns the beginning and ErrLineTooLong, and
// drops the rest at the next call: an endless one is noticed at once.
func (f *Reader) Line() ([]byte, error) {
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
		if f.long = append(f.long, line...); len(f.long) > MaxLine {
			f.rest = true
			return f.long, ErrLineTooLong
		}
		line, err = f.r.ReadSlice('\n')
	}
	f.long = append(f.long, line...)
	if len(f.long) > MaxLine && err == nil {
		err = ErrLineTooLong
	}
	return f.long, err
}

// drop reads up to the end of a line.
func (f *Reader) drop() error {
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
