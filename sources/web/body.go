package web

import (
	"fmt"
	"io"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Capped passes on a limited number of bytes and then fails with a fault of
// kind FailTooLarge.
type Capped struct {
	R     io.Reader
	Limit int64 // bytes
	Hint  string
	Seen  int64 // bytes so far
}

// Read reads from below; a byte beyond the limit is a fault.
func (c *Capped) Read(p []byte) (int, error) {
	left := c.Limit - c.Seen
	if int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := c.R.Read(p)
	c.Seen += int64(n)
	if int64(n) > left {
		return int(left), NewFault(cluster.FailTooLarge, "the answer is larger than "+size(c.Limit), c.Hint)
	}
	return n, err
}

// size writes a limit as the configuration does.
func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Recoded returns the fault of a content encoding that was not asked for.
func Recoded(encoding string) *Fault {
	return NewFault(cluster.FailFormat, "content encoding "+encoding+" was not asked for", "a proxy before the node recodes its answers")
}
