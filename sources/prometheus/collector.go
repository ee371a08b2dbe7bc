package prometheus

import (
	"context"
	"crypto/tls"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// Defaults of Options.
const (
	DefaultTimeout   = web.DefaultTimeout
	DefaultBodyLimit = 16 << 20
)

// alertsPath is below the base of the server.
const alertsPath = "/api/v1/alerts"

// related are the alerts that the runbook names beside those that it defines.
var related = []string{"ClusterSplitBrain", "MerkleSyncFailure", "HighNetworkUtilization"}

// Options say where the server is and which of its alerts are meant. URL and
// Clock are needed.
type Options struct {
	// URL is the base of the server: http://host:9090, with a path where it is
	// served below one. A user and password in it are sent as basic
	// authentication and shown nowhere.
	URL   string
	Clock sources.Clock
	// Names are the alerts that are taken, besides those that the runbook relates.
	Names []string
	// Labels must all be on an alert that is taken: a server may watch several
	// clusters.
	Labels map[string]string
	// ReplicaLabel is the label that names the replica; "replica" if empty.
	ReplicaLabel string
	// Every is the time between two questions; cluster.PrometheusEvery if 0.
	Every time.Duration
	// BodyLimit is how many bytes an answer may have.
	BodyLimit int64
	// Timeout is for the whole of a request, in real time.
	Timeout time.Duration
	// TLS is what web.LoadTLS gives; nil for the system's authorities.
	TLS *tls.Config
	// TokenFile holds a bearer token, read again when it changes. It may be empty.
	TokenFile string
}

// Collector reads the alerts. It implements sources.Collector.
type Collector struct {
	o      Options
	client *web.Client
	next   time.Duration // on the clock's Mono: when to ask again
}

var _ sources.Collector = (*Collector)(nil)

const hintURL = "check that prometheus.url is a Prometheus server, with its path prefix if it has one"

// statuses say what to do about a status that is about these alerts.
var statuses = map[int]web.Status{
	http.StatusUnauthorized:       {Kind: cluster.FailAuth, Hint: "set prometheus.token_file, or put a new token into it"},
	http.StatusForbidden:          {Kind: cluster.FailAuth, Hint: "the token of prometheus.token_file, or the certificate, may not read the alerts"},
	http.StatusNotFound:           {Kind: cluster.FailMissing, Hint: "this server has no list of alerts; " + hintURL},
	http.StatusMethodNotAllowed:   {Kind: cluster.FailMissing, Hint: "this server does not list alerts by GET; " + hintURL},
	http.StatusServiceUnavailable: {Hint: "the server is starting, or down behind a proxy"},
}

// New returns the collector of a server and opens no connection. An error is a
// *cluster.Failure of kind FailConfig.
func New(o Options) (*Collector, error) {
	t, err := web.ParseTarget(o.URL, "a Prometheus server")
	if err != nil {
		return nil, err
	}
	t.URL.Path, t.URL.RawPath = strings.TrimRight(t.URL.Path, "/")+alertsPath, ""
	client, err := web.New(web.Options{
		Target: t, Clock: o.Clock, Header: http.Header{"Accept": {"application/json"}},
		Words: web.Words{Section: "prometheus", WrongURL: hintURL}, Statuses: statuses,
		Timeout: o.Timeout, TLS: o.TLS, TokenFile: o.TokenFile,
	})
	if err != nil {
		return nil, err
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.Every <= 0 {
		o.Every = cluster.PrometheusEvery
	}
	if o.ReplicaLabel == "" {
		o.ReplicaLabel = "replica"
	}
	o.Names = slices.Concat(o.Names, related)
	return &Collector{o: o, client: client}, nil
}

// Source returns the Prometheus server, which is of no node.
func (c *Collector) Source() cluster.Source { return cluster.Source{Kind: cluster.FromPrometheus} }

// Address returns host, port and path of the list, for display.
func (c *Collector) Address() cluster.Text { return c.client.Address() }

// Close closes the connection. It is called after Collect has returned.
func (c *Collector) Close() error {
	c.client.Close()
	return nil
}

// Collect reads the alerts once, as web.Client.Collect says; in rounds before the
// next question is due it gives nothing. A reading with alerts and Err lacks those
// entries that could not be understood, or were too many.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	now := c.o.Clock.Mono()
	if now < c.next {
		return nil
	}
	// A round that comes a moment early must not cost another round.
	c.next = now + c.o.Every - min(c.o.Every/10, time.Second)
	return c.client.Collect(ctx, c.read)
}

func (c *Collector) read(answer *http.Response, _ *web.Timing) (cluster.Body, error) {
	if e := answer.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, web.Recoded(e)
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err == nil && strings.Contains(kind, "html") {
		return nil, web.HTML("JSON")
	}
	p := parser{o: &c.o, hide: c.client.Hide}
	err := p.parse(&web.Capped{R: answer.Body, Limit: c.o.BodyLimit, Hint: hintURL})
	if err != nil {
		return nil, err
	}
	return p.reading(), p.partial()
}
