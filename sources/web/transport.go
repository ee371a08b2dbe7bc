package web

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxHeader is what the header of an answer may take, in bytes.
const maxHeader = 64 << 10

// newTransport returns a transport of one connection that uses no proxy but the
// one named, follows nothing and unpacks nothing. Each target has its own, so
// that a slow one holds up none but itself and Close closes what is its own.
//
// A dial outlives the request that began it, as the connection may serve the
// next one; it ends with life at last.
func newTransport(life context.Context, o *Options, proxy *url.URL) *http.Transport {
	dialer := &net.Dialer{Timeout: o.Timeout}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(life, cancel)()
			return dialer.DialContext(ctx, network, addr)
		},
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    o.Timeout,
		DisableCompression:     true, // done by those who ask for it, where both sizes are seen
		MaxConnsPerHost:        1,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         2 << 10, // long reads go past it
		WriteBufferSize:        1 << 10, // a request has some 500 bytes
		Protocols:              protocols,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
		t.OnProxyConnectResponse = refusedByProxy
	}
	return t
}

// refusedByProxy says what a proxy answers that does not connect; the library
// keeps nothing of it but a text without a number.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	return NewFault(cluster.FailStatus, "the proxy does not connect to it: "+statusText(r.StatusCode), statuses[r.StatusCode].Hint)
}

// parseProxy takes the URL of a proxy; nil for none. Its failure quotes nothing
// of the value, in which a password may stand anywhere.
func parseProxy(raw, key string) (*url.URL, error) {
	if raw == "" {
		return nil, nil //nolint:nilnil // nil is no proxy
	}
	u, err := url.Parse(raw)
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			return u, nil
		}
	}
	return nil, cluster.Fail(cluster.FailConfig, key+" is not the URL of a proxy", "write it as http://host:port, https://host:port or socks5://host:port")
}
