package admin

import (
	"context"
	"crypto/tls"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// Defaults of Options.
const (
	DefaultTimeout   = web.DefaultTimeout
	DefaultBodyLimit = 1 << 20
)

// trippedPath is below the base of the admin interface.
const trippedPath = "/v1/admin/circuit-breakers/tripped"

// Options say where the list is and how it is read. Node, URL and Clock are
// needed.
type Options struct {
	Node cluster.NodeID // the primary
	// URL is the base of the admin interface: http://host:18180. A user and
	// password in it are sent as basic authentication and shown nowhere.
	URL   string
	Clock sources.Clock
	// BodyLimit is how many bytes an answer may have.
	BodyLimit int64
	// Timeout is for the whole of a request, in real time.
	Timeout time.Duration
	// TLS is what web.LoadTLS gives; nil for the system's authorities.
	TLS *tls.Config
	// TokenFile holds a bearer token, read again when it changes. It may be empty.
	TokenFile string
	// Proxy is the URL of a proxy. Empty means none, whatever the environment says.
	Proxy string
}

// Collector reads the list. It implements sources.Collector.
type Collector struct {
	node   cluster.NodeID
	limit  int64
	client *web.Client
}

var _ sources.Collector = (*Collector)(nil)

const hintURL = "check that admin.url is the primary's admin interface"

// statuses say what to do about a status that is about this list.
var statuses = map[int]web.Status{
	http.StatusUnauthorized:     {Kind: cluster.FailAuth, Hint: "set admin.token_file, or put a new token into it"},
	http.StatusForbidden:        {Kind: cluster.FailAuth, Hint: "the token of admin.token_file, or the certificate, may not read the circuit breakers"},
	http.StatusNotFound:         {Kind: cluster.FailMissing, Hint: "this server has no list of tripped circuit breakers; " + hintURL},
	http.StatusMethodNotAllowed: {Kind: cluster.FailMissing, Hint: "this server does not list circuit breakers by GET; " + hintURL},
	http.StatusNotImplemented:   {Kind: cluster.FailMissing, Hint: "this server has no list of tripped circuit breakers; " + hintURL},
}

// New returns the collector of a primary and opens no connection. An error is a
// *cluster.Failure of kind FailConfig.
func New(o Options) (*Collector, error) {
	t, err := web.ParseTarget(o.URL, "the primary's admin interface")
	if err != nil {
		return nil, err
	}
	t.URL.Path, t.URL.RawPath = strings.TrimRight(t.URL.Path, "/")+trippedPath, ""
	client, err := web.New(web.Options{
		Target: t, Clock: o.Clock, Header: http.Header{"Accept": {"application/json"}},
		Words: web.Words{Section: "admin", WrongURL: hintURL}, Statuses: statuses,
		Timeout: o.Timeout, TLS: o.TLS, TokenFile: o.TokenFile, Proxy: o.Proxy,
	})
	if err != nil {
		return nil, err
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	return &Collector{node: o.Node, limit: o.BodyLimit, client: client}, nil
}

// Source returns the primary's admin interface.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromAdmin, Node: c.node}
}

// Address returns host, port and path of the list, for display.
func (c *Collector) Address() cluster.Text { return c.client.Address() }

// Close closes the connection. It is called after Collect has returned.
func (c *Collector) Close() error {
	c.client.Close()
	return nil
}

// Collect reads the list once, as web.Client.Collect says. No reading is
// partial: it has either a *cluster.BreakersReading or a failure.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	return c.client.Collect(ctx, c.read)
}

func (c *Collector) read(answer *http.Response, _ *web.Timing) (cluster.Body, error) {
	if e := answer.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, web.Recoded(e)
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err == nil && strings.Contains(kind, "html") {
		return nil, web.HTML("JSON")
	}
	raw, err := io.ReadAll(&web.Capped{R: answer.Body, Limit: c.limit, Hint: hintURL})
	if err != nil {
		return nil, err
	}
	tripped, err := parse(raw, c.client.Hide)
	if err != nil {
		return nil, err
	}
	return &cluster.BreakersReading{Tripped: tripped}, nil
}
