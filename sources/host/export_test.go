package host

import "time"

// SetLimits shortens the deadlines.
func (c *Collector) SetLimits(hello, tick time.Duration) {
	c.limits = limits{start: 10 * time.Second, hello: hello, tick: tick}
}
