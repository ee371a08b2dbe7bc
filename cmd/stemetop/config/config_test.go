package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var values = cmpopts.IgnoreUnexported(Config{})

// The sample of the design document, as a person would write it.
const sample = `
cluster: prod-eu
interval: 1s
primary: {id: node1, url: http://10.0.0.1:18180, ssh: node1, rpc: "10.0.0.1:18182"}
replicas:
  - {id: node2, url: http://10.0.0.2:18180, ssh: "ops@10.0.0.2:22", rpc: "10.0.0.2:18182", agent_id: agent-node2}
ssh: {transport: builtin, config: ~/.ssh/config, known_hosts: ~/.ssh/known_hosts, identity_file: ""}   # or transport: openssh
http: {timeout: 5s, body_limit: 32MiB, ca_file: "", cert_file: "", key_file: "", token_file: ""}
admin: {url: "", token_file: "", ca_file: "", cert_file: "", key_file: "", proxy: ""}
metrics: {lag: stemedb_replication_lag_seconds, replica_label: replica, assertions: stemedb_assertions_indexed_total,
          sync_progress: stemedb_merkle_sync_progress, sync_progress_unit: auto, sync_errors: stemedb_merkle_sync_errors_total,
          sync_duration: stemedb_merkle_sync_duration_seconds, sent_bytes: stemedb_network_bytes_sent_total}
thresholds: {lag_warning: 5s, lag_critical: 10s, lag_escalate: 60s}
wal_path: /var/lib/stemedb/wal
process: stemedb
unit: stemedb-api
api_toml: /etc/stemedb/api.toml
rpc_port: 18182
ramp: {steps: [100, 500, 1000, 2000], hold: 5m, floor: 50}
escalation: [Primary on-call - Cluster SRE, Distributed systems engineer, Principal engineer]
links: {dashboard: "", rebuild: "", split_brain: ""}
prometheus: {url: ""}
record: {dir: "", max_size: 1GiB, max_age: 14d}
history: {raw: 15m, retention: 24h, max_memory: 128MiB}
`

