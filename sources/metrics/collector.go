package metrics

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Defaults of Options.
const (
	DefaultTimeout       = 5 * time.Second
	DefaultBodyLimit     = 32 << 20
	DefaultDurationEvery = 15 * time.Second
)

// Options say what is read, where and how. Node, URL, Names and Clock are needed.
type Options struct {
	Node cluster.NodeID
	// URL is the node's base (http://host:18180, /metrics is added) or the whole
	// URL of its metrics. A user and password in it are sent as basic
	// authentication and shown nowhere.
	URL   string
	Names Names
	Clock sources.Clock
	// Primary says that the lag family is asked, and that its lack is a failure.
	Primary bool
	// BodyLimit is how many bytes an answer may have, packed as well as unpacked.
	BodyLimit int64
	// Timeout is for the whole of a scrape, in real time.
	Timeout time.Duration
	// DurationEvery is how often the duration histogram is asked, in time of
	// Clock; the other families are asked in every scrape.
	DurationEvery time.Duration
	// TLS is what LoadTLS gives; nil for the system's authorities.
	TLS *tls.Config
	// TokenFile holds a bearer token, read again when it changes. It may be empty.
	TokenFile string
}

// Collector scrapes one target. It implements sources.Collector.
type Collector struct {
	options   Options
	target    target
	text      filter
	open      filter
	transport *http.Transport
	request   *http.Request
	token     *tokenFile
	end       context.CancelFunc

	watched atomic.Bool
	// The rest belongs to Collect.
	durationsAt time.Duration // Mono of the last whole reading with the histogram
	durations   bool          // there was one
	format      formatMemo
	unit        unitMemo
}

var _ sources.Collector = (*Collector)(nil)

// New returns the collector of a target and opens no connection. An error is a
// *cluster.Failure of kind FailConfig.
func New(o Options) (*Collector, error) {
	t, err := parseTarget(o.URL)
	if err != nil {
		return nil, err
	}
	if err := o.Names.check(); err != nil {
		return nil, err
	}
	if t.user != nil && o.TokenFile != "" {
		return nil, cluster.Fail(cluster.FailConfig, "both a token and a password for "+t.show, "take the user out of the URL, or unset http.token_file")
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.DurationEvery <= 0 {
		o.DurationEvery = DefaultDurationEvery
	}
	life, end := context.WithCancel(context.Background())
	c := &Collector{
		options: o, target: t, end: end,
		text: newFilter(o.Names, false), open: newFilter(o.Names, true),
		transport: newTransport(life, o.TLS, o.Timeout), request: t.request(),
	}
	if o.TokenFile != "" {
		c.token = &tokenFile{path: o.TokenFile}
	}
	return c, nil
}

// Source returns the node's metrics.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromMetrics, Node: c.options.Node}
}

// Watch says whether somebody looks at the sync durations: then every scrape
// asks for them. It may be called at any time.
func (c *Collector) Watch(on bool) { c.watched.Store(on) }

// Address returns host, port and path of the target, for display.
func (c *Collector) Address() cluster.Text { return cluster.Clean(c.target.show) }

// Close closes the connection, and ends a dial that a scrape left behind. It is
// called after Collect has returned.
func (c *Collector) Close() error {
	c.end()
	c.transport.CloseIdleConnections()
	return nil
}

// Collect scrapes once. It returns one reading, or none if ctx was cancelled.
//
// A reading with Err and Body is partial: what stands in Body is right. Without
// Body nothing was learned. Taken lies midway between the request's leaving and
// the first byte of the answer.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	at := newTiming(c.options.Clock)
	body, err := c.scrape(ctx, at)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	r := sources.Reading{Taken: at.taken(), Took: at.took()}
	if body != nil {
		r.Body = body
	}
	if err != nil {
		r.Err = c.failure(classify(err, at.reached(), c.options.Timeout))
	}
	return []sources.Reading{r}
}
