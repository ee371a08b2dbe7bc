package cluster

import (
	"net/url"
	"strings"
	"time"
)

// PrometheusEvery is how often a Prometheus server is asked: it evaluates its
// rules no more often than that by default.
const PrometheusEvery = 15 * time.Second

// PrometheusReading is what a Prometheus server lists as pending or firing.
type PrometheusReading struct {
	Alerts []PrometheusAlert // those that were asked for, firing ones first
	Others int               // how many more it lists, of other names or other clusters
}

// PrometheusAlert is an alert that a Prometheus server judges, in its words.
type PrometheusAlert struct {
	Name     Text
	State    AlertState // AlertPending or AlertFiring
	Severity Text       // its label; empty if it has none
	Replica  NodeID     // the value of the replica label, raw; empty if it has none
	Instance Text       // the target whose series it is about, host:port; empty if it has none
	Active   time.Time  // since when its expression holds, by the server's clock; zero if it does not say
	Summary  Text       // its annotation; empty if it has none
}

// Critical tells whether the alert calls itself critical.
func (a *PrometheusAlert) Critical() bool {
	return strings.EqualFold(a.Severity.s, "critical") || strings.EqualFold(a.Severity.s, "page")
}

// Prometheus is how a Prometheus server stands, and what it says of no replica
// that is known. What it says of one stands at the replica.
type Prometheus struct {
	Access
	Address Text // host, port and path, for display
	Alerts  []PrometheusAlert
	Others  int
}

func (s *State) applyPrometheus(o *Observation) { s.prometheus.add(o) }

// viewPrometheus fills in what the server said last, however old: an alert does
// not end because the server that tells of it is gone. An alert is of the replica
// that its label names, else of the one at the host of its instance.
func (s *State) viewPrometheus(v *Snapshot) {
	fresh := freshIntervals * max(s.interval, PrometheusEvery)
	address := s.session.Prometheus
	p := &v.Prometheus
	p.Address = address
	p.Access = s.prometheus.view(!address.IsZero() || s.prometheus.newest != nil, s.firstSeen, v.At, fresh)
	if s.prometheus.usable == nil {
		return
	}
	b, ok := s.prometheus.usable.Body.(*PrometheusReading)
	if !ok {
		return
	}
	p.Others = b.Others
	var hosts map[string]NodeID // made when first needed: most alerts bear the label
	for i := range b.Alerts {
		a := &b.Alerts[i]
		id := a.Replica
		if id == "" && !a.Instance.IsZero() {
			if hosts == nil {
				hosts = v.hosts()
			}
			id = hosts[hostOf(a.Instance.s)]
		}
		if r := v.Replica(id); r != nil {
			r.Prometheus = append(r.Prometheus, *a)
			continue
		}
		p.Alerts = append(p.Alerts, *a)
	}
}

// hosts returns the nodes by their ids and by the hosts of their addresses; a
// host of several nodes names none of them.
func (s *Snapshot) hosts() map[string]NodeID {
	by := map[string]NodeID{}
	add := func(host string, id NodeID) {
		if had, ok := by[host]; ok && had != id {
			id = ""
		}
		by[host] = id
	}
	nodes := []*Node{&s.Primary.Node}
	for i := range s.Replicas {
		nodes = append(nodes, &s.Replicas[i].Node)
	}
	for _, n := range nodes {
		add(string(n.ID), n.ID)
		if u, err := url.Parse(n.Spec.Address.s); err == nil && u.Hostname() != "" {
			add(u.Hostname(), n.ID)
		}
	}
	return by
}

// hostOf returns the host of host:port.
func hostOf(instance string) string {
	u, err := url.Parse("//" + instance)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
