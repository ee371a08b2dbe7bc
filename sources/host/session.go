package host

import (
	"io"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

// link is a session with the script running in it.
type link struct {
	*remote.Link
	answers <-chan answer
}

// hear hands on the answers of a script until it ends.
func hear(answers chan<- answer) remote.Consume {
	return func(r *remote.Reader, quit <-chan struct{}) error {
		f := frames{r}
		for {
			a, err := f.next()
			if err != nil {
				return err
			}
			select {
			case answers <- a:
			case <-quit:
				return io.ErrClosedPipe
			}
		}
	}
}

// ask sends a tick.
func (l *link) ask(tick uint64, sections []string) {
	l.Send([]byte("T " + strconv.FormatUint(tick, 10) + " " + strings.Join(sections, " ") + "\n"))
}

// errAnswerTooLarge ends a session whose host sends without an end.
var errAnswerTooLarge = cluster.Fail(cluster.FailTooLarge, "the host sent an answer larger than "+strconv.Itoa(maxAnswer)+" bytes", "")
