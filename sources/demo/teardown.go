package demo

import (
	"errors"
	"net"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// teardown ends all that was started, in the order that lets each end: who
// listens, who is connected, what is open, what lies on disk.
func (c *Cluster) teardown() error {
	var errs []error
	for _, closer := range c.closers {
		if err := closer(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	c.wg.Wait()
	for _, h := range c.hosts {
		h.close()
	}
	for _, j := range c.journals {
		if j != nil {
			errs = append(errs, j.f.Close())
		}
	}
	return errors.Join(append(errs, c.scratch.Close())...)
}

// keepJournals writes the log files once a second, in bigger pieces where the
// clock runs faster than 20 times real time.
func (c *Cluster) keepJournals() {
	every := max(time.Second, time.Duration(c.o.Clock.Speed()*float64(50*time.Millisecond)))
	for c.o.Clock.Sleep(c.ctx, every) == nil {
		var lines []physics.Line
		c.sim.with(func(w *physics.World) { lines = w.Drain() })
		for _, l := range lines {
			j := c.journals[l.Node]
			if j == nil {
				continue
			}
			if j.write(c.sim.at(l.At), l) != nil {
				return // a full disk must not stop the demo: it loses its logs
			}
		}
	}
}
