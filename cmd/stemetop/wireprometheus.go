package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/prometheus"
	"github.com/stemedb/stemetop/sources/web"
)

// prometheus is the collector of a Prometheus server's alerts: those by the names
// of our own rules, and those that the runbook relates.
func (w *wiring) prometheus() (*prometheus.Collector, error) {
	c := w.config.Prometheus
	files := web.TLSFiles{CA: home(cmp.Or(c.CAFile, w.config.HTTP.CAFile)), Cert: home(c.CertFile), Key: home(c.KeyFile)}
	if c.CertFile == "" {
		files.Cert, files.Key = w.tls.Cert, w.tls.Key
	}
	tls, err := web.LoadTLS(files)
	if err != nil {
		return nil, err
	}
	o := prometheus.Options{
		URL: c.URL, Clock: w.clock, Labels: map[string]string{}, ReplicaLabel: w.config.Metrics.ReplicaLabel,
		Timeout: w.config.HTTP.Timeout.D(), TLS: tls, TokenFile: home(c.TokenFile),
	}
	for _, l := range c.Labels {
		name, value, _ := strings.Cut(l, "=")
		o.Labels[name] = value
	}
	for _, r := range w.rules() {
		o.Names = append(o.Names, r.Name.String())
	}
	return prometheus.New(o)
}

// limitsOf are the configured limits of the lag.
func limitsOf(c *config.Config) cluster.Thresholds {
	t := c.Thresholds
	return cluster.Thresholds{Warning: t.Warning.D(), Critical: t.Critical.D(), Escalate: t.Escalate.D()}
}

// tryPrometheus asks the configured server once.
func (w *wiring) tryPrometheus(ctx context.Context) finding {
	f := finding{node: "-", what: "alerts"}
	c, err := w.prometheus()
	if err != nil {
		f.bad = failureOf(err)
		return f
	}
	defer func() { _ = c.Close() }() // nothing is lost with it
	readings := c.Collect(ctx)
	if len(readings) == 0 {
		f.bad = failureOf(context.Cause(ctx))
		return f
	}
	f.took, f.bad = readings[0].Took, readings[0].Err
	if b, ok := readings[0].Body.(*cluster.PrometheusReading); ok {
		f.good = fmt.Sprintf("lists %d pending or firing alerts of this cluster, %d others", len(b.Alerts), b.Others)
	}
	return f
}
