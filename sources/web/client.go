package web

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// DefaultTimeout is for the whole of a request.
const DefaultTimeout = 5 * time.Second

// drain is how much of the body beside a bad status is read, in bytes.
const drain = 4 << 10

// Options say what is read and how. Target, Clock and Words are needed.
type Options struct {
	Target   Target
	Clock    sources.Clock
	Header   http.Header // besides User-Agent and Authorization
	Words    Words
	Statuses map[int]Status // what a status means, where it means something of its own here
	// Timeout is for the whole of a request, in real time; zero is DefaultTimeout.
	Timeout time.Duration
	// TLS is what LoadTLS gives; nil for the system's authorities.
	TLS *tls.Config
	// TokenFile holds a bearer token, read again when it changes. It may be empty.
	TokenFile string
	// Proxy is the URL of a proxy. Empty means none: one of the environment would
	// see the token.
	Proxy string
}

// Client reads one target. Its methods are not called at once.
type Client struct {
	options   Options
	transport *http.Transport
	request   *http.Request
	token     *tokenFile
	proxy     *url.URL
	end       context.CancelFunc
	answered  bool // once
}

// New returns the client of a target and opens no connection. An error is a
// *cluster.Failure of kind FailConfig.
func New(o Options) (*Client, error) {
	if o.Target.user != nil && o.TokenFile != "" {
		return nil, cluster.Fail(cluster.FailConfig, "both a token and a password for "+o.Target.String(), "take the user out of the URL, or unset "+o.Words.Section+".token_file")
	}
	proxy, err := parseProxy(o.Proxy, o.Words.Section+".proxy")
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	life, end := context.WithCancel(context.Background())
	c := &Client{options: o, end: end, transport: newTransport(life, &o, proxy), request: o.request(), proxy: proxy}
	if o.TokenFile != "" {
		c.token = &tokenFile{path: o.TokenFile}
	}
	return c, nil
}

// request returns the request that is sent a copy of each time.
func (o *Options) request() *http.Request {
	header := http.Header{"User-Agent": {"stemetop"}}
	maps.Copy(header, o.Header)
	r := &http.Request{
		Method: http.MethodGet,
		URL:    o.Target.URL,
		Host:   o.Target.URL.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header,
	}
	if u := o.Target.user; u != nil {
		password, _ := u.Password()
		r.SetBasicAuth(u.Username(), password)
	}
	return r
}

// Address returns host, port and path of the target, for display.
func (c *Client) Address() cluster.Text { return cluster.Clean(c.options.Target.String()) }

// Reader takes an answer of status 200 apart, and keeps nothing of it. It
// returns what was learned, which is nil for nothing, and what went wrong.
type Reader func(answer *http.Response, at *Timing) (cluster.Body, error)

// Collect asks once. It returns one reading, or none if ctx was cancelled.
//
// A reading with Err and Body is partial: what stands in Body is right. Without
// Body nothing was learned. Taken lies midway between the request's leaving and
// the first byte of the answer.
func (c *Client) Collect(ctx context.Context, read Reader) []sources.Reading {
	at := newTiming(c.options.Clock)
	body, err := c.get(ctx, at, read)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	r := sources.Reading{Taken: at.taken(), Took: at.took(), Body: body}
	if err != nil {
		r.Err = c.failure(err, at.reached())
	}
	return []sources.Reading{r}
}

func (c *Client) get(ctx context.Context, at *Timing, read Reader) (cluster.Body, error) {
	if err := c.authorise(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	answer, err := c.transport.RoundTrip(c.request.WithContext(at.trace(ctx)))
	if err != nil {
		return nil, err
	}
	c.answered = true
	defer func() { _ = answer.Body.Close() }() // if it was not read to its end, the connection goes with it
	if answer.StatusCode != http.StatusOK {
		f := c.options.statusFault(answer)
		_, _ = io.CopyN(io.Discard, answer.Body, drain) // a short rest is read, to keep the connection
		return nil, f
	}
	return read(answer, at)
}

// authorise puts the token into the request, into a copy of the header since an
// earlier request may still be on its way out.
func (c *Client) authorise() error {
	if c.token == nil {
		return nil
	}
	changed, err := c.token.read()
	if changed {
		h := c.request.Header.Clone()
		h.Set("Authorization", "Bearer "+c.token.token)
		c.request.Header = h
	}
	return err
}

// failure classifies an error of a request that came as far as p, names the
// target and makes sure that no secret is in the text: what a node answers may
// repeat what it was sent.
func (c *Client) failure(err error, p phase) *cluster.Failure {
	f := *c.options.Words.classify(err, p, c.options.Timeout)
	f.detail = c.Hide(f.detail)
	if f.kind == cluster.FailReset && p == phaseAsked && !c.answered {
		f.hint += c.options.orTLS()
	}
	return f.Failure(c.options.Target.String())
}

// Hide returns a text of the node's without the secrets that this client sends, in
// the forms that they have on the wire and in URLs.
func (c *Client) Hide(text string) string {
	hide := func(secret string) {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	if c.token != nil {
		hide(c.token.token)
	}
	users := []*url.Userinfo{c.options.Target.user}
	if c.proxy != nil {
		users = append(users, c.proxy.User)
	}
	for _, u := range users {
		password, _ := u.Password()
		for _, form := range []string{basic(u), password, url.QueryEscape(password), url.PathEscape(password)} {
			hide(form)
		}
	}
	return text
}

// basic is what basic authentication makes of a user; empty for none.
func basic(u *url.Userinfo) string {
	if u == nil {
		return ""
	}
	password, _ := u.Password()
	return base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
}

// Close closes the connection, and ends a dial that a request left behind. It
// is called when no request is under way.
func (c *Client) Close() {
	c.end()
	c.transport.CloseIdleConnections()
}
