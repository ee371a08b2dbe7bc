package ssh

import (
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

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

func (t *tail) text() cluster.Text { return cluster.CleanN(t.String(), maxStderr) }
