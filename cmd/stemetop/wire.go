package main

import (
	"net/url"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/logs"
	"github.com/stemedb/stemetop/sources/metrics"
	"github.com/stemedb/stemetop/sources/probe"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/sources/web"
)

// wiring turns a configuration into what reads the cluster.
type wiring struct {
	config   *config.Config
	clock    sources.Clock
	shared   *ssh.Shared
	tls      web.TLSFiles
	ways     ways
	pingers  probe.Pingers
	turns    turns
	scrapers map[cluster.NodeID]*metrics.Collector // by the node whose metrics it reads
}

func newWiring(c *config.Config, clock sources.Clock, shared *ssh.Shared) *wiring {
	return &wiring{
		config: c, clock: clock, shared: shared, ways: ways{by: map[string]*sharedWay{}},
		tls: web.TLSFiles{CA: home(c.HTTP.CAFile), Cert: home(c.HTTP.CertFile), Key: home(c.HTTP.KeyFile)},
	}
}

// nodes returns all configured nodes, the primary first, with its id filled in.
func (w *wiring) nodes() []config.Node {
	p := w.config.Primary
	p.ID = w.config.PrimaryID()
	return append([]config.Node{p}, w.config.Replicas...)
}

// collectors returns one for each source of each node: metrics first, the
// primary's before all, since the first lag on screen comes from there. A replica
// is probed beside it, so that of a thousand no half of a round costs more.
func (w *wiring) collectors() ([]sources.Collector, error) {
	var list []sources.Collector
	w.scrapers = map[cluster.NodeID]*metrics.Collector{}
	for i, n := range w.nodes() {
		if n.URL != "" {
			c, err := w.metrics(n, i == 0)
			if err != nil {
				return nil, err
			}
			w.scrapers[cluster.NodeID(n.ID)] = c
			list = append(list, c)
		}
		if i == 0 {
			continue
		}
		if p := w.probe(n); p != nil {
			list = append(list, p)
		}
	}
	return w.beside(list)
}

