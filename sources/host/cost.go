package host

import (
	"context"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Cost is what a section takes the host that starts processes there.
type Cost struct {
	Section string // "pids", "facts", "sockets", "service", "config"
	Every   time.Duration
	Took    time.Duration // beyond what an answer without it takes
}

// costTries is how often a section is asked for: the least time of them is its own,
// the rest is what else the host does.
const costTries = 3

// Costs asks for each of the sections that start processes, and times them. Their
// answers are dropped. Call it when Collect has given figures.
func (c *Collector) Costs(ctx context.Context) ([]Cost, *cluster.Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return nil, cluster.Fail(cluster.FailConnecting, "not connected", "")
	}
	if failure := c.settle(ctx); failure != nil {
		return nil, failure
	}
	none, failure := c.least(ctx, "uptime")
	if failure != nil {
		return nil, failure
	}
	list := []Cost{{Section: sectionPIDs, Every: c.o.ScanEvery}, {Section: sectionFacts, Every: c.o.FactsEvery}}
	if len(c.o.Ports) > 0 {
		list = append(list, Cost{Section: sectionSockets, Every: c.o.SocketsEvery})
	}
	if c.o.Unit != "" {
		list = append(list, Cost{Section: sectionService, Every: c.o.ServiceEvery})
	}
	if c.o.APIConfig != "" {
		list = append(list, Cost{Section: sectionAPIConfig, Every: c.o.ConfigEvery})
	}
	for i := range list {
		took, failure := c.least(ctx, list[i].Section)
		if failure != nil {
			return nil, failure
		}
		list[i].Took = max(0, took-none)
	}
	return list, nil
}

// least is the least time of some answers.
func (c *Collector) least(ctx context.Context, section string) (time.Duration, *cluster.Failure) {
	var least time.Duration
	for i := range costTries {
		begin := time.Now()
		if _, failure := c.ask(ctx, []string{section}); failure != nil {
			return 0, failure
		}
		if took := time.Since(begin); i == 0 || took < least {
			least = took
		}
	}
	return least, nil
}
