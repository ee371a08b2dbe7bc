package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// incidentAt returns a snapshot of a slow disk, judged and noted.
func incidentAt(t *testing.T, m missing) *world {
	t.Helper()
	w := newWorld(21, 3)
	w.miss = m
	w.usual, w.nodes[1].rotational = 2000, false
	hit(300, slow)(w)
	judged(w, 400)
	w.publish(21*time.Millisecond, 0, cluster.FromOperator, "", &cluster.Note{Text: cluster.Clean("throttled to 500/s at 03:06 — no effect yet, " + strings.Repeat("x", 80))}, nil)
	return w
}

func TestChecklist(t *testing.T) {
	w := incidentAt(t, missing{admin: true})
	list := Checklist(w.snapshot(), "node2")
	want := []ItemState{
		ItemFinding, ItemFine, ItemFine, ItemFine, ItemNotLooked, ItemFinding, ItemNotLooked, ItemFine,
		ItemFine, ItemFinding, ItemCannotKnow, ItemFine, ItemFine,
		ItemCannotKnow, ItemCannotKnow, ItemFine,
	}
	if len(list) != len(want) {
		t.Fatalf("%d steps", len(list))
	}
	for i, x := range list {
		t.Logf("%-40s %-15s %s", x.Step, x.State, x.Evidence)
		if x.State != want[i] {
			t.Errorf("%s: %v, want %v (%s)", x.Step, x.State, want[i], x.Evidence)
		}
		if x.Evidence.IsZero() || (x.State != ItemCannotKnow && x.State != ItemNotLooked && x.At.IsZero()) {
			t.Errorf("%s: %q at %v", x.Step, x.Evidence, x.At)
		}
	}
	if Checklist(w.snapshot(), "nobody") != nil {
		t.Error("a checklist of nobody")
	}
}

func TestChecklistAtTheStart(t *testing.T) {
	w := newWorld(1, 2)
	w.session()
	for _, x := range Checklist(w.snapshot(), "node2") {
		if x.State != ItemNotLooked && x.State != ItemCannotKnow {
			t.Errorf("%s: %v before anything came", x.Step, x.State)
		}
	}
}

func TestHandover(t *testing.T) {
	w := incidentAt(t, missing{})
	s := w.snapshot()
	card := Handover(s, map[cluster.NodeID]Forecast{"node2": {At: s.At, Trend: TrendRising}})
	words := joined(card, "\n")
	t.Log("\n" + words)
	if len(card) > 12 {
		t.Errorf("%d lines", len(card))
	}
	for _, line := range card {
		for i, c := range []byte(line.String()) {
			if i >= 72 || c < 0x20 || c > 0x7e {
				t.Errorf("byte %d of %q", i, line)
				break
			}
		}
	}
	for _, part := range []string{"virtual 2026-11-22 03:06:40Z CRITICAL: 1 of 3", "node2: ", "not converging", "cause: disk, likely, since 03:05Z", "ESCALATE lag over 60 s", "noted 03:06Z", "next: reduce"} {
		if !strings.Contains(words, part) {
			t.Errorf("%q is not in the card", part)
		}
	}
	calm := newWorld(1, 2)
	judged(calm, 60)
	if got := joined(Handover(calm.snapshot(), nil), "\n"); !strings.HasSuffix(got, "OK: all 2 replicas keep up") {
		t.Errorf("calm: %q", got)
	}
}

// A replica that vanished while its alert fired goes before one that lags little: the
// card says so in its first words, and what it was.
func TestHandoverOfAVanishedReplica(t *testing.T) {
	at := time.Date(2026, 11, 27, 2, 45, 0, 0, time.UTC)
	s := &cluster.Snapshot{At: at, Series: oneLag{29}, Replicas: []cluster.Replica{
		{Node: cluster.Node{ID: "db3", Name: cluster.Clean("db3")}, Lag: cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(7)}},
		{
			Node:   cluster.Node{ID: "db2", Name: cluster.Clean("db2")},
			Lag:    cluster.Lag{State: cluster.LagUnknown, Taken: at.Add(-2 * time.Minute), Why: cluster.Clean("vanished from the primary's lag metric")},
			Alerts: []cluster.AlertChange{{Rule: cluster.Clean("ReplicationLagCritical"), State: cluster.AlertNoData, Was: cluster.AlertFiring, Since: at.Add(-2 * time.Minute), Critical: true}},
		},
		{Node: cluster.Node{ID: "db4", Name: cluster.Clean("db4")}, Lag: cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(0.1)}},
	}}
	s.Primary.Metrics.Reachable = true
	s.Session.Thresholds = cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute}
	card := joined(Handover(s, nil), "\n")
	first, _, _ := strings.Cut(card, "\n")
	for _, want := range []string{
		"db2: lag unknown: vanished from the primary's lag metric, was 29 s at", "NODATA ReplicationLagCritical since 02:43Z, was firing", "also db3: 7 s behind",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("%q is not in\n%s", want, card)
		}
	}
	if !strings.Contains(first, "UNKNOWN: 2 of 3") || strings.Index(card, "db2") > strings.Index(card, "db3") {
		t.Errorf("%s", card)
	}
}

// oneLag is a series of one value.
type oneLag struct{ v float64 }

func (l oneLag) Buckets(_ cluster.NodeID, q cluster.Quantity, to time.Time, _ time.Duration, n int) []cluster.Bucket {
	list := make([]cluster.Bucket, n)
	if q == cluster.QuantityLag {
		list[n-1] = cluster.Bucket{N: 1, Last: l.v, Taken: to}
	}
	return list
}

