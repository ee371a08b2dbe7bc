package prometheus

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// rulesFile is as an operator would write it, with shorter holds.
const rulesFile = `groups:
- name: stemedb
  interval: 1s
  rules:
  - alert: ReplicationLagCritical
    expr: stemedb_replication_lag_seconds > 10
    for: 0s
    labels: {severity: critical}
    annotations: {summary: "Replica {{ $labels.replica }} lags"}
  - alert: ReplicationLagWarning
    expr: stemedb_replication_lag_seconds > 5
    for: 1h
  - alert: ClusterSplitBrain
    expr: sum(stemedb_primaries) > 1
    labels: {severity: critical}
  - alert: HighNetworkUtilization
    expr: stemedb_network_bytes_sent_total > 1
  - alert: SomebodyElses
    expr: vector(1)
`

// startPrometheus runs the real server over a target of the test's own, and
// returns its URL.
func startPrometheus(t *testing.T, target string) string {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("prometheus is missing: apt-get install --no-install-recommends prometheus")
	}
	dir := t.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"+
		"scrape_configs:\n- job_name: stemedb\n  static_configs: [{targets: [%q]}]\n", strings.TrimPrefix(target, "http://"))
	for name, text := range map[string]string{"rules.yml": rulesFile, "prometheus.yml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(binary, "--config.file", filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("prometheus said:\n%s", said.String())
		}
	})
	return "http://" + address
}

// TestRealPrometheus reads the alerts of the server that it is written for.
func TestRealPrometheus(t *testing.T) {
	target := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		webtest.Answer("text/plain; version=0.0.4", `stemedb_replication_lag_seconds{replica="node2"} 41.3
stemedb_replication_lag_seconds{replica="node3"} 6
stemedb_replication_lag_seconds{replica="node4"} 0.2
stemedb_primaries 2
stemedb_network_bytes_sent_total 1e9
`)(w, r)
	})
	begin := time.Now()
	c := open(t, startPrometheus(t, target.URL))
	var words string
	var body *cluster.PrometheusReading
	for deadline := begin.Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var failed *cluster.Failure
		if body, failed = collect(t, c); failed != nil {
			if failed.Kind != cluster.FailRefused && failed.Kind != cluster.FailStatus { // it is starting
				t.Fatal(failed)
			}
			continue
		}
		words = ""
		for _, a := range body.Alerts {
			words += fmt.Sprintf("%s %s %s; ", a.Name, a.State, a.Replica)
		}
		if strings.Count(words, ";") == 5 && body.Others == 1 {
			break
		}
	}
	const want = "ClusterSplitBrain firing ; ReplicationLagCritical firing node2; HighNetworkUtilization firing ; " +
		"ReplicationLagWarning pending node2; ReplicationLagWarning pending node3; "
	if words != want || body.Others != 1 {
		t.Fatalf("%s and %+v\nwant %s", words, body, want)
	}
	lag := body.Alerts[1]
	if lag.Summary.String() != "Replica node2 lags" || lag.Severity.String() != "critical" || lag.Active.Before(begin.Add(-time.Second)) || lag.Active.After(time.Now()) {
		t.Errorf("%+v", lag)
	}
	if host, _, _ := strings.Cut(lag.Instance.String(), ":"); host != "127.0.0.1" {
		t.Errorf("instance %q", lag.Instance)
	}
}
