package panes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Each tripped agent of a replica is shown, beside its host and among the alerts,
// whether the replica is selected or not.
func TestEveryBreakerOfAReplica(t *testing.T) {
	f := escalated()
	f.Snap.Replicas[0].Breaker.More = []cluster.TrippedBreaker{
		{Agent: "agent-node2-b", State: cluster.Clean("half-open"), Since: at.Add(-time.Minute)},
	}
	for _, selected := range []cluster.NodeID{"node2", "node3"} {
		f.Selected = selected
		got := ansi.Strip(Alerts(f, 90, 40))
		for _, want := range []string{"breaker agent-node2 of node2", "breaker agent-node2-b of node2, half-open for 60 s"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s selected: no %q:\n%s", selected, want, got)
			}
		}
	}
	f.Selected = "node2"
	p := f.page(90, linkHeight(f))
	p.linkOf(f)
	if got := ansi.Strip(p.String()); !strings.Contains(got, "breaker agent-node2 for") || !strings.Contains(got, "breaker agent-node2-b, half-open") {
		t.Errorf("beside its host:\n%s", got)
	}
}

// However many agents a replica has, its host's figures keep their room.
func TestManyBreakersOfAReplica(t *testing.T) {
	f := escalated()
	f.Selected = "node2"
	for i := range 50 {
		f.Snap.Replicas[0].Breaker.More = append(f.Snap.Replicas[0].Breaker.More, cluster.TrippedBreaker{Agent: cluster.NodeID(fmt.Sprint("agent-", i))})
	}
	got := ansi.Strip(Host(f, 90, 24))
	if strings.Count(got, "TRIPPED") != 2 || !strings.Contains(got, "and 49 more breakers of its agents, among the alerts") || !strings.Contains(got, "psi") {
		t.Errorf("beside its host:\n%s", got)
	}
}
