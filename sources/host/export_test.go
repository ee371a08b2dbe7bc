package host

import (
	"time"

	"github.com/stemedb/stemetop/sources/remote"
)

// SetLimits shortens the deadlines.
func (c *Collector) SetLimits(hello, tick time.Duration) {
	c.limits = limits{Limits: remote.Limits{Start: 10 * time.Second, Hello: hello}, tick: tick}
}