func TestSampleIsTheDefaults(t *testing.T) {
	c, err := Parse("config.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Cluster = "prod-eu"
	want.Primary = Node{ID: "node1", URL: "http://10.0.0.1:18180", SSH: "node1", RPC: "10.0.0.1:18182", Proc: "/proc", Sys: "/sys"}
	want.Replicas = []Node{{
		ID: "node2", URL: "http://10.0.0.2:18180", SSH: "ops@10.0.0.2:22", RPC: "10.0.0.2:18182", AgentID: "agent-node2",
		Proc: "/proc", Sys: "/sys",
	}}
	if d := cmp.Diff(want, c, values); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestProblemsArePointedAt(t *testing.T) {
	const start = "primary: {url: http://h:1}\n"
	for _, tc := range []struct{ name, text, want, hint string }{
		{"unknown key", start + "replica:\n", `f.yaml:2:1: unknown key "replica"`, `did you mean "replicas"?`},
		{"unknown key below", start + "ssh: {transprt: openssh}\n", `f.yaml:2:7: unknown key "transprt" in ssh`, `did you mean "transport"?`},
		{"unknown key in a list", start + "replicas:\n  - id: a\n    agent: b\n", `f.yaml:4:5: unknown key "agent" in replicas[0]`, "one of agent_id"},
		{"unknown word", start + "ssh:\n  transport: openshh\n", `f.yaml:3:14: ssh.transport can't be "openshh"`, `did you mean "openssh"?`},
		{"a list for a value", start + "cluster: [a]\n", "f.yaml:2:10: cluster wants one value, not a list", "for example prod-eu"},
		{"a value for a list", start + "replicas: node2\n", `f.yaml:2:11: replicas wants a list, not "node2"`, "after a dash"},
		{"a value for a mapping", start + "http: 5s\n", `f.yaml:2:7: http wants keys of its own, not "5s"`, "its keys are timeout"},
		{"not a duration", start + "interval: fast\n", `f.yaml:2:11: interval wants a duration, not "fast"`, "500ms"},
		{"a duration without a unit", start + "interval: 5\n", `f.yaml:2:11: interval wants a duration, not "5"`, "500ms"},
		{"not a size", start + "http: {body_limit: much}\n", `f.yaml:2:20: http.body_limit wants a size, not "much"`, "32MiB"},
		{"not a number", start + "rpc_port: many\n", `f.yaml:2:11: rpc_port wants a whole number, not "many"`, ""},
		{"not a number in a list", start + "ramp: {steps: [1, x]}\n", `f.yaml:2:19: ramp.steps[1] wants a whole number, not "x"`, ""},
		{"the same key twice", start + "cluster: a\ncluster: b\n", `f.yaml:3:1: mapping key "cluster" already defined`, "keep one"},
		{"a tab", start + "\tcluster: x\n", `f.yaml:2:1: is not YAML`, "no tabs"},
		{"not YAML", "a: [", `f.yaml:1:4: is not YAML`, "a bracket"},
		{"no mapping at all", "hello", `f.yaml:1:1: the file wants keys of its own`, ""},
		{"an alias", start + "cluster: &a x\n", `f.yaml:2:10: cluster wants one value, not a tag, anchor or alias`, ""},
		{"a tagged list", start + "replicas: !!seq [x]\n", `f.yaml:2:11: replicas wants a list, not a tag, anchor or alias`, ""},
		{"a tagged mapping", start + "http: !!map\n", `f.yaml:2:7: http wants keys of its own, not a tag`, ""},
		{"the same id twice", start + "replicas:\n  - id: a\n  - id: a\n", `f.yaml:4:9: replicas[1].id is "a", which replicas[0] is already`, "of its own"},
		{"the primary's id", "primary: {id: a, url: http://h:1}\nreplicas: [{id: a}]\n", `f.yaml:2:17: replicas[0].id is "a", which primary is already`, ""},
		{"no id", start + "replicas: [{url: http://h:2}]\n", `f.yaml:2:12: replicas[0].id is not given`, ""},
		{"no primary", "cluster: x\n", `f.yaml: primary.url is not given`, "stemetop init"},
		{"not a URL", "primary:\n  url: localhost:18180\n", `f.yaml:2:8: primary.url is "localhost:18180"`, "http or https"},
		{"a password in a bad URL", "primary:\n  url: ftp://u:hunter2@h\n", `f.yaml:2:8: primary.url is not fit to use`, "http or https"},
		{"a token in a URL", "primary:\n  url: http://h:1/metrics?token=hunter2\n", `f.yaml:2:8: primary.url is "http://h:1/metrics?…"`, "leave the part from ?"},
		{"a token in a bad URL", "primary:\n  url: h:1/metrics?token=hunter2\n", `f.yaml:2:8: primary.url is "h:1/metrics?…"`, "http or https"},
		{"a token in a bad link", start + "links: {rebuild: 'ftp://h/x?token=hunter2'}\n", `f.yaml:2:18: links.rebuild is "ftp://h/x?…"`, "without a password"},
		{"an option for ssh", start + "replicas: [{id: a, ssh: -oProxyCommand=x}]\n", `f.yaml:2:25: replicas[0].ssh is "-oProxyCommand=x"`, "[user@]host"},
		{"a port that is none", start + "replicas: [{id: a, ssh: 'ops@h:99999'}]\n", `f.yaml:2:25: replicas[0].ssh is "ops@h:99999"`, "[user@]host"},
		{"a port that is none behind IPv6", start + "replicas: [{id: a, ssh: '[::1]:0'}]\n", `f.yaml:2:25: replicas[0].ssh is "[::1]:0"`, "[user@]host"},
		{"an RPC port that is none", start + "replicas: [{id: a, rpc: 'h:70000'}]\n", `f.yaml:2:25: replicas[0].rpc is "h:70000"`, "host:port"},
		{"one metric for two", start + "metrics: {sync_errors: x, assertions: x}\n", `f.yaml:2:24: metrics.sync_errors is "x", which metrics.assertions is already`, "name of its own"},
		{"thresholds out of order", start + "thresholds: {lag_critical: 4s}\n", `f.yaml:2:28: thresholds.lag_critical is 4s`, "more than lag_warning, 5s"},
		{"an interval of nothing", start + "interval: 0s\n", `f.yaml:2:11: interval is 0s`, "from 100ms"},
		{"steps out of order", start + "ramp: {steps: [500, 100]}\n", `f.yaml:2:15: ramp.steps is [500 100]`, "rising"},
		{"a certificate alone", start + "http: {cert_file: a}\n", `f.yaml:2:7: http.key_file is not given, but cert_file is`, ""},
		{"an escape", start + "cluster: \"a\\e[2J\"\n", `f.yaml:2:10: cluster holds a control character: "a\x1b[2J"`, ""},
		{"a label without a value", start + "prometheus: {labels: [cluster=eu, eu]}\n", `f.yaml:2:35: prometheus.labels[1] is "eu"`, "name=value"},
		{"a label of no name", start + "prometheus: {labels: [a-b=c]}\n", `f.yaml:2:23: prometheus.labels[0] is "a-b=c"`, "name=value"},
		{"a metric of no rule", start + "alerts:\n  - {name: A, metric: lags}\n", `f.yaml:3:23: alerts[0].metric can't be "lags"`, `did you mean "lag"?`},
		{"no metric", start + "alerts:\n  - {name: A}\n", `f.yaml:3:5: alerts[0].metric is not given`, "lag or sync_errors"},
		{"an unknown key of a rule", start + "alerts:\n  - {name: A, metric: lag, abov: 3}\n", `f.yaml:3:28: unknown key "abov" in alerts[0]`, `did you mean "above"?`},
		{"a threshold with a unit", start + "alerts: [{name: A, metric: lag, above: 20s}]\n", `f.yaml:2:40: alerts[0].above wants a number, not "20s"`, "without a unit"},
		{"a threshold of nothing", start + "alerts: [{name: A, metric: lag, above: .nan}]\n", `f.yaml:2:40: alerts[0].above wants a number`, ""},
		{"a rate of one reading", start + "alerts: [{name: A, metric: sync_errors, above: 2, rate: 1s}]\n", `f.yaml:2:57: alerts[0].rate is 1s, less than four intervals of 1s`, "choose a longer one"},
		{"a rate of a lag", start + "alerts: [{name: A, metric: lag, above: 2, rate: 5m}]\n", `f.yaml:2:49: alerts[0].rate is 5m, but a lag has no rate`, "leave it away"},
		{"errors without a rate", start + "alerts: [{name: A, metric: sync_errors, above: 2}]\n", `f.yaml:2:10: alerts[0].rate is 0s`, "up to 1h"},
		{"a rate too long", start + "alerts: [{name: A, metric: sync_errors, rate: 2h}]\n", `f.yaml:2:47: alerts[0].rate is 2h`, "up to 1h"},
		{"the same rule twice", start + "alerts: [{name: A, metric: lag}, {name: A, metric: lag}]\n", `f.yaml:2:41: alerts[1].name is "A", which alerts[0] is already`, "of its own"},
		{"a name that is none", start + "alerts: [{name: a b, metric: lag}]\n", `f.yaml:2:17: alerts[0].name is "a b"`, "letters"},
		{"a severity of its own", start + "alerts: [{name: A, metric: lag, severity: page}]\n", `f.yaml:2:43: alerts[0].severity can't be "page"`, "warning, critical"},
		{"a hold below 0", start + "alerts: [{name: A, metric: lag, for: -1s}]\n", `f.yaml:2:38: alerts[0].for is -1s`, ""},
		{"a link that runs", start + "links: {dashboard: 'javascript:alert(1)'}\n", `f.yaml:2:20: links.dashboard is "javascript:alert(1)"`, "http or https URL"},
		{"a link with a password", start + "links: {rebuild: 'https://u:hunter2@h/x'}\n", `f.yaml:2:18: links.rebuild is not fit to use`, "without a password"},
		{"a link that looks like another", start + "links: {split_brain: 'https://wik\u0456/x'}\n", `f.yaml:2:22: links.split_brain is`, "plain characters"},
		{"a link with blanks", start + "links: {rebuild: 'see the wiki'}\n", `f.yaml:2:18: links.rebuild is "see the wiki"`, "a path"},
		{"a relative path", start + "wal_path: wal\n", `f.yaml:2:11: wal_path is "wal"`, "absolute"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := Parse("f.yaml", []byte(tc.text))
			if err == nil {
				err = c.Check()
			}
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("got %v, want problems", err)
			}
			if got := ps[0].Error(); !strings.HasPrefix(got, tc.want) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if !strings.Contains(ps[0].Hint, tc.hint) {
				t.Errorf("hint %q, want %q in it", ps[0].Hint, tc.hint)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("shows the password")
			}
		})
	}
}

func TestNothingOrCommentsAreTheDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "primary:\nreplicas:\nhttp: ~\n"} {
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if d := cmp.Diff(Default(), c, values, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

func TestAnIDIsTextWhateverItLooksLike(t *testing.T) {
	c, err := Parse("f", []byte("replicas: [{id: 010}, {id: yes}, {id: 1e3}, {id: '0x1f'}, {id: .inf}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range c.Replicas {
		ids = append(ids, r.ID)
	}
	if d := cmp.Diff([]string{"010", "yes", "1e3", "0x1f", ".inf"}, ids); d != "" {
		t.Error(d)
	}
}

// What init writes is what was meant, whatever the words are.
func TestWriteReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.StringMatching(`[ -~äß→]{0,12}`), rapid.SampledFrom([]string{"null", "Null", "~", "yes", "010", ".nan", "-x"}))
		c := Default()
		c.Cluster = word.Draw(t, "cluster")
		c.Interval = Duration(rapid.Int64Range(0, 1<<50).Draw(t, "interval"))
		c.HTTP.BodyLimit = Size(rapid.Int64Range(0, 1<<50).Draw(t, "limit"))
		c.Escalation = rapid.SliceOf(word).Draw(t, "escalation")
		c.Ramp.Steps = rapid.SliceOf(rapid.Int()).Draw(t, "steps")
		for range rapid.IntRange(0, 3).Draw(t, "replicas") {
			n := DefaultNode()
			n.ID, n.LogFile = word.Draw(t, "id"), word.Draw(t, "log")
			c.Replicas = append(c.Replicas, n)
		}
		for range rapid.IntRange(0, 2).Draw(t, "alerts") {
			a := DefaultAlert()
			a.Name, a.Metric, a.Above = word.Draw(t, "name"), "sync_errors", Number(rapid.Float64Range(-1e300, 1e300).Draw(t, "above"))
			c.Alerts = append(c.Alerts, a)
		}
		var b strings.Builder
		if err := Write(&b, c); err != nil {
			t.Fatal(err)
		}
		back, err := Parse("f", []byte(b.String()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if d := cmp.Diff(c, back, values, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%s in\n%s", d, b.String())
		}
	})
}

// What is written as an example of an item is one, once it is no comment any more.
func TestWrittenExamplesAreRead(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, Default()); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, key := range []string{"alerts", "replicas"} {
		text = strings.Replace(text, "\n"+key+": []", "\n"+key+":", 1)
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n#  - ", "\n  - "), "\n#    ", "\n    ")
	c, err := Parse("f", []byte(text))
	if err != nil {
		t.Fatal(err, text)
	}
	c.Primary.URL = "http://h:1"
	if err := c.Check(); err != nil || len(c.Replicas) != 1 {
		t.Error(err, len(c.Replicas))
	}
	want := []Alert{{Name: "ReplicationLagHigh", Metric: "lag", Above: 20, Severity: "warning"}}
	if d := cmp.Diff(want, c.Alerts); d != "" {
		t.Error(d)
	}
}

func TestOverridesNameTheirFlag(t *testing.T) {
	c := Default()
	c.SetPrimary("http://h:1", "--primary")
	for _, w := range []string{"node2=http://a:1", "node3=ftp://b"} {
		if err := c.SetReplica(w, "--replica"); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []string{"node2=ops@h:22", "primary=p", "node9=[::1]:2222"} {
		if err := c.SetSSH(w, "--ssh"); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.Replicas) != 3 || c.Replicas[0].SSH != "ops@h:22" || c.Primary.SSH != "p" || c.Replicas[2].URL != "" {
		t.Errorf("got %+v", c.Replicas)
	}
	want := `--replica: replicas[1].url is "ftp://b"`
	if err := c.Check(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := c.SetReplica("node2", "--replica"); err == nil || err.Error() != `--replica: "node2" is not understood` {
		t.Error(err)
	}
}

func TestAPasswordComesFromAFileOnly(t *testing.T) {
	c, err := Parse("f", []byte("primary: {url: 'http://u:hunter2@h'}"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Errorf("in the file: %v", err)
	}
	c.SetPrimary("http://u:hunter2@h", "--primary")
	err = c.Check()
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("as an argument: %v", err)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"replicas", "record", "ramp", "rpc_port"}
	for word, want := range map[string]string{
		"replica": "replicas", "reccord": "record", "RAMP": "", "rpcport": "rpc_port", "x": "", "": "",
	} {
		if got, _ := Nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("replicas: [{id: a}, {id: a, ssh: -x}]\nhttp: {timeout: 14d, body_limit: 1e99TiB}"))
	f.Add([]byte("a: &x [*x]\n<<: *x\n? [b]\n: c"))
	f.Add([]byte("replicas: !!seq x\nhttp: !!map\nssh: &a {}\n"))
	f.Add([]byte("---\n---\n%TAG\n!!binary a: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f", data)
		if err == nil {
			err = c.Check()
		}
		var ps Problems
		if err != nil && !errors.As(err, &ps) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, p := range ps {
			for _, r := range p.Error() + p.Hint {
				if r < 0x20 || r == 0x7f {
					t.Fatalf("%q steers the terminal", p.Error())
				}
			}
		}
	})
}
