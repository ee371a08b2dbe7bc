package main

import (
	"slices"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// rules are the runbook's alert rules, with those of the configuration in their
// place or after them.
func (w *wiring) rules() []runbook.Rule {
	rules := runbook.DefaultRules(limitsOf(w.config))
	for _, a := range w.config.Alerts {
		r := runbook.Rule{
			Name: cluster.Clean(a.Name), Family: cluster.FamilyLag, Above: float64(a.Above),
			For: a.For.D(), KeepFiringFor: a.Keep.D(),
		}
		if a.Metric == "sync_errors" {
			r.Family, r.Rate = cluster.FamilySyncErrors, a.Rate.D().Round(time.Millisecond)
		}
		if a.Severity == "critical" {
			r.Severity = runbook.SeverityCritical
		}
		if i := slices.IndexFunc(rules, func(x runbook.Rule) bool { return x.Name == r.Name }); i >= 0 {
			rules[i] = r
			continue
		}
		rules = append(rules, r)
	}
	return rules
}
