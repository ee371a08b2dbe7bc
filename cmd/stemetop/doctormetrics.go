package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
)

// tryMetrics scrapes a node once. On the primary it also looks for replicas
// that it tells of and that nobody configured.
func (w *wiring) tryMetrics(ctx context.Context, n config.Node, primary bool) []finding {
	f := finding{node: n.ID, what: "metrics"}
	reading, err := w.scrape(ctx, n, primary, &f)
	if f.bad = failureOf(err); f.bad != nil || reading == nil {
		return []finding{f}
	}
	if !primary {
		f.good = told(reading)
		return []finding{f}
	}
	replicas := replicasOf(reading, cluster.NodeID(n.ID))
	f.good = told(reading) + ", lag of " + plural(len(replicas), "replica")
	found := []finding{f}
	for _, id := range replicas {
		if !w.isConfigured(string(id)) {
			found = append(found, notConfigured(id, "metrics"))
		}
	}
	return found
}

// scrape reads a node's metrics once, and notes in f how long it took.
func (w *wiring) scrape(ctx context.Context, n config.Node, primary bool, f *finding) (*cluster.MetricsReading, error) {
	c, err := w.metrics(n, primary)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // nothing is lost with it
	readings := c.Collect(ctx)
	if len(readings) == 0 {
		return nil, context.Cause(ctx)
	}
	r := readings[0]
	f.took = r.Took
	body, _ := r.Body.(*cluster.MetricsReading)
	if r.Err != nil {
		return body, r.Err
	}
	return body, nil
}

// told says which families a node tells of itself.
func told(m *cluster.MetricsReading) string {
	if _, ok := m.Value(cluster.FamilyAssertions, ""); !ok {
		return "no count of assertions: how far a replica is behind by count will be unknown"
	}
	return "assertions counted"
}

// replicasOf returns the replicas that the lag series name, in their order. A
// primary that tells a lag of its own is none of them.
func replicasOf(m *cluster.MetricsReading, primary cluster.NodeID) []cluster.NodeID {
	var ids []cluster.NodeID
	for i := range m.Samples {
		if s := &m.Samples[i]; s.Family == cluster.FamilyLag && s.Replica != "" && s.Replica != primary {
			ids = append(ids, s.Replica)
		}
	}
	return ids
}

func (w *wiring) isConfigured(id string) bool {
	for _, n := range w.nodes() {
		if n.ID == id {
			return true
		}
	}
	return false
}

// tryAdmin tells whether the admin interface lists its tripped breakers. That is
// the one request of the runbook's which changes nothing.
func (w *wiring) tryAdmin(ctx context.Context) finding {
	f := finding{node: w.config.PrimaryID(), what: "admin"}
	c, err := w.admin()
	if err != nil {
		f.bad = failureOf(err)
		return f
	}
	defer func() { _ = c.Close() }() // nothing is lost with it
	readings := c.Collect(ctx)
	if len(readings) == 0 {
		f.bad = failureOf(context.Cause(ctx))
		return f
	}
	f.took, f.bad = readings[0].Took, readings[0].Err
	if b, ok := readings[0].Body.(*cluster.BreakersReading); ok {
		f.good = "lists " + plural(len(b.Tripped), "tripped circuit breaker")
	}
	return f
}

// plural is a number of things in words.
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// failureOf returns err as a failure; nil for none.
func failureOf(err error) *cluster.Failure {
	var f *cluster.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return cluster.Fail(cluster.FailTimeout, "no answer within "+patience.String(), "")
	}
	return cluster.Fail(cluster.FailOther, err.Error(), "")
}
