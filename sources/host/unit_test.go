package host_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

// slow collects once, and returns what came of the unit and of the configuration.
func slow(t *testing.T, c *host.Collector) (*cluster.ServiceReading, *cluster.APIConfig) {
	t.Helper()
	var service *cluster.ServiceReading
	var config *cluster.APIConfig
	for _, r := range c.Collect(t.Context()) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		switch b := r.Body.(type) {
		case *cluster.ServiceReading:
			service = b
		case *cluster.APIConfig:
			config = b
		}
	}
	return service, config
}

// fakeSystemctl answers for the unit it is asked for, and for no other.
const fakeSystemctl = `#!/bin/sh
for last; do :; done
[ "$last" = 'a\x2db@1.service' ] || exit 4
cat <<X
NRestarts=7
Result=success
LoadState=loaded
ActiveState=active
SubState=running
ActiveEnterTimestampMonotonic=1000000
X
`

// In every dialect the unit and the configuration come at their own rate, with the
// uptime of the same answer.
func TestServiceAndConfig(t *testing.T) {
	needDialects(t)
	bin := t.TempDir()
	write(t, filepath.Join(bin, "systemctl"), fakeSystemctl)
	if err := os.Chmod(filepath.Join(bin, "systemctl"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STEMETOP_PATH", bin)
	api := filepath.Join(t.TempDir(), "it's $HOME.toml")
	write(t, api, "[cluster]\r\n\r\n# %s \\n @x E 1 config 0\r\nmax_replication_lag_seconds = 30\r\nrpc_timeout_ms = 5000") // no newline
	for _, dialect := range dialects {
		c := collector(t, host.Options{
			Transport: &local{}, Dialect: dialect, Unit: `a\x2db@1.service`, APIConfig: api, ServiceEvery: time.Hour, ConfigEvery: time.Nanosecond,
		})
		service, config := slow(t, c)
		if service == nil || !service.Told || service.Restarts != 7 || service.Entered != time.Second || service.Uptime <= service.Entered {
			t.Errorf("%s: %+v", dialect, service)
		}
		if config == nil || !config.Read || config.MaxLag.Value != 30 || config.Timeout.Value != 5000 {
			t.Errorf("%s: %+v", dialect, config)
		}
		if service, config = slow(t, c); service != nil || config == nil {
			t.Errorf("%s, again: %+v %+v", dialect, service, config)
		}
	}
}

// The systemctl of this machine tells of a unit that is there, else that there is
// no systemd; a unit that can be none is not asked for.
func TestRealSystemctl(t *testing.T) {
	for unit, known := range map[string]bool{"dbus.service": true, "no-such-unit-at-all": false} {
		service, _ := slow(t, collector(t, host.Options{Transport: &local{}, Unit: unit}))
		_, err := os.Stat("/run/systemd/system")
		booted := err == nil
		switch {
		case service == nil:
			t.Fatal("nothing of " + unit)
		case service.Told != (booted && known):
			t.Errorf("%s: %+v", unit, service)
		case !booted && !strings.HasPrefix(service.Why.String(), "this host has no systemd"):
			t.Errorf("%s: %+v", unit, service)
		case booted && !known && service.Why.String() != "systemd knows no unit "+unit:
			t.Errorf("%s: %+v", unit, service)
		}
	}
	for _, unit := range []string{"-H.service", "a b", "$(id)", "a/b", ""} {
		if service, _ := slow(t, collector(t, host.Options{Transport: &local{}, Unit: unit})); service != nil {
			t.Errorf("%q: %+v", unit, service)
		}
	}
}

// That the file is not there and that it may not be read are told apart, and so is
// what can't be read for the directory above it.
func TestConfigDenied(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("run this test as root: it becomes nobody")
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "secret.toml"), "x = 1\n")
	write(t, filepath.Join(dir, "closed/api.toml"), "x = 1\n")
	for path, mode := range map[string]os.FileMode{"secret.toml": 0o600, "closed": 0o700} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"secret.toml":     "the account may not read " + dir + "/secret.toml",
		"closed/api.toml": "the account may not read " + dir + "/closed",
		"none/api.toml":   dir + "/none/api.toml is not there",
	} {
		for _, dialect := range dialects {
			tr := &local{user: &syscall.Credential{Uid: 65534, Gid: 65534}}
			_, config := slow(t, collector(t, host.Options{Transport: tr, Dialect: dialect, APIConfig: filepath.Join(dir, path)}))
			if config == nil || config.Read || config.Why.String() != want || config.Hint.IsZero() {
				t.Errorf("%s, %s: %+v", dialect, path, config)
			}
		}
	}
}

// The cost of each section that starts processes is its own, beyond the answer's.
func TestCosts(t *testing.T) {
	bin := t.TempDir()
	write(t, filepath.Join(bin, "systemctl"), "#!/bin/sh\nsleep 0.3\n")
	if err := os.Chmod(filepath.Join(bin, "systemctl"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STEMETOP_PATH", bin)
	c := collector(t, host.Options{Transport: &local{}, Unit: "u", Ports: []uint16{1}, APIConfig: "/none"})
	if _, failure := c.Costs(t.Context()); failure == nil {
		t.Error("a cost without a connection")
	}
	collect(t, c)
	costs, failure := c.Costs(t.Context())
	if failure != nil {
		t.Fatal(failure)
	}
	var names []string
	for _, x := range costs {
		names = append(names, x.Section)
		if x.Section == "service" && x.Took < 250*time.Millisecond {
			t.Errorf("%+v", x)
		}
		if x.Every <= 0 || x.Took < 0 {
			t.Errorf("%+v", x)
		}
	}
	if got := strings.Join(names, " "); got != "pids facts sockets service config" {
		t.Error(got)
	}
	collect(t, c) // it goes on
}

// Facts name the tools that are there, whatever else is in the path.
func TestTools(t *testing.T) {
	tool(t, "ss", "iproute2")
	for _, dialect := range dialects {
		facts, _ := collect(t, collector(t, host.Options{Transport: &local{}, Dialect: dialect}))
		if !slices.Contains(facts.Tools, cluster.Clean("ss")) || len(facts.Tools) > 9 {
			t.Errorf("%s: %v", dialect, facts.Tools)
		}
	}
}
