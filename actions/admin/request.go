package admin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Request is what is sent, to the byte, and what its answer must be. It can't be
// changed: what is previewed is what is sent, and Digest tells it from others.
type Request struct {
	method, url, contentType string
	body                     []byte
	shape                    Shape
	digest                   string
	authorized               bool // a secret goes along, as Authorization
}

// NewRequest returns a request of a JSON body. The error is a *cluster.Failure of
// kind FailConfig if the URL is not an absolute one of HTTP, or may hold a
// secret (userinfo, query).
func NewRequest(method, rawURL string, body []byte, s Shape) (Request, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Request{}, cluster.Fail(cluster.FailConfig, "not a URL to send to", "it should have scheme, host and path, and nothing else")
	}
	r := Request{method: method, url: u.String(), body: slices.Clone(body), shape: s}
	if len(body) > 0 {
		r.contentType = "application/json"
	}
	r.digest = r.sum()
	return r, nil
}

// sum hashes all that goes on the wire but for authentication and correlation.
func (r Request) sum() string {
	h := sha256.New()
	for _, part := range []string{r.method, " ", r.url, "\n", r.contentType, "\n", string(r.body)} {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Method returns the HTTP method.
func (r Request) Method() string { return r.method }

// URL returns where it goes; it holds no secret.
func (r Request) URL() string { return r.url }

// ContentType returns that of the body, empty without one.
func (r Request) ContentType() string { return r.contentType }

// Body returns a copy of the exact bytes.
func (r Request) Body() []byte { return slices.Clone(r.body) }

// Digest returns the SHA-256, in hex, of method, URL, content type and body.
func (r Request) Digest() string { return r.digest }

// Headers returns the names of the headers that go along, in their order. Of those
// that frame the message (Host, Content-Length, Connection) there are none.
func (r Request) Headers() []string {
	list := []string{"Accept", "User-Agent", "X-Audit-Head", "X-Request-Id"}
	if r.contentType != "" {
		list = append(list, "Content-Type")
	}
	if r.authorized {
		list = append(list, "Authorization")
	}
	slices.Sort(list)
	return list
}

// IsZero tells whether nothing was made.
func (r Request) IsZero() bool { return r.method == "" }

// RateLimit returns the request that limits ingest to n assertions per second.
// n is at least 1: 0 would stop all ingest, or none, depending on the server.
func (c *Client) RateLimit(n int64) (Request, error) {
	if n < 1 {
		return Request{}, cluster.Fail(cluster.FailConfig, "a limit must be at least 1 assertion per second", "")
	}
	return c.post(rateLimitPath, map[string]any{"max_assertions_per_sec": n}, rateLimitShape)
}

// Sync returns the request that starts a Merkle sync of a replica.
func (c *Client) Sync(replica cluster.NodeID, force bool) (Request, error) {
	if err := sendable("replica", replica); err != nil {
		return Request{}, err
	}
	body := struct {
		Replica string `json:"replica_id"`
		Force   bool   `json:"force"`
	}{string(replica), force}
	return c.post(syncPath, body, syncShape)
}

// Reset returns the request that closes the circuit breaker of an agent.
func (c *Client) Reset(agent cluster.NodeID) (Request, error) {
	if err := sendable("agent", agent); err != nil {
		return Request{}, err
	}
	return c.post(resetPath, map[string]any{"agent_id": string(agent)}, resetShape)
}

// sendable refuses an id that JSON can't carry to the byte, and the empty one,
// which a server may take for all.
func sendable(what string, id cluster.NodeID) error {
	switch {
	case id == "":
		return cluster.Fail(cluster.FailConfig, "no "+what+" is named", "choose one; an empty target is never sent")
	case !utf8.ValidString(string(id)):
		return cluster.Fail(cluster.FailConfig, what+" "+id.Text().String()+" is not UTF-8", "JSON can't carry its bytes; act on the server itself")
	}
	return nil
}

func (c *Client) post(path string, body any, s Shape) (Request, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // what is previewed should read as it is meant
	if err := e.Encode(body); err != nil {
		return Request{}, cluster.Fail(cluster.FailOther, "can't encode the request", "")
	}
	r, err := NewRequest(http.MethodPost, c.base.String()+path, bytes.TrimSuffix(b.Bytes(), []byte("\n")), s)
	r.authorized = c.token != "" || c.user != nil
	return r, err
}
