package metrics

import (
	"context"
	"crypto/tls"
	"sync/atomic"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// Defaults of Options.
const (
	DefaultTimeout       = web.DefaultTimeout
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
	// Fresh is how old a gauge may be that is exposed with a timestamp; zero for no
	// limit.
	Fresh time.Duration
	// TLS is what LoadTLS gives; nil for the system's authorities.
	TLS *tls.Config
	// TokenFile holds a bearer token, read again when it changes. It may be empty.
	TokenFile string
}

// Collector scrapes one target. It implements sources.Collector.
type Collector struct {
	options Options
	text    filter
	client  *web.Client

	watched atomic.Bool
	// The rest belongs to Collect.
	durationsAt time.Duration // Mono of the last whole reading with the histogram
	durations   bool          // there was one
	format      formatMemo
	open        *filter // made when the target first answers in OpenMetrics
	unit        unitMemo
}

var _ sources.Collector = (*Collector)(nil)

// New returns the collector of a target and opens no connection. An error is a
// *cluster.Failure of kind FailConfig.
func New(o Options) (*Collector, error) {
	if err := o.Names.check(); err != nil {
		return nil, err
	}
	client, err := newClient(&o)
	if err != nil {
		return nil, err
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = DefaultBodyLimit
	}
	if o.DurationEvery <= 0 {
		o.DurationEvery = DefaultDurationEvery
	}
	return &Collector{options: o, client: client, text: newFilter(o.Names, false)}, nil
}

// Source returns the node's metrics.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromMetrics, Node: c.options.Node}
}

// Watch says whether somebody looks at the sync durations: then every scrape
// asks for them. It may be called at any time.
func (c *Collector) Watch(on bool) { c.watched.Store(on) }

// Address returns host, port and path of the target, for display.
func (c *Collector) Address() cluster.Text { return c.client.Address() }

// Close closes the connection, and ends a dial that a scrape left behind. It is
// called after Collect has returned.
func (c *Collector) Close() error {
	c.client.Close()
	return nil
}

// Collect scrapes once, as web.Client.Collect says.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	return c.client.Collect(ctx, c.scraped)
}