func (oneLag) Span(cluster.NodeID, cluster.Quantity) (oldest, newest time.Time) { return }
func (oneLag) Lines(cluster.NodeID, time.Time) []cluster.HeardLine              { return nil }

// A verdict without a past has the series.
func TestDiagnoseWithoutAPast(t *testing.T) {
	w := incidentAt(t, missing{})
	v := Diagnose(w.snapshot(), nil)[0]
	if v.Cause != cluster.CauseDisk || v.Confidence != likely || !strings.Contains(joined(v.For, "\n"), "(was ") {
		t.Errorf("%v %v for %q", v.Cause, v.Confidence, v.For)
	}
	if len(Diagnose(&cluster.Snapshot{}, nil)) != 0 {
		t.Error("a verdict on nobody")
	}
}

// The card of a crash loop without a lag says what holds and whom to call, and no cause.
func TestHandoverWithoutACause(t *testing.T) {
	at := time.Date(2026, 11, 27, 0, 22, 41, 0, time.UTC)
	s := &cluster.Snapshot{At: at, Replicas: []cluster.Replica{{
		Node: cluster.Node{ID: "node3", Name: cluster.Clean("node3")},
		Lag:  cluster.Lag{State: cluster.LagLive, Seconds: cluster.Known(5.1)},
		Verdict: cluster.Verdict{
			Replica: "node3", Cause: cluster.CauseNone, Confidence: cluster.ConfidencePossible, Since: at,
			Missing: []cluster.Text{cluster.Clean("its assertion count")},
		},
	}}}
	s.Session.Thresholds = cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: 90 * time.Second}
	s.Session.Escalation = []cluster.Text{cluster.Clean("Cluster SRE"), cluster.Clean("Principal engineer")}
	for _, reason := range Reasons {
		s.Escalations = append(s.Escalations, cluster.Escalation{Reason: cluster.Clean(reason), Replicas: []cluster.NodeID{"node3"}, Since: at})
	}
	card := joined(Handover(s, nil), "\n")
	for _, want := range []string{
		"cause: its lag has nothing to explain", "ESCALATE crash loop during sync since 00:22Z: node3",
		"ESCALATE lag over 90 s since", "next: call Cluster SRE",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("%q is not in\n%s", want, card)
		}
	}
	if strings.Contains(card, "none") {
		t.Errorf("a cause of none:\n%s", card)
	}
}

// Where the primary's host can be asked and did not tell, the port is not known by the
// monitor's own look, which is another way; a shut one is a finding all the same.
func TestThePortThatMatters(t *testing.T) {
	s := &cluster.Snapshot{}
	s.Primary.Name = cluster.Clean("db1")
	asked := cluster.Access{Configured: true, Reachable: true}
	for _, c := range []struct {
		name           string
		connect        cluster.Access
		theirs, own    cluster.PortState
		words          string
		finding, known bool
	}{
		{"both", asked, cluster.PortOpen, cluster.PortOpen, "open from db1; open from the monitor", false, true},
		{"not from the primary", asked, cluster.PortUnknown, cluster.PortOpen, "open from the monitor; not known from db1: no nc", false, false},
		{"nobody to ask", cluster.Access{}, cluster.PortUnknown, cluster.PortOpen, "open from the monitor", false, true},
		{"shut to the monitor", asked, cluster.PortUnknown, cluster.PortFiltered, "filtered from the monitor; not known from db1: no nc", true, true},
		{"shut to the primary", asked, cluster.PortFiltered, cluster.PortOpen, "filtered from db1; open from the monitor", true, true},
		{"neither", asked, cluster.PortUnknown, cluster.PortUnknown, "no answer: no nc", false, false},
	} {
		r := &cluster.Replica{}
		r.Network.Peer.Connect, r.Network.Peer.Port, r.Network.Port = c.connect, c.theirs, c.own
		if c.connect.Configured && c.theirs == cluster.PortUnknown {
			r.Network.Peer.PortWhy = cluster.Clean("no nc")
		}
		r.Network.Access = cluster.Access{Reachable: true}
		words, finding, known := lookAtPort(s, r)
		if words != c.words || finding != c.finding || known != c.known {
			t.Errorf("%s: %q, finding %v, known %v", c.name, words, finding, known)
		}
		calm := calmPath(&r.Network, cluster.Figure{}, cluster.Figure{})
		r.Network.Peer.Ping = asked
		if open := strings.Contains(calm, "RPC port open"); open != (c.known && !c.finding && c.connect == cluster.Access{}) {
			t.Errorf("%s: normal by the monitor's own way: %q", c.name, calm)
		}
		if strings.Contains(calm, "filtered") {
			t.Errorf("%s: normal: %q", c.name, calm)
		}
	}
}

// A host that asks for another connection in vain, while nothing goes through those that
// it has, is cut off.
func TestUnansweredRPC(t *testing.T) {
	f := cluster.Flow{Known: true, Connections: 3, Opening: 3, SentBytesPerSecond: cluster.Known(0)}
	if words, bad := flowWords(&f, "db1"); !bad || !strings.Contains(words, "without an answer") {
		t.Errorf("%q, %v", words, bad)
	}
	f.SentBytesPerSecond = cluster.Known(5e5)
	if words, bad := flowWords(&f, "db1"); bad {
		t.Errorf("%q", words)
	}
}
