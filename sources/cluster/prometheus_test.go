package cluster

import (
	"testing"
	"time"
)

func prometheusFeed(t *testing.T) *feed {
	f := newFeed(t)
	f.publish(0, Source{Kind: FromMonitor}, &Session{
		Run: "p", Interval: time.Second, Prometheus: Clean("http://prometheus:9090"),
		Primary: NodeSpec{ID: "node1", Address: Clean("http://10.0.0.1:18180")},
		Replicas: []NodeSpec{
			{ID: "node2", Address: Clean("http://10.0.0.2:18180")},
			{ID: "node3", Address: Clean("http://[fd00::3]:18180/metrics")},
			{ID: "node4", Address: Clean("http://shared:1")},
			{ID: "node5", Address: Clean("http://shared:2")},
		},
	}, nil)
	return f
}

// An alert is of the replica that its label names, else of the one at its
// instance's host; one of the primary, of nobody, or of a host of several nodes
// is the cluster's.
func TestPrometheusAlertsAreJoined(t *testing.T) {
	f := prometheusFeed(t)
	instance := func(s string) PrometheusAlert { return PrometheusAlert{Name: Clean(s), Instance: Clean(s)} }
	f.publish(sec(1), Source{Kind: FromPrometheus}, &PrometheusReading{Others: 2, Alerts: []PrometheusAlert{
		{Name: Clean("labelled"), Replica: "node2", Instance: Clean("10.0.0.1:18180")},
		instance("10.0.0.2:9100"), instance("[fd00::3]:9100"), instance("node4:9100"), instance("node5"),
		instance("10.0.0.1:9100"), instance("shared:9100"), instance("%zz"),
		{Name: Clean("none")},
		{Name: Clean("stranger"), Replica: "node9"},
	}}, nil)
	s := f.at(sec(1))
	words := func(list []PrometheusAlert) (text string) {
		for _, a := range list {
			text += a.Name.String() + " "
		}
		return text
	}
	for id, want := range map[NodeID]string{
		"node2": "labelled 10.0.0.2:9100 ", "node3": "[fd00::3]:9100 ", "node4": "node4:9100 ", "node5": "node5 ",
	} {
		if got := words(s.Replica(id).Prometheus); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if got, want := words(s.Prometheus.Alerts), "10.0.0.1:9100 shared:9100 %zz none stranger "; got != want || s.Prometheus.Others != 2 {
		t.Errorf("of the cluster: %q, want %q; %d others", got, want, s.Prometheus.Others)
	}
}

// A slow source is fresh for longer, and what it said last outlives its silence.
func TestPrometheusFallsSilent(t *testing.T) {
	f := prometheusFeed(t)
	if p := f.at(sec(1)).Prometheus; !p.Configured || p.Reachable || p.Err.Kind != FailConnecting {
		t.Errorf("before an answer: %+v", p)
	}
	f.publish(sec(1), Source{Kind: FromPrometheus}, &PrometheusReading{Alerts: []PrometheusAlert{{Name: Clean("a"), State: AlertFiring, Replica: "node2"}}}, nil)
	if p := f.at(sec(40)).Prometheus; !p.Reachable || p.Err != nil {
		t.Errorf("39 s after: %+v", p)
	}
	if p := f.at(sec(60)).Prometheus; p.Reachable || p.Err.Kind != FailTimeout {
		t.Errorf("59 s after: %+v", p)
	}
	f.publish(sec(61), Source{Kind: FromPrometheus}, nil, Fail(FailRefused, "connection refused", ""))
	s := f.at(sec(61))
	age, _ := s.Prometheus.Age(s.At)
	if s.Prometheus.Reachable || s.Prometheus.Err.Kind != FailRefused || age != time.Minute || len(s.Replica("node2").Prometheus) != 1 {
		t.Errorf("refused: %+v %v %+v", s.Prometheus, age, s.Replica("node2").Prometheus)
	}
	if p := newFeed(t).at(sec(1)).Prometheus; p.Configured {
		t.Errorf("none is configured: %+v", p)
	}
}
