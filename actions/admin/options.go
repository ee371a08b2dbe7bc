package admin

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Limits bound one request in real time. A zero field takes its default.
type Limits struct {
	Dial   time.Duration // name lookup and TCP connect, 3 s
	TLS    time.Duration // handshake, 3 s
	Header time.Duration // from the whole request written to the header of the answer, 10 s
	Total  time.Duration // all, until the last byte of the answer, 15 s
}

// Bounds of an answer, in bytes. The admin API's answers have a few hundred.
const (
	maxHeader = 64 << 10
	maxBody   = 64 << 10
)

func (l Limits) orDefaults() Limits {
	for _, x := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&l.Dial, 3 * time.Second}, {&l.TLS, 3 * time.Second}, {&l.Header, 10 * time.Second}, {&l.Total, 15 * time.Second}} {
		if *x.v <= 0 {
			*x.v = x.def
		}
	}
	return l
}

// Options say where the admin API is and how it is reached. URL is needed.
type Options struct {
	// URL is the base, http://host:port or https://host:port. A user and password
	// in it are sent as basic authentication and shown nowhere.
	URL string
	// TLS are PEM files; all may be empty.
	TLS TLSFiles
	// TokenFile holds a bearer token, read anew for every request: the token may be
	// renewed while the program runs. It may be empty.
	TokenFile string
	// Proxy is the URL of a proxy. Empty means none: one inherited from the
	// environment would see the token.
	Proxy string
	// Limits bound each request.
	Limits Limits
}

// Client sends to one admin API. It may be used by several goroutines, and holds
// nothing open between requests.
type Client struct {
	base   *url.URL // without userinfo, query, fragment and trailing slash
	user   *url.Userinfo
	proxy  *url.URL
	tls    *tls.Config
	token  string // path of the file
	limits Limits
}

// New returns a client and opens no connection. An error is a *cluster.Failure
// of kind FailConfig or FailPermission.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.URL, "admin.url", "http", "https")
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, user: base.User, token: o.TokenFile, limits: o.Limits.orDefaults()}
	base.User = nil
	if c.user != nil && c.token != "" {
		return nil, cluster.Fail(cluster.FailConfig, "both a token and a password for "+base.Host, "take the user out of admin.url, or unset admin.token_file")
	}
	if o.Proxy != "" {
		if c.proxy, err = parseBase(o.Proxy, "admin.proxy", "http", "https", "socks5"); err != nil {
			return nil, err
		}
	}
	if c.tls, err = loadTLS(o.TLS); err != nil {
		return nil, err
	}
	return c, nil
}

// parseBase checks a URL of the configuration. Its failure quotes nothing of the
// value: a password may stand anywhere in what does not parse.
func parseBase(raw, key string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, cluster.Fail(cluster.FailConfig, key+" is not the URL of a server", "write it as http://host:port or https://host:port")
	}
	for _, s := range schemes {
		if u.Scheme == s {
			u.Path = strings.TrimRight(u.Path, "/")
			u.RawPath = ""
			return u, nil
		}
	}
	return nil, cluster.Fail(cluster.FailConfig, key+" has the scheme "+u.Scheme, "use one of "+strings.Join(schemes, ", "))
}

// Address is where requests go: scheme, host, port and base path.
func (c *Client) Address() cluster.Text { return cluster.Clean(c.base.String()) }

// String returns the address and no secret.
func (c *Client) String() string { return c.Address().String() }

// Format prints the address whatever the verb, so that no %+v shows the
// password.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.Address().String()) } //nolint:errcheck // a fmt.State takes all

// Format prints neither user nor password of the URLs.
func (o Options) Format(f fmt.State, _ rune) {
	show := func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			return "?"
		}
		u.User, u.RawQuery = nil, ""
		return u.String()
	}
	fmt.Fprintf(f, "{%s token %s proxy %s}", show(o.URL), o.TokenFile, show(o.Proxy)) //nolint:errcheck // a fmt.State takes all
}
