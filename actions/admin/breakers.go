package admin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Breaker is a tripped circuit breaker as the server lists it.
type Breaker struct {
	Agent    cluster.NodeID // its raw bytes: they are what a reset sends
	State    cluster.Text   // the server's word; empty if it has none
	Since    cluster.Text   // as the server writes it
	Reason   cluster.Text
	Failures int64 // -1 if not given
}

// maxBreakers bounds the list: a cluster has a few agents.
const maxBreakers = 1000

// ReadTripped lists the tripped breakers. The list is valid, and may be empty, if
// Failure is nil. It is an array, or stands under tripped, circuit_breakers,
// breakers or items; its elements are ids, or objects with agent_id.
func (c *Client) ReadTripped(ctx context.Context) ([]Breaker, Read) {
	body, r := c.read(ctx, trippedPath)
	if r.Failure != nil {
		return nil, r
	}
	list, err := parseBreakers(body)
	if err != nil {
		r.Failure = err
		return nil, r
	}
	return list, r
}

func parseBreakers(body []byte) ([]Breaker, *cluster.Failure) {
	items, count, ok := breakerItems(body)
	if !ok || len(items) > maxBreakers {
		return nil, cluster.Fail(cluster.FailFormat, "the list of tripped breakers has an unknown shape", hintNotAPI)
	}
	if count > int64(len(items)) { // a page of a longer list must not pass for all
		return nil, cluster.Fail(cluster.FailFormat, fmt.Sprintf("the list of tripped breakers has %d of %d", len(items), count), "")
	}
	list := make([]Breaker, 0, len(items))
	for _, raw := range items {
		b, ok := parseBreaker(raw)
		if !ok {
			return nil, cluster.Fail(cluster.FailFormat, "a tripped breaker has no agent_id", "")
		}
		list = append(list, b)
	}
	return list, nil
}

// breakerItems finds the array, and how many the server says there are.
func breakerItems(body []byte) (items []json.RawMessage, count int64, ok bool) {
	if json.Unmarshal(body, &items) == nil {
		return items, 0, items != nil
	}
	o := parseObject(body)
	for _, key := range []string{"count", "total"} {
		var n int64
		if json.Unmarshal(o[key], &n) == nil {
			count = max(count, n)
		}
	}
	for _, key := range []string{"tripped", "circuit_breakers", "breakers", "items"} {
		if raw, there := o[key]; there && json.Unmarshal(raw, &items) == nil {
			return items, count, true
		}
	}
	return nil, 0, false
}

func parseBreaker(raw json.RawMessage) (Breaker, bool) {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return Breaker{Agent: cluster.NodeID(id), Failures: -1}, id != ""
	}
	o := parseObject(raw)
	text := func(keys ...string) string {
		for _, key := range keys {
			var s string
			if json.Unmarshal(o[key], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	b := Breaker{
		Agent:    cluster.NodeID(text("agent_id", "agent", "id")),
		State:    cluster.CleanN(text("state", "status"), 32),
		Since:    cluster.CleanN(text("tripped_at", "since", "opened_at"), 64),
		Reason:   scrubber{}.text(text("reason", "message", "last_error"), maxReason),
		Failures: -1,
	}
	var n int64
	if json.Unmarshal(o["failures"], &n) == nil && n >= 0 && string(o["failures"]) != "null" {
		b.Failures = n
	}
	return b, b.Agent != ""
}
