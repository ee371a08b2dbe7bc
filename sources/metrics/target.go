package metrics

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// accept is what Prometheus 3 asks for, less protobuf. OpenMetrics comes first
// since it tells a whole answer from one cut short.
const accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
	"application/openmetrics-text;version=0.0.1;q=0.5," +
	"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4," +
	"text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

// target is where one node's metrics are read.
type target struct {
	url  *url.URL // without userinfo
	user *url.Userinfo
	show string // host, port and path: what may be shown
}

// parseTarget takes a node's base URL, or that of its metrics.
func parseTarget(raw string) (target, error) {
	const hint = "write it as http://host:port or https://host:port"
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// The text of err has the URL in it, and with it a password.
		return target{}, cluster.Fail(cluster.FailConfig, "not the URL of a node's metrics: "+withoutSecrets(raw), hint)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/metrics"
	}
	t := target{url: u, user: u.User, show: u.Host + u.Path}
	u.User, u.Fragment = nil, ""
	return t, nil
}

// withoutSecrets cuts what may hold one from text that is no URL: all before
// the last @ and all after a question mark.
func withoutSecrets(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "…" + raw[i:]
	}
	return raw
}

// request returns the request that every scrape sends a copy of.
func (t target) request() *http.Request {
	r := &http.Request{
		Method: http.MethodGet,
		URL:    t.url,
		Host:   t.url.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Accept":          {accept},
			"Accept-Encoding": {"gzip"},
			"User-Agent":      {"stemetop"},
		},
	}
	if t.user != nil {
		password, _ := t.user.Password()
		r.SetBasicAuth(t.user.Username(), password)
	}
	return r
}
