package remote

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// shortSession says what it has to say and ends.
type shortSession struct{ io.Reader }

func (shortSession) Write(p []byte) (int, error) { return len(p), nil }
func (shortSession) Stderr() cluster.Text        { return cluster.Text{} }
func (shortSession) Wait() error                 { return nil }
func (shortSession) Close() error                { return nil }

// A script that said HELLO was not refused, even if its end is known before its
// HELLO was looked at: a refusal is tried again after a minute only.
func TestHelloCountsThoughTheSessionEnded(t *testing.T) {
	nonce := strings.Repeat("0", 32)
	for range 50 { // either of two that are ready may be looked at first
		l := newLink(shortSession{strings.NewReader("\n@" + nonce + " HELLO 1 Linux\n")}, nonce, func(r *Reader, _ <-chan struct{}) error {
			_, err := r.Line()
			return err
		})
		<-l.ended
		if f := l.greet(t.Context(), time.Second, nil, nil); f != nil {
			t.Fatal(f)
		}
		l.Close()
	}
}
