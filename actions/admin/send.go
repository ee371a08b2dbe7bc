package admin

import (
	"context"
	"net/http"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Send is one confirmed request.
type Send struct {
	Request   Request
	Confirmed string // Digest of what was previewed and confirmed
	// ID correlates this with the server's log, as X-Request-Id. It is no
	// idempotency key: that would be a promise that the server must keep.
	ID string
	// AuditHead is the journal's head, as X-Audit-Head: the server's access log then
	// witnesses it. It may be empty.
	AuditHead string
	// Peer is who was there at the preview. Its non-empty fields must be equal when
	// the connection is made, else nothing is sent.
	Peer Peer
}

// Send sends the request once and returns when its fate is judged, within
// Limits.Total. Ending ctx stops the waiting; it takes back nothing that left.
func (c *Client) Send(ctx context.Context, s Send) Result {
	if f := c.refuse(s); f != nil {
		return Result{Verdict: NotSent, Failure: f}
	}
	h := http.Header{"X-Request-Id": {s.ID}}
	if s.AuditHead != "" {
		h.Set("X-Audit-Head", s.AuditHead)
	}
	return judge(c.exchange(ctx, s.Request, h, s.Peer), s.Request)
}

// refuse says why a request is not one to send.
func (c *Client) refuse(s Send) *cluster.Failure {
	switch {
	case s.Request.IsZero() || s.Request.sum() != s.Confirmed:
		return cluster.Fail(cluster.FailConfig, "the request is not the one that was confirmed", "look at the preview again")
	case !c.owns(s.Request.url):
		return cluster.Fail(cluster.FailConfig, "the request is for another server than "+c.base.Host, "look at the preview again")
	case !isToken(s.ID) || (s.AuditHead != "" && !isToken(s.AuditHead)):
		return cluster.Fail(cluster.FailConfig, "a correlation id is missing, or no header could carry it", "")
	}
	return nil
}

// isToken tells whether s can be a header's value and nothing but that.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}
