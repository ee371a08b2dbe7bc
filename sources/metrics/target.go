package metrics

import (
	"net/http"

	"github.com/stemedb/stemetop/sources/web"
)

// accept is what Prometheus 3 asks for, less protobuf. OpenMetrics comes first
// since it tells a whole answer from one cut short.
const accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
	"application/openmetrics-text;version=0.0.1;q=0.5," +
	"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4," +
	"text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

// Hints that several faults share.
const (
	hintURL = "check that the URL is that of the node's metrics"
	hintCut = "the node, or a proxy before it, cut the answer short"
)

// statuses say what to do about a status that is about metrics.
var statuses = map[int]web.Status{
	http.StatusUnauthorized:     {Hint: "set http.token_file, or put a new token into it"},
	http.StatusForbidden:        {Hint: "the token or certificate may not read metrics"},
	http.StatusNotFound:         {Hint: "metrics are elsewhere: give the whole URL, path included"},
	http.StatusMethodNotAllowed: {Hint: hintURL},
}

// parseTarget takes a node's base URL, or that of its metrics.
func parseTarget(raw string) (web.Target, error) {
	t, err := web.ParseTarget(raw, "a node's metrics")
	if err == nil && (t.URL.Path == "" || t.URL.Path == "/") {
		t.URL.Path = "/metrics"
	}
	return t, err
}

// newClient returns what reads the URL of the options.
func newClient(o *Options) (*web.Client, error) {
	t, err := parseTarget(o.URL)
	if err != nil {
		return nil, err
	}
	return web.New(web.Options{
		Target: t, Clock: o.Clock, Header: http.Header{"Accept": {accept}, "Accept-Encoding": {"gzip"}},
		Words: web.Words{Section: "http", WrongURL: hintURL}, Statuses: statuses,
		Timeout: o.Timeout, TLS: o.TLS, TokenFile: o.TokenFile,
	})
}
