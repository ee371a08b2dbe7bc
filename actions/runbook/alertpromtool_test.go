package runbook

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// slot is one scrape of a series in promtool's notation: a value, "_" for no
// sample at all, or "stale" for a stale marker.
type slot struct {
	mark  string // "", "_" or "stale"
	value float64
}

func (s slot) String() string {
	if s.mark != "" {
		return s.mark
	}
	return fmt.Sprint(s.value) // %v of NaN and +Inf is promtool's too
}

// scenario is a series of one family, scraped from time 0 on.
type scenario struct {
	name   string
	family cluster.Family
	slots  []slot
}

// bench is one promtool test file: all its scenarios share the cadence.
type bench struct {
	scrape, eval time.Duration
	scenarios    []scenario
}

var metricNames = map[cluster.Family]string{
	cluster.FamilyLag:        "stemedb_replication_lag_seconds",
	cluster.FamilySyncErrors: "stemedb_merkle_sync_errors_total",
}

// ruleset is the runbook's rules and one that a config might add.
func ruleset() []Rule {
	rules := DefaultRules(cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute})
	return append(
		rules,
		Rule{
			Name: cluster.Clean("LagHeld"), Severity: SeverityWarning, Family: cluster.FamilyLag,
			Above: 10, For: time.Minute, KeepFiringFor: 2 * time.Minute,
		},
		Rule{
			Name: cluster.Clean("ErrorsHeld"), Severity: SeverityWarning, Family: cluster.FamilySyncErrors,
			Rate: 2 * time.Minute, Above: 0.05, For: time.Minute,
		},
	)
}

// TestAlertsAgreeWithPrometheus runs the mirror and the real promtool over the
// same series, and compares the state of each rule at each evaluation.
func TestAlertsAgreeWithPrometheus(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing: apt-get install --no-install-recommends prometheus")
	}
	dir := t.TempDir()
	writeRules(t, filepath.Join(dir, "rules.yml"), ruleset())
	files, count := []string{"test", "rules"}, struct{ series, states, active, firing int }{}
	names := make(map[string]scenario)
	for i, b := range benches() {
		path := filepath.Join(dir, fmt.Sprintf("test%d.yml", i))
		text, states := b.promtool(i, &count.active, &count.firing)
		for j, s := range b.scenarios {
			names[label(i, j)] = s
		}
		count.series += len(b.scenarios)
		count.states += states
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	out, err := exec.CommandContext(t.Context(), promtool, files...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%.6000s", err, out)
		for _, id := range distinct(regexp.MustCompile(`replica="(b\d+s\d+)"`).FindAllStringSubmatch(string(out), -1)) {
			t.Errorf("%s is %s: %v", id, names[id].name, names[id].slots)
		}
	}
	if count.series < 60 {
		t.Errorf("only %d series", count.series)
	}
	t.Logf("agrees with promtool: %d series, %d states of alerts, %d of them pending or firing, %d firing",
		count.series, count.states, count.active, count.firing)
}

func label(bench, scenario int) string { return fmt.Sprintf("b%ds%02d", bench, scenario) }

func distinct(matches [][]string) []string {
	var ids []string
	seen := make(map[string]bool)
	for _, m := range matches {
		if !seen[m[1]] {
			seen[m[1]], ids = true, append(ids, m[1])
		}
	}
	return ids
}

// writeRules writes rules as Prometheus reads them.
func writeRules(t *testing.T, path string, rules []Rule) {
	t.Helper()
	var b strings.Builder
	b.WriteString("groups:\n- name: runbook\n  rules:\n")
	for _, r := range rules {
		expr := metricNames[r.Family]
		if r.Rate > 0 {
			expr = fmt.Sprintf("rate(%s[%ds])", expr, int(r.Rate.Seconds()))
		}
		fmt.Fprintf(&b, "  - alert: %s\n    expr: %s > %v\n    for: %ds\n    keep_firing_for: %ds\n    labels: {severity: %s}\n",
			r.Name, expr, r.Above, int(r.For.Seconds()), int(r.KeepFiringFor.Seconds()), r.Severity)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// promtool returns the unit test file whose expectations are the mirror's.
func (b bench) promtool(n int, active, firing *int) (text string, states int) {
	var f strings.Builder
	fmt.Fprintf(&f, "rule_files: [rules.yml]\nevaluation_interval: %ds\ntests:\n- interval: %ds\n  input_series:\n",
		int(b.eval.Seconds()), int(b.scrape.Seconds()))
	for i, s := range b.scenarios {
		words := strings.Trim(fmt.Sprint(s.slots), "[]")
		fmt.Fprintf(&f, "  - series: '%s{replica=\"%s\"}'\n    values: '%s'\n", metricNames[s.family], label(n, i), words)
	}
	f.WriteString("  promql_expr_test:\n")
	for i, s := range b.scenarios {
		s.replay(b, DialectDebian12, func(at time.Duration, alerts []Alert) {
			fmt.Fprintf(&f, "  - expr: ALERTS{replica=\"%s\"}\n    eval_time: %ds\n    exp_samples:\n", label(n, i), int(at.Seconds()))
			for _, a := range alerts {
				states++
				if a.Prometheus == AlertInactive {
					continue
				}
				*active++
				if a.Prometheus == AlertFiring {
					*firing++
				}
				fmt.Fprintf(&f, "    - {value: 1, labels: 'ALERTS{alertname=\"%s\", alertstate=\"%s\", replica=\"%s\", severity=\"%s\"}'}\n",
					a.Rule.Name, a.Prometheus, label(n, i), a.Rule.Severity)
			}
		})
	}
	return f.String(), states
}

// replay feeds the scenario to the mirror, and shows its alerts at each
// evaluation, as promtool does: from time 0 to the end of the series.
func (s scenario) replay(b bench, d Dialect, show func(at time.Duration, alerts []Alert)) {
	a := NewAlerts(ruleset(), AlertOptions{Every: b.eval, Dialect: d})
	next := 0
	end := time.Duration(len(s.slots)) * b.scrape
	for at := time.Duration(0); at < end; at += b.eval {
		for ; next < len(s.slots) && time.Duration(next)*b.scrape <= at; next++ {
			taken := time.UnixMilli(0).Add(time.Duration(next) * b.scrape)
			switch s.slots[next].mark {
			case "":
				a.Observe("node1", s.family, "node2", taken, s.slots[next].value)
			case "stale":
				a.Absent("node1", s.family, "node2")
			}
		}
		now := time.UnixMilli(0).Add(at)
		a.Evaluate(now)
		show(at, a.List(now))
	}
}
