package ssh

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxStderr is how much is kept of what a host says beside its answers.
const maxStderr = 4 << 10

// tail is a writer that keeps the last maxStderr bytes: the reason why a
// command ended stands last.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails, and never holds up the command.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-maxStderr):]...)
	if over := len(t.buf) - maxStderr; over > 0 {
		t.buf = t.buf[:copy(t.buf, t.buf[over:])]
	}
	return len(p), nil
}

// ReadFrom takes all that comes from r. It is there for io.Copy, which would hold
// 32 kB for what is hardly ever written.
func (t *tail) ReadFrom(r io.Reader) (n int64, err error) {
	var b [512]byte
	for {
		read, err := r.Read(b[:])
		_, _ = t.Write(b[:read]) // never fails
		n += int64(read)
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, fmt.Errorf("reading what the command printed: %w", err)
		}
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

func (t *tail) text() cluster.Text { return cluster.CleanN(t.String(), maxStderr) }
