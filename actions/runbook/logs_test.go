package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// logged returns a snapshot whose logs hold the lines, by node, written ago before.
func logged(t *testing.T, lines map[cluster.NodeID][]string, ago time.Duration) *cluster.Snapshot {
	t.Helper()
	s := incidentAt(t, missing{}).snapshot()
	set := func(n *cluster.Node) {
		n.Log.Access = cluster.Access{Configured: true, Reachable: true, Newest: s.At}
		for _, text := range lines[n.ID] {
			n.Log.Kept = append(n.Log.Kept, cluster.LogLine{At: s.At.Add(-ago), Level: cluster.LevelError, Text: cluster.Clean(text)})
		}
	}
	set(&s.Primary.Node)
	for i := range s.Replicas {
		set(&s.Replicas[i].Node)
	}
	return s
}

func TestCorruptionInLogsEscalates(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines map[cluster.NodeID][]string
		ago   time.Duration
		want  string // the nodes
	}{
		{"the replica's own log", map[cluster.NodeID][]string{"node2": {"merkle sync: range a: corruption detected"}}, time.Minute, "node2"},
		{"the primary's names it", map[cluster.NodeID][]string{"node1": {"merkle sync failed: replica=node3: checksum mismatch"}}, time.Minute, "node3"},
		{"the primary's own", map[cluster.NodeID][]string{"node1": {"segment 12 is corrupted"}}, time.Minute, "node1"},
		{"long ago", map[cluster.NodeID][]string{"node2": {"corruption detected"}}, time.Hour, ""},
		{"denied", map[cluster.NodeID][]string{"node2": {"scrub finished: no corruption found"}}, time.Minute, ""},
		{"another node's name in a longer one", map[cluster.NodeID][]string{"node1": {"replica=node22: corruption detected"}}, time.Minute, "node1"},
		{"an error of another kind", map[cluster.NodeID][]string{"node2": {"sync error: timeout"}}, time.Minute, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, e := range NewEscalations().Note(logged(t, c.lines, c.ago)) {
				if e.Reason.String() == reasonCorruption {
					for _, id := range e.Replicas {
						got = append(got, string(id))
					}
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("corruption of %q, want %q", got, c.want)
			}
		})
	}
}

func TestChecklistReadsLogs(t *testing.T) {
	step := func(s *cluster.Snapshot, begins string) Item {
		for _, v := range Checklist(s, "node2") {
			if strings.HasPrefix(v.Step.String(), begins) {
				return v
			}
		}
		t.Fatalf("no step %q", begins)
		return Item{}
	}
	quiet := step(logged(t, nil, 0), "3.")
	if quiet.State != ItemFine || !strings.Contains(quiet.Evidence.String(), "no sync error in its log") {
		t.Errorf("a quiet log: %+v", quiet)
	}
	failing := step(logged(t, map[cluster.NodeID][]string{"node2": {"sync error: peer closed the stream"}}, time.Minute), "3.")
	if failing.State != ItemFinding || !strings.Contains(failing.Evidence.String(), "peer closed the stream") {
		t.Errorf("a sync error: %+v", failing)
	}
	diff := step(logged(t, map[cluster.NodeID][]string{"node1": {"merkle sync started: replica=node2 diff=23457", "merkle sync started: replica=node3 diff=9"}}, time.Minute), "4.")
	if !strings.Contains(diff.Evidence.String(), "the newest Merkle diff was 23") {
		t.Errorf("the diff: %+v", diff)
	}
	denied := logged(t, nil, 0)
	denied.Replica("node2").Log.Access = cluster.Access{Configured: true, Err: cluster.Fail(cluster.FailPermission, "the account may not read the journal", "")}
	if v := step(denied, "3."); !strings.Contains(v.Evidence.String(), "may not read the journal") {
		t.Errorf("no permission: %+v", v)
	}
}

func TestCorruptionIsEvidence(t *testing.T) {
	s := logged(t, map[cluster.NodeID][]string{"node2": {"sync error: corruption detected"}}, time.Minute)
	for _, v := range Diagnose(s, NewPast()) {
		if v.Replica != "node2" {
			continue
		}
		all := ""
		for _, w := range append(v.For, v.Against...) {
			all += w.String() + "\n"
		}
		if !strings.Contains(all, "corruption detected") {
			t.Errorf("%v %v does not speak of it:\n%s", v.Cause, v.Confidence, all)
		}
	}
}