// beside appends what is read beside metrics and probes: the admin interface, hosts
// with their logs, and a Prometheus server.
func (w *wiring) beside(list []sources.Collector) ([]sources.Collector, error) {
	if w.adminURL() != "" {
		a, err := w.admin()
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	for _, n := range w.nodes() {
		if n.SSH == "" {
			continue
		}
		h, err := w.host(n)
		if err != nil {
			return nil, err
		}
		l, err := w.log(n)
		if err != nil {
			return nil, err
		}
		list = append(list, h, l)
	}
	if w.config.Prometheus.URL != "" {
		c, err := w.prometheus()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return w.fromPrimary(list)
}

func (w *wiring) metrics(n config.Node, primary bool) (*metrics.Collector, error) {
	tls, err := web.LoadTLS(w.tls)
	if err != nil {
		return nil, err
	}
	m := w.config.Metrics
	return metrics.New(metrics.Options{
		Node: cluster.NodeID(n.ID), URL: n.URL, Clock: w.clock, Primary: primary,
		Names: metrics.Names{
			Lag: m.Lag, ReplicaLabel: m.ReplicaLabel, Assertions: m.Assertions, SyncProgress: m.SyncProgress,
			SyncErrors: m.SyncErrors, SyncDuration: m.SyncDuration, SentBytes: m.SentBytes, Corruption: m.Corruption,
			SyncDiff: m.SyncDiff, StartTime: m.StartTime,
		},
		BodyLimit: int64(w.config.HTTP.BodyLimit), Timeout: w.config.HTTP.Timeout.D(), Fresh: 3 * w.config.Interval.D(),
		TLS: tls, TokenFile: home(w.config.HTTP.TokenFile),
	})
}

func (w *wiring) host(n config.Node) (*host.Collector, error) {
	t, err := w.first(n)
	if err != nil {
		return nil, err
	}
	return host.New(host.Options{
		Node: cluster.NodeID(n.ID), Transport: t, Clock: w.clock,
		Proc: n.Proc, Sys: n.Sys, WALPath: w.config.WALPath, Process: w.config.Process,
		Ports: w.rpcPorts(), Names: w.rpcNames(), Unit: w.config.Unit, APIConfig: w.apiConfig(n),
	}), nil
}

// log is the collector of a node's log.
func (w *wiring) log(n config.Node) (*logs.Collector, error) {
	t, err := w.later(n)
	if err != nil {
		return nil, err
	}
	return w.logBy(n, t), nil
}

// logBy is the collector of a node's log by a way of its own.
func (w *wiring) logBy(n config.Node, t remote.Transport) *logs.Collector {
	return logs.New(logs.Options{
		Node: cluster.NodeID(n.ID), Transport: t, Clock: w.clock, File: n.LogFile, Unit: w.config.Unit,
	})
}

// transport is the way to a node's host. It connects when it is first used; all
// that use the same node's share one connection, which ends with the last.
func (w *wiring) transport(n config.Node) (remote.Transport, error) {
	w.ways.Lock()
	defer w.ways.Unlock()
	way := w.ways.by[n.ID]
	if way == nil {
		t, err := w.dial(n)
		if err != nil {
			return nil, err
		}
		way = &sharedWay{Transport: t}
		w.ways.by[n.ID] = way
	}
	return way.join(), nil
}

// dial makes the transport that the configuration asks for.
func (w *wiring) dial(n config.Node) (remote.Transport, error) {
	s := w.config.SSH
	o := ssh.Options{
		Target: n.SSH, ConfigFile: s.Config, KnownHosts: []string{s.KnownHosts},
		IdentityFile: s.IdentityFile, Shared: w.shared,
	}
	if s.Transport == "openssh" {
		t, err := ssh.NewOpenSSH(o)
		if err != nil {
			return nil, err
		}
		return sessions{t.Start, t.Close}, nil
	}
	t, err := ssh.New(o)
	if err != nil {
		return nil, err
	}
	return forwards{sessions{t.Start, t.Close}, t}, nil
}

// session is the head of the stream: what is watched, without secrets.
func (w *wiring) session() cluster.Observation {
	c := w.config
	s := &cluster.Session{
		Version: version(), Run: remote.NewNonce(), Cluster: cluster.Clean(c.Cluster),
		Interval: c.Interval.D(), Speed: w.clock.Speed(),
		Thresholds: limitsOf(c),
		ProgressUnit: map[string]cluster.ProgressUnit{
			"ratio": cluster.ProgressRatio, "percent": cluster.ProgressPercent,
		}[c.Metrics.SyncProgressUnit],
		Prometheus: address(c.Prometheus.URL), Escalation: cleaned(c.Escalation),
		Links: cluster.Links{
			Dashboard: cluster.Clean(c.Links.Dashboard), Rebuild: cluster.Clean(c.Links.Rebuild), SplitBrain: cluster.Clean(c.Links.SplitBrain),
		},
	}
	for i, n := range w.nodes() {
		spec := cluster.NodeSpec{
			ID: cluster.NodeID(n.ID), Metrics: n.URL != "", Host: n.SSH != "",
			AgentID: cluster.NodeID(n.AgentID), Address: address(n.URL), RPC: cluster.Clean(w.rpc(n)),
		}
		if i == 0 {
			s.Primary = spec
			continue
		}
		s.Replicas = append(s.Replicas, spec)
	}
	return cluster.Observation{Taken: w.clock.Now(), Source: cluster.Source{Kind: cluster.FromMonitor}, Body: s}
}

// address is a URL without what may be secret.
func address(word string) cluster.Text {
	u, err := url.Parse(word)
	if err != nil {
		return cluster.Text{}
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return cluster.Clean(u.String())
}

// apiConfig is where a node's host has the database's own configuration, of which
// the primary's alone has a say in replication.
func (w *wiring) apiConfig(n config.Node) string {
	if n.ID != w.config.PrimaryID() {
		return ""
	}
	return w.config.APIToml
}
