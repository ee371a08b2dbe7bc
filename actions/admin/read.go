package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Read is what a reading of the admin API brings beside its value.
type Read struct {
	Peer    Peer
	Timing  Timing
	Date    time.Time        // the server's clock; zero without
	Failure *cluster.Failure // nil if the value is right; FailMissing if this server can't tell
}

// Limit is the rate limit of ingest, in assertions per second.
type Limit struct {
	Unlimited bool
	PerSecond int64 // at least 1, if not Unlimited
}

// ReadRateLimit reads the limit in force. The value is valid if Failure is nil.
func (c *Client) ReadRateLimit(ctx context.Context) (Limit, Read) {
	body, r := c.read(ctx, rateLimitPath)
	if r.Failure != nil {
		return Limit{}, r
	}
	raw, ok := parseObject(body)["max_assertions_per_sec"]
	if !ok {
		r.Failure = cluster.Fail(cluster.FailFormat, "the rate limit read back has no max_assertions_per_sec", hintNotAPI)
		return Limit{}, r
	}
	if string(raw) == "null" {
		return Limit{Unlimited: true}, r
	}
	var n int64
	if json.Unmarshal(raw, &n) != nil || n < 1 {
		r.Failure = cluster.Fail(cluster.FailFormat, "the rate limit read back is not a positive integer", "")
		return Limit{}, r
	}
	return Limit{PerSecond: n}, r
}

// read gets a path. Its failure is FailMissing where the server has no such
// path: then nothing is known, which is not that nothing is set.
func (c *Client) read(ctx context.Context, path string) ([]byte, Read) {
	req, err := NewRequest(http.MethodGet, c.base.String()+path, nil, Shape{Status: []int{http.StatusOK}})
	if err != nil {
		return nil, Read{Failure: cluster.Fail(cluster.FailOther, "can't make the request", "")}
	}
	got := c.exchange(ctx, req, nil, Peer{})
	r := Read{Peer: got.peer, Timing: got.timing}
	if got.err != nil {
		r.Failure = got.failure()
		return nil, r
	}
	r.Date = got.answer().Date
	rule, known := refusals[got.status]
	switch {
	case got.status == http.StatusOK && isJSON(got.header.Get("Content-Type")) && json.Valid(got.body):
		return got.body, r
	case got.status == http.StatusOK:
		r.Failure = cluster.Fail(cluster.FailFormat, "what was read back is not JSON", hintNotAPI)
	case known:
		r.Failure = cluster.Fail(rule.kind, fmt.Sprintf("reading back: %d, %s", got.status, rule.what), rule.hint)
	default:
		r.Failure = cluster.Fail(cluster.FailStatus, fmt.Sprintf("reading back: %d", got.status), "")
	}
	return nil, r
}
