// Package config is the configuration of stemetop: its keys with their
// defaults and meaning, the strict reading of a file, and the writing of one.
//
// The struct Config is the only table of keys there is. The parser, the
// checks, the file that `stemetop init` writes and the README's table are made
// from its tags:
//
//	yaml   the key
//	doc    one line of meaning, in lower case
//	eg     an example, where there is no default
//	oneof  the words that a value may be
//	later  set where nothing reads the key yet: it is accepted and checked
package config

import "time"

// Config is everything that can be configured. Its zero value is not useful:
// start from Default.
type Config struct {
	Cluster    string     `yaml:"cluster" doc:"the cluster's name, first in the header; the primary's host where empty" eg:"prod-eu"`
	Interval   Duration   `yaml:"interval" doc:"time between two readings of a source, 100ms to 1h"`
	Primary    Node       `yaml:"primary"`
	Replicas   []Node     `yaml:"replicas"`
	SSH        SSH        `yaml:"ssh"`
	HTTP       HTTP       `yaml:"http"`
	Admin      Admin      `yaml:"admin"`
	Metrics    Metrics    `yaml:"metrics"`
	Thresholds Thresholds `yaml:"thresholds"`
	Alerts     []Alert    `yaml:"alerts"`
	WALPath    string     `yaml:"wal_path" doc:"the write-ahead log on the hosts; its disk is listed first, the busiest where it is not known"`
	Process    string     `yaml:"process" doc:"how the names of the database's processes begin"`
	Unit       string     `yaml:"unit" doc:"the database's systemd unit, for its log, its restarts and actions.restart"`
	APIToml    string     `yaml:"api_toml" doc:"the database's own configuration on the primary, for two settings and actions.rpc_timeout"`
	RPCPort    int        `yaml:"rpc_port" doc:"the replication port, for nodes without rpc"`
	Ramp       Ramp       `yaml:"ramp"`
	Actions    Actions    `yaml:"actions"`
	Escalation []string   `yaml:"escalation" doc:"whom to call, in this order"`
	Links      Links      `yaml:"links"`
	Prometheus Prometheus `yaml:"prometheus"`
	Record     Record     `yaml:"record"`
	History    History    `yaml:"history"`

	origin origin
}

// Node is the primary or a replica.
type Node struct {
	ID      string `yaml:"id" doc:"the node's name, for a replica as the lag metric's label has it" eg:"node2"`
	URL     string `yaml:"url" doc:"where its metrics are: with no path, /metrics is added" eg:"http://10.0.0.2:18180"`
	SSH     string `yaml:"ssh" doc:"its host, [user@]host[:port] or a name of the SSH configuration" eg:"ops@10.0.0.2:22"`
	RPC     string `yaml:"rpc" doc:"host:port of its replication port" eg:"10.0.0.2:18182"`
	AgentID string `yaml:"agent_id" doc:"its agent in the circuit breakers" eg:"agent-node2"`
	Proc    string `yaml:"proc" doc:"where its host has procfs"`
	Sys     string `yaml:"sys" doc:"where its host has sysfs"`
	LogFile string `yaml:"log_file" doc:"its log where there is no journald" eg:"/var/log/stemedb.log"`
}

// SSH is how hosts are reached.
type SSH struct {
	Transport    string `yaml:"transport" doc:"builtin, or openssh to run the system's ssh" oneof:"builtin openssh"`
	Config       string `yaml:"config" doc:"the SSH client configuration"`
	KnownHosts   string `yaml:"known_hosts" doc:"the keys of the hosts that are trusted; jump hosts go by the SSH configuration alone"`
	IdentityFile string `yaml:"identity_file" doc:"a private key for the hosts, beside those of the agent and of the SSH configuration; jump hosts go by that alone" eg:"~/.ssh/id_ed25519"`
}

// HTTP is how metrics are read.
type HTTP struct {
	Timeout   Duration `yaml:"timeout" doc:"for one whole answer"`
	BodyLimit Size     `yaml:"body_limit" doc:"a longer answer is cut off and partial"`
	CAFile    string   `yaml:"ca_file" doc:"PEM certificates to trust instead of the system's" eg:"/etc/stemedb/ca.pem"`
	CertFile  string   `yaml:"cert_file" doc:"PEM client certificate, with key_file"`
	KeyFile   string   `yaml:"key_file" doc:"PEM client key, with cert_file"`
	TokenFile string   `yaml:"token_file" doc:"a file with a bearer token"`
}

