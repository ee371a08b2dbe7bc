package main

import (
	"testing"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Rules of the configuration come after the runbook's, or in the place of one.
func TestConfiguredRules(t *testing.T) {
	c, err := config.Parse("f", []byte(`
primary: {url: http://h:1}
thresholds: {lag_warning: 2s}
alerts:
  - {name: ReplicationLagCritical, metric: lag, above: 30, for: 1m, severity: critical}
  - {name: SyncErrorsHeld, metric: sync_errors, above: 0.05, rate: 2m, for: 30s, keep_firing_for: 1m}
`))
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	rules := newWiring(c, sources.NewClock(1), nil).rules()
	want := []runbook.Rule{
		{Name: cluster.Clean("ReplicationLagCritical"), Severity: runbook.SeverityCritical, Above: 30, For: time.Minute},
		{Name: cluster.Clean("ReplicationLagWarning"), Above: 2, For: 5 * time.Minute},
		{Name: cluster.Clean("MerkleSyncFailures"), Family: cluster.FamilySyncErrors, Rate: 5 * time.Minute, Above: 0.1},
		{Name: cluster.Clean("SyncErrorsHeld"), Family: cluster.FamilySyncErrors, Rate: 2 * time.Minute, Above: 0.05, For: 30 * time.Second, KeepFiringFor: time.Minute},
	}
	if len(rules) != len(want) {
		t.Fatalf("%d rules", len(rules))
	}
	for i, r := range rules {
		if r != want[i] {
			t.Errorf("rule %d is %+v, want %+v", i, r, want[i])
		}
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	}
}
