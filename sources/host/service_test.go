package host

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

// What versions of systemctl say, and what stands in its way.
func TestParseService(t *testing.T) {
	clean := cluster.Clean
	const unit = "stemedb-api"
	running := cluster.ServiceReading{
		Unit: clean(unit), Told: true, Active: clean("active"), Sub: clean("running"), Result: clean("success"),
		Entered: 51_873_204 * time.Microsecond, Restarts: 3, Counted: true,
	}
	old := running
	old.Restarts, old.Counted = 0, false
	again := cluster.ServiceReading{
		Unit: clean(unit), Told: true, Active: clean("activating"), Sub: clean("auto-restart"), Result: clean("core-dump"),
		Entered: time.Second, Restarts: 41, Counted: true,
	}
	why := func(why, hint string) cluster.ServiceReading {
		return cluster.ServiceReading{Unit: clean(unit), Why: clean(why), Hint: clean(hint)}
	}
	const none = "this host has no systemd; starts are told by the processes that are seen"
	for name, tt := range map[string]struct {
		text string
		want cluster.ServiceReading
	}{
		"systemd 257": {"via systemctl\nResult=success\nNRestarts=3\nLoadState=loaded\nActiveState=active\nSubState=running\nActiveEnterTimestampMonotonic=51873204\n", running},
		"systemd 219": {"via systemctl\nResult=success\nLoadState=loaded\nActiveState=active\nSubState=running\nActiveEnterTimestampMonotonic=51873204\n", old},
		"crashing":    {"via systemctl\nResult=core-dump\nNRestarts=41\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\nActiveEnterTimestampMonotonic=1000000\n", again},
		"another unit": {
			"via systemctl\nResult=success\nNRestarts=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nActiveEnterTimestampMonotonic=0\n",
			func() cluster.ServiceReading {
				r := why("systemd knows no unit stemedb-api", "set unit in the configuration to the one that runs the database")
				r.Active, r.Sub, r.Result, r.Counted = clean("inactive"), clean("dead"), clean("success"), true
				return r
			}(),
		},
		"no systemctl": {"via none absent\n", why(none, "")},
		"a container":  {"via none failed System has not been booted with systemd as init system (PID 1). Can't operate.\n", why(none, "")},
		"no bus": {
			"via none failed Failed to connect to bus: Permission denied\n",
			why("systemctl show stemedb-api: Failed to connect to bus: Permission denied", "try it on the host; until then starts are told by the processes that are seen"),
		},
		"it hangs": {"via none failed \n", why("systemctl does not answer", "systemd or its bus hangs on that host: try systemctl there")},
		"nothing":  {"", why("not understood: ", "")},
		"garbage":  {"via systemctl\nfoo\n", why("not understood: foo\\u000a", "")},
	} {
		got := parseService([]byte(tt.text), unit)
		if name == "garbage" {
			got.Why = clean("not understood: foo\\u000a") // however it is escaped
		}
		if d := cmp.Diff(&tt.want, got, texts); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}

func TestParseAPIConfig(t *testing.T) {
	clean := cluster.Clean
	const path = "/etc/stemedb/api.toml"
	set := func(v float64) cluster.Setting { return cluster.Setting{Set: true, Valid: true, Value: v} }
	for name, tt := range map[string]struct {
		text string
		want cluster.APIConfig
	}{
		"both": {
			"ok\n# a comment\n[cluster]\nmax_replication_lag_seconds = 30 # pause\nrpc_timeout_ms = 10_000\ntoken = \"secret\"\n",
			cluster.APIConfig{Read: true, MaxLag: set(30), Timeout: set(10000)},
		},
		"dotted, and the same keys elsewhere": {
			"ok\ncluster.rpc_timeout_ms = 7.5\n[other]\nrpc_timeout_ms = 1\ntext = \"\"\"\n[cluster]\nmax_replication_lag_seconds = 5\n\"\"\"\n",
			cluster.APIConfig{Read: true, Timeout: set(7.5)},
		},
		"neither": {"ok\n\n", cluster.APIConfig{Read: true}},
		"no numbers": {
			"ok\n[cluster]\nmax_replication_lag_seconds = \"30\"\nrpc_timeout_ms = -1\n",
			cluster.APIConfig{Read: true, MaxLag: cluster.Setting{Set: true}, Timeout: cluster.Setting{Set: true}},
		},
		"twice":    {"ok\n[cluster]\na = \"secret\"\n[cluster]\n", cluster.APIConfig{Why: clean("it is not TOML in line 3, column 2")}},
		"not TOML": {"ok\n[cluster]\ntoken = secret\n", cluster.APIConfig{Why: clean("it is not TOML in line 2, column 9")}},
		"absent":   {"absent\n", cluster.APIConfig{Why: clean(path + " is not there"), Hint: clean("set api_toml in the configuration to where it is on the primary's host")}},
		"denied":   {"denied\n", cluster.APIConfig{Why: clean("the account may not read " + path), Hint: clean("let it, for example: sudo setfacl -m u:USER:rX " + path)}},
		"denied above": {
			"denied /etc/stemedb\n",
			cluster.APIConfig{Why: clean("the account may not read /etc/stemedb"), Hint: clean("let it, for example: sudo setfacl -m u:USER:rX /etc/stemedb")},
		},
		"a directory": {
			"directory\n",
			cluster.APIConfig{Why: clean(path + " is a directory"), Hint: clean("set api_toml in the configuration to the file in it")},
		},
		"marked":        {"ok\n\ufeff[cluster]\nrpc_timeout_ms = 5\n", cluster.APIConfig{Read: true, Timeout: set(5)}},
		"many tables":   {"ok\n[[cluster]]\nrpc_timeout_ms = 5\n", cluster.APIConfig{Why: clean("its cluster is not one table, as [cluster] is")}},
		"no table":      {"ok\ncluster = 5\n", cluster.APIConfig{Why: clean("its cluster is not one table, as [cluster] is")}},
		"no such table": {"ok\n[other]\nrpc_timeout_ms = 5\n", cluster.APIConfig{Read: true}},
		"nothing":       {"", cluster.APIConfig{Why: clean("not understood: ")}},
	} {
		tt.want.Path = clean(path)
		if d := cmp.Diff(&tt.want, parseAPIConfig([]byte(tt.text), path), texts); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
		}
	}
}