// Admin is how the primary's admin interface is reached.
type Admin struct {
	URL       string `yaml:"url" doc:"the admin interface; the primary's own address where empty" eg:"http://10.0.0.1:18180"`
	TokenFile string `yaml:"token_file" doc:"a file with a bearer token"`
	CAFile    string `yaml:"ca_file" doc:"PEM certificates to trust instead of the system's"`
	CertFile  string `yaml:"cert_file" doc:"PEM client certificate, with key_file"`
	KeyFile   string `yaml:"key_file" doc:"PEM client key, with cert_file"`
	Proxy     string `yaml:"proxy" doc:"an HTTP proxy; none is taken from the environment" eg:"http://proxy:3128"`
}

// Metrics are the names of what is read.
type Metrics struct {
	Lag              string `yaml:"lag" doc:"gauge, seconds behind, per replica"`
	ReplicaLabel     string `yaml:"replica_label" doc:"the label that names the replica"`
	Assertions       string `yaml:"assertions" doc:"counter of assertions indexed"`
	SyncProgress     string `yaml:"sync_progress" doc:"gauge, progress of the Merkle sync"`
	SyncProgressUnit string `yaml:"sync_progress_unit" doc:"ratio (0 to 1), percent, or auto to recognise it" oneof:"auto ratio percent"`
	SyncErrors       string `yaml:"sync_errors" doc:"counter of Merkle sync errors"`
	SyncDuration     string `yaml:"sync_duration" doc:"histogram of Merkle sync durations, seconds"`
	SentBytes        string `yaml:"sent_bytes" doc:"counter of bytes sent for replication"`
	Corruption       string `yaml:"corruption" doc:"counter of Merkle syncs that reported corruption; many servers have none"`
	SyncDiff         string `yaml:"sync_diff" doc:"gauge, size of the Merkle diff in assertions; empty where there is none" eg:"stemedb_merkle_diff"`
	StartTime        string `yaml:"start_time" doc:"gauge, Unix time in seconds at which the process began: tells restarts where there is no SSH"`
}

// Thresholds are limits of the lag.
type Thresholds struct {
	Warning  Duration `yaml:"lag_warning" doc:"a longer lag is a warning"`
	Critical Duration `yaml:"lag_critical" doc:"a longer lag is critical"`
	Escalate Duration `yaml:"lag_escalate" doc:"a longer lag is to be escalated"`
}

// Alert is an alert rule besides the runbook's three, or in place of the one whose
// name it has.
type Alert struct {
	Name     string   `yaml:"name" doc:"its name; that of one of the runbook's rules replaces it" eg:"ReplicationLagHigh"`
	Metric   string   `yaml:"metric" doc:"lag, or sync_errors for the rate of that counter" oneof:"lag sync_errors" eg:"lag"`
	Above    Number   `yaml:"above" doc:"fires above this: seconds behind, or errors per second" eg:"20"`
	Rate     Duration `yaml:"rate" doc:"range of the rate of sync_errors, up to 1h; 0s for lag"`
	For      Duration `yaml:"for" doc:"how long it must hold before it fires"`
	Keep     Duration `yaml:"keep_firing_for" doc:"how long it goes on firing after that"`
	Severity string   `yaml:"severity" doc:"warning or critical" oneof:"warning critical"`
}

// Ramp is the runbook's gradual rise of the ingest rate.
type Ramp struct {
	Steps []int    `yaml:"steps" doc:"assertions per second, rising"`
	Hold  Duration `yaml:"hold" doc:"how long each step has to hold before the next"`
	Floor int      `yaml:"floor" doc:"assertions per second below which no limit is suggested, and a lower one wants its name typed"`
}

// Actions are what may be done on hosts, over SSH.
type Actions struct {
	WALTest     string   `yaml:"wal_test" doc:"write test of a replica's WAL disk: direct, buffered where there is no direct I/O, or forbidden" oneof:"direct buffered forbidden"`
	WALTestSize Size     `yaml:"wal_test_size" doc:"what it writes at most, in whole MiB up to 16GiB"`
	WALTestTime Duration `yaml:"wal_test_time" doc:"how long it writes at most, in whole seconds up to 1m"`
	WALTestFree Size     `yaml:"wal_test_free" doc:"what has to stay free on the disk; a tenth of the disk in any case"`
	RPCTimeout  string   `yaml:"rpc_timeout" doc:"the edit of rpc_timeout_ms in api_toml, and its way back: allowed or forbidden" oneof:"forbidden allowed"`
	Restart     string   `yaml:"restart" doc:"the restart of unit on the primary: allowed or forbidden" oneof:"forbidden allowed"`
	Shell       string   `yaml:"shell" doc:"what runs it there: sh, or sudo for an account that may run /bin/sh by sudo -n" oneof:"sh sudo"`
}

