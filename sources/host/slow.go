package host

import (
	"context"

	"github.com/stemedb/stemetop/sources"
)

// readSlow asks for the unit and the configuration when they are due, apart from the
// counters: systemd may take its time, and would blur theirs. That it fails is seen
// by the next tick, which finds the host slow or the session gone.
func (c *Collector) readSlow(ctx context.Context) []sources.Reading {
	asked := []string{"uptime"}
	if c.o.Unit != "" && c.isDue(sectionService) {
		asked = append(asked, sectionService)
		c.put(sectionService, c.o.ServiceEvery)
	}
	if c.o.APIConfig != "" && c.isDue(sectionAPIConfig) {
		asked = append(asked, sectionAPIConfig)
		c.put(sectionAPIConfig, c.o.ConfigEvery)
	}
	if len(asked) == 1 {
		return nil
	}
	begin := c.now()
	a, failure := c.ask(ctx, asked)
	if failure != nil {
		return nil
	}
	end := c.now()
	var list []sources.Reading
	if s := a.section(sectionService); s != nil && s.rc == 0 {
		r := parseService(s.body, c.o.Unit)
		if up := a.section("uptime"); up != nil {
			r.Uptime, _ = parseUptime(up.body)
		}
		list = append(list, c.reading(begin, end, r, nil))
	}
	if s := a.section(sectionAPIConfig); s != nil && s.rc == 0 {
		list = append(list, c.reading(begin, end, parseAPIConfig(s.body, c.o.APIConfig), nil))
	}
	return list
}
