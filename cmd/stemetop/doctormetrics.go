package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/metrics"
)

// tryMetrics scrapes a node once. On the primary it also looks for replicas
// that it tells of and that nobody configured.
func (w *wiring) tryMetrics(ctx context.Context, n config.Node, primary bool) []finding {
	f := finding{node: n.ID, what: "metrics"}
	reading, err := w.scrape(ctx, n, primary, &f)
	if f.bad = failureOf(err); f.bad != nil || reading == nil {
		return []finding{f}
	}
	if !primary {
		f.good = told(reading)
		return []finding{f}
	}
	replicas := replicasOf(reading)
	f.good = fmt.Sprintf("%s, lag of %d replicas", told(reading), len(replicas))
	found := []finding{f}
	for _, id := range replicas {
		if !w.isConfigured(string(id)) {
			found = append(found, notConfigured(config.Node{ID: id.Text().String()}, "metrics"))
		}
	}
	return found
}

// scrape reads a node's metrics once, and notes in f how long it took.
func (w *wiring) scrape(ctx context.Context, n config.Node, primary bool, f *finding) (*cluster.MetricsReading, error) {
	c, err := w.metrics(n, primary)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // nothing is lost with it
	readings := c.Collect(ctx)
	if len(readings) == 0 {
		return nil, context.Cause(ctx)
	}
	r := readings[0]
	f.took = r.Took
	body, _ := r.Body.(*cluster.MetricsReading)
	if r.Err != nil {
		return body, r.Err
	}
	return body, nil
}

// told says which families a node tells of itself.
func told(m *cluster.MetricsReading) string {
	if _, ok := m.Value(cluster.FamilyAssertions, ""); !ok {
		return "no count of assertions: how far a replica is behind by count will be unknown"
	}
	return "assertions counted"
}

// replicasOf returns the replicas that the lag series name, in their order.
func replicasOf(m *cluster.MetricsReading) []cluster.NodeID {
	var ids []cluster.NodeID
	for i := range m.Samples {
		if s := &m.Samples[i]; s.Family == cluster.FamilyLag && s.Replica != "" {
			ids = append(ids, s.Replica)
		}
	}
	return ids
}

func (w *wiring) isConfigured(id string) bool {
	for _, n := range w.nodes() {
		if n.ID == id {
			return true
		}
	}
	return false
}

// trippedPath is the one admin request of the runbook that changes nothing.
const trippedPath = "/v1/admin/circuit-breakers/tripped"

// tryAdmin tells whether the admin interface answers, by GET alone.
func (w *wiring) tryAdmin(ctx context.Context) finding {
	f := finding{node: w.config.PrimaryID(), what: "admin"}
	begin := time.Now()
	code, err := w.getAdmin(ctx)
	f.took = time.Since(begin)
	switch {
	case err != nil:
		f.bad = failureOf(err)
	case code == http.StatusOK:
		f.good = "answers " + trippedPath
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		f.bad = statusFailure(code, "set admin.token_file, or admin.cert_file and admin.key_file, in the configuration")
	default:
		f.bad = statusFailure(code, "is admin.url in the configuration the primary's admin interface?")
	}
	return f
}

func statusFailure(code int, hint string) *cluster.Failure {
	return cluster.Fail(cluster.FailStatus, fmt.Sprintf("%s answers %d %s", trippedPath, code, http.StatusText(code)), hint)
}

func (w *wiring) getAdmin(ctx context.Context) (status int, err error) {
	client, err := w.adminClient()
	if err != nil {
		return 0, err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.adminURL()+trippedPath, nil)
	if err != nil {
		return 0, err
	}
	if file := w.config.Admin.TokenFile; file != "" {
		token, err := os.ReadFile(home(file))
		if err != nil {
			return 0, cluster.Fail(cluster.FailConfig, err.Error(), "see admin.token_file in the configuration")
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, adminFailure(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read as far as it matters
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, err
}

// adminFailure leaves the URL away, which may hold a password.
func adminFailure(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return cluster.Fail(cluster.FailOther, "admin interface: "+err.Error(),
		"check admin.url in the configuration, and that the primary runs")
}

// adminURL is the configured one, else the primary's without its path.
func (w *wiring) adminURL() string {
	if w.config.Admin.URL != "" {
		return strings.TrimRight(w.config.Admin.URL, "/")
	}
	u, err := url.Parse(w.config.Primary.URL)
	if err != nil {
		return ""
	}
	u.Path, u.RawPath = "", ""
	return u.String()
}

func (w *wiring) adminClient() (*http.Client, error) {
	a := w.config.Admin
	tls, err := metrics.LoadTLS(metrics.TLSFiles{CA: home(a.CAFile), Cert: home(a.CertFile), Key: home(a.KeyFile)})
	if err != nil {
		return nil, err
	}
	t := &http.Transport{TLSClientConfig: tls, MaxResponseHeaderBytes: 64 << 10}
	if a.Proxy != "" {
		proxy, err := url.Parse(a.Proxy)
		if err != nil {
			return nil, cluster.Fail(cluster.FailConfig, "admin.proxy is not a URL", "write http://host:port")
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	return &http.Client{
		Transport: t, Timeout: w.config.HTTP.Timeout.D(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// failureOf returns err as a failure; nil for none.
func failureOf(err error) *cluster.Failure {
	var f *cluster.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return cluster.Fail(cluster.FailTimeout, "no answer within "+patience.String(), "")
	}
	return cluster.Fail(cluster.FailOther, err.Error(), "")
}