// Links are documents and pages to point at.
type Links struct {
	Dashboard  string `yaml:"dashboard" doc:"the cluster's dashboard, a URL or a path" eg:"https://grafana/d/stemedb"`
	Rebuild    string `yaml:"rebuild" doc:"how to rebuild a replica; the runbook's own document where empty" eg:"https://wiki/rebuild-replica"`
	SplitBrain string `yaml:"split_brain" doc:"what to do about a split brain; the runbook's own document where empty" eg:"https://wiki/split-brain"`
}

// Prometheus is a server whose alerts are shown beside our own.
type Prometheus struct {
	URL       string   `yaml:"url" doc:"a Prometheus server, whose alerts are shown beside our own" eg:"http://prometheus:9090"`
	Labels    []string `yaml:"labels" doc:"labels that an alert must bear to be of this cluster" eg:"[cluster=prod-eu]"`
	TokenFile string   `yaml:"token_file" doc:"a file with a bearer token"`
	CAFile    string   `yaml:"ca_file" doc:"PEM certificates to trust; those of http where empty"`
	CertFile  string   `yaml:"cert_file" doc:"PEM client certificate, with key_file; that of http where empty"`
	KeyFile   string   `yaml:"key_file" doc:"PEM client key, with cert_file"`
}

// Record is where runs are recorded.
type Record struct {
	Dir     string   `yaml:"dir" doc:"directory of the recordings; below the XDG state directory where empty"`
	MaxSize Size     `yaml:"max_size" doc:"of all recordings together; the oldest go first"`
	MaxAge  Duration `yaml:"max_age" doc:"older recordings are removed"`
}

// History is what is kept in memory.
type History struct {
	Raw       Duration `yaml:"raw" doc:"how long every reading is kept; later minimum, maximum and last of longer spans"`
	Retention Duration `yaml:"retention" doc:"how far back the memory reaches"`
	MaxMemory Size     `yaml:"max_memory" doc:"where this is reached, history becomes coarser first"`
}

// Default returns the configuration before any file, environment or flag.
func Default() *Config {
	return &Config{
		Interval: Duration(time.Second),
		Primary:  DefaultNode(),
		SSH:      SSH{Transport: "builtin", Config: "~/.ssh/config", KnownHosts: "~/.ssh/known_hosts"},
		HTTP:     HTTP{Timeout: Duration(5 * time.Second), BodyLimit: 32 << 20},
		Metrics: Metrics{
			Lag:              "stemedb_replication_lag_seconds",
			ReplicaLabel:     "replica",
			Assertions:       "stemedb_assertions_indexed_total",
			SyncProgress:     "stemedb_merkle_sync_progress",
			SyncProgressUnit: "auto",
			SyncErrors:       "stemedb_merkle_sync_errors_total",
			SyncDuration:     "stemedb_merkle_sync_duration_seconds",
			SentBytes:        "stemedb_network_bytes_sent_total",
			Corruption:       "stemedb_merkle_sync_corruption_total",
			StartTime:        "process_start_time_seconds",
		},
		Thresholds: Thresholds{Duration(5 * time.Second), Duration(10 * time.Second), Duration(time.Minute)},
		WALPath:    "/var/lib/stemedb/wal",
		Process:    "stemedb",
		Unit:       "stemedb-api",
		APIToml:    "/etc/stemedb/api.toml",
		RPCPort:    18182,
		Ramp:       Ramp{Steps: []int{100, 500, 1000, 2000}, Hold: Duration(5 * time.Minute), Floor: 50},
		Actions: Actions{
			WALTest: "direct", WALTestSize: 1000 << 20, WALTestTime: Duration(15 * time.Second), WALTestFree: 5 << 30,
			RPCTimeout: "forbidden", Restart: "forbidden", Shell: "sh",
		},
		Escalation: []string{"Primary on-call - Cluster SRE", "Distributed systems engineer", "Principal engineer"},
		Record:     Record{MaxSize: 1 << 30, MaxAge: Duration(14 * 24 * time.Hour)},
		History:    History{Raw: Duration(15 * time.Minute), Retention: Duration(24 * time.Hour), MaxMemory: 128 << 20},
	}
}

// DefaultNode returns a node with the defaults that each node has.
func DefaultNode() Node { return Node{Proc: "/proc", Sys: "/sys"} }

// DefaultAlert returns an alert rule with the defaults that each has.
func DefaultAlert() Alert { return Alert{Severity: "warning"} }
