package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxAnswer is the most bytes that an answer may have: beyond it the link is of
// no use any more.
const maxAnswer = 1 << 20

// Talk is a link to a script that answers one request after the other: to a line
// `WORD N ...` it says the frame `B N`, then lines as they come, then the frame
// `E N RC`. It is for one goroutine.
type Talk struct {
	link  *Link
	lines chan said
	n     int
}

// said is a line of the script, or a frame.
type said struct {
	text  string
	frame []string // nil for a line
}

// OpenTalk opens a link to such a script.
func OpenTalk(ctx context.Context, t Transport, script []byte, limits Limits) (*Talk, *cluster.Failure) {
	lines := make(chan said)
	l, failure := Open(ctx, t, script, nil, limits, func(r *Reader, quit <-chan struct{}) error {
		for {
			line, err := r.Line()
			if err != nil {
				return err
			}
			s := said{text: strings.TrimRight(string(line), "\r\n")}
			if words, ok := r.Frame(line); ok {
				s = said{frame: make([]string, len(words))}
				for i, w := range words {
					s.frame[i] = string(w)
				}
			}
			select {
			case lines <- s:
			case <-quit:
				return io.ErrClosedPipe
			}
		}
	})
	if failure != nil {
		return nil, failure
	}
	return &Talk{link: l, lines: lines}, nil
}

// errTooLarge ends a talk whose host sends without an end.
var errTooLarge = cluster.Fail(cluster.FailTooLarge, fmt.Sprintf("the host sent an answer larger than %d bytes", maxAnswer), "")

// Say sends a line that is no request and has no answer: a parameter. A newline in
// it would be the end of it.
func (t *Talk) Say(line string) {
	line, _, _ = strings.Cut(line, "\n")
	t.link.Send([]byte(line + "\n"))
}

// Ask sends a request of one line, hands each line of the answer to hear, and
// returns the answer's code. After a failure the talk must be closed: what still
// comes would be of this request.
func (t *Talk) Ask(ctx context.Context, hear func(line string), word string, arguments ...string) (int, *cluster.Failure) {
	t.n++
	id := strconv.Itoa(t.n)
	request := strings.Join(append([]string{word, id}, arguments...), " ")
	if strings.ContainsAny(request, "\n\x00") {
		return 0, cluster.Fail(cluster.FailConfig, "a request with a newline can't be sent to the host: "+request, "")
	}
	t.link.Send([]byte(request + "\n"))
	open, size := false, 0
	for {
		select {
		case s := <-t.lines:
			code, ended := t.ended(s, id)
			switch size += len(s.text); {
			case ended:
				return code, nil
			case size > maxAnswer:
				return 0, errTooLarge
			case len(s.frame) == 2 && s.frame[0] == "B" && s.frame[1] == id:
				open = true
			case open && s.frame == nil:
				hear(s.text)
			}
		case <-t.link.Ended():
			return 0, t.link.Death()
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return 0, cluster.Fail(cluster.FailTimeout, "the host did not answer in time", "it or the way to it is overloaded or stopped")
			}
			return 0, cluster.Fail(cluster.FailTimeout, "stopped while waiting for the host", "")
		}
	}
}

// ended tells whether s ends the answer to a request, and with which code.
func (t *Talk) ended(s said, id string) (code int, ok bool) {
	if len(s.frame) != 3 || s.frame[0] != "E" || s.frame[1] != id {
		return 0, false
	}
	code, err := strconv.Atoi(s.frame[2])
	return code, err == nil
}

// Close ends the script, and what it started, and returns when nothing of the
// link is left here.
func (t *Talk) Close() { t.link.Close() }
