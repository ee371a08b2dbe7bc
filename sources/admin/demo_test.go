package admin

import (
	"slices"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo"
)

// The embedded cluster, which shares no code with this package, is understood:
// first nothing is tripped, then the breaker of its scenario.
func TestDemo(t *testing.T) {
	clock := sources.NewClock(20)
	c, err := demo.Start(t.Context(), demo.Options{Scenario: "breaker", Clock: clock, Hosts: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	reader := open(t, c.Nodes()[0].MetricsURL, func(o *Options) { o.Clock = clock })
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		r, body := collect(t, reader)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if len(body.Tripped) == 0 {
			continue
		}
		b := body.Tripped[0]
		known := slices.ContainsFunc(c.Nodes(), func(n demo.Node) bool { return n.AgentID == string(b.Agent) })
		if len(body.Tripped) != 1 || !known || b.State.String() != "open" || b.Since.IsZero() || !b.FailuresKnown || b.Reason.IsZero() {
			t.Errorf("%+v", body.Tripped)
		}
		return
	}
	t.Error("no breaker trips")
}
