package peer

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

const rpcPort = "18182"

// inTime is within which the state of a port is to be known.
const inTime = 2500 * time.Millisecond

// rounds are what a collector told: its newest look at the port, and its newest ping.
type rounds struct {
	port *cluster.PeerPort
	ping *cluster.PeerPing
	took time.Duration // of the port
}

func collector(t testing.TB, tr remote.Transport, host string) *Collector {
	t.Helper()
	c := New(Options{
		Transport: tr, Clock: sources.NewClock(1), Every: time.Millisecond,
		Targets: []Target{{Node: "node2", Address: net.JoinHostPort(host, rpcPort)}},
	})[0]
	c.every = 0 // as fast as asked
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// What the tools there do is not what the user's .bashrc says, nor as slow as that:
// bash reads it for a command by way of SSH, if it is let.
func TestTheHostsBashrcIsNotRun(t *testing.T) {
	t.Parallel()
	w := sshtest.NewNetwork(t)
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".bashrc"), []byte("touch ~/was-run\nsleep 1\necho Connection refused\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := sshtest.Start(t, sshtest.Options{Config: "AllowTcpForwarding no", Network: w.Primary, LoginShell: "/bin/sh", Home: home})
	w.Run("ip", "-n", w.Primary, "route", "del", "default") // so that both requests are made
	asks := collector(t, builtin(t, s), sshtest.ReplicaV4)
	if r := both(t, asks); r.port.Port != cluster.PortNoRoute || r.port.By.String() != "bash" {
		t.Errorf("%v by %q: %v", r.port.Port, r.port.By, r.port.Why)
	}
	if _, err := os.Stat(filepath.Join(home, "was-run")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was run: %v", err)
	}
}

// A bash that may not be run there tells nothing of the port, nor of the route:
// the system's words for that are those of a firewall too.
func TestBashThatMayNotBeRun(t *testing.T) {
	t.Parallel()
	tools := t.TempDir()
	for _, name := range []string{"true", "ping"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	limit, err := exec.LookPath("timeout")
	if err != nil {
		t.Fatal(err)
	}
	// The real one, which looks for the tool here alone: as if there were no other.
	for name, text := range map[string]string{"bash": "", "timeout": "#!/bin/sh\nPATH=" + tools + "\nexec " + limit + " \"$@\"\n"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(tools, "timeout"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := sshtest.Start(t, sshtest.Options{Config: "AllowTcpForwarding no\nSetEnv STEMETOP_PATH=" + tools})
	asks := collector(t, builtin(t, s), "127.0.0.1")
	r := both(t, asks)
	if why := r.port.Why.String(); r.port.Port != cluster.PortUnknown || !strings.Contains(why, "bash can't be run on the primary's host") || !strings.Contains(why, "Permission denied") {
		t.Errorf("%v by %q: %q", r.port.Port, r.port.By, why)
	}
	lines, _, f := asks.session.ask(t.Context(), askRoute, "127.0.0.1", rpcPort)
	if f != nil || len(lines) != 0 {
		t.Errorf("of the route: %q, %v", lines, f)
	}
}

// both has a collector look at the port and ping.
func both(t testing.TB, c *Collector) rounds {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// Connecting and logging in come before, and are not of the port.
	if f := c.session.take(ctx, func(*remote.Talk) *cluster.Failure { return nil }); f != nil {
		t.Fatal(f)
	}
	var r rounds
	for r.port == nil || r.ping == nil {
		list := c.Collect(ctx)
		if len(list) != 1 || list[0].Err != nil {
			t.Fatalf("%+v", list)
		}
		switch b := list[0].Body.(type) {
		case *cluster.PeerPort:
			r.port, r.took = b, list[0].Took
		case *cluster.PeerPing:
			r.ping = b
		}
	}
	return r
}

// portCase is one way for a port to answer the primary.
type portCase struct {
	name   string
	rules  []string // of the router's forwarding
	listen bool
	route  string // of the primary to the replica, in place of the default; "none" for none
	want   cluster.PortState
	why    string
	lost   bool // the packets of ping too

	further bool // one way to ask is enough
}

var portCases = []portCase{
	{name: "open", listen: true, want: cluster.PortOpen},
	{name: "closed", want: cluster.PortClosed, why: "refused"},
	{name: "dropped", listen: true, rules: []string{"tcp dport " + rpcPort + " drop"}, want: cluster.PortFiltered, why: "no answer within"},
	{name: "prohibited", listen: true, rules: []string{"tcp dport " + rpcPort + " reject with icmpx type admin-prohibited"}, want: cluster.PortUnreachable, why: "says a router"},
	{name: "a router without a way", listen: true, rules: []string{"tcp dport " + rpcPort + " reject with icmpx type no-route"}, want: cluster.PortUnreachable, why: "says a router", further: true},
	{name: "no route", listen: true, route: "none", want: cluster.PortNoRoute, why: "no route", lost: true},
	{name: "unreachable by route", listen: true, route: "unreachable", want: cluster.PortNoRoute, why: "no route", lost: true, further: true},
	{name: "prohibited by route", listen: true, route: "prohibit", want: cluster.PortNoRoute, why: "no route", lost: true, further: true},
}

// The five answers of a port are told apart within 2.5 s, through SSH, and where
// that is forbidden or can't be by the host's own tools.
func TestPortStates(t *testing.T) {
	for _, way := range []struct {
		name, config, by string
		transport        func(testing.TB, *sshtest.Server) remote.Transport
		forwarded        string // why it is not
	}{
		{"forwarded", "", "ssh", builtin, ""},
		{"forbidden", "AllowTcpForwarding no", "bash", builtin, "forbidden"},
		{"openssh", "", "bash", openssh, "openssh transport"},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range portCases {
				if c.further && way.name != "forwarded" {
					continue
				}
				w := sshtest.NewNetwork(t)
				c.arrange(w)
				s := sshtest.Start(t, sshtest.Options{Config: way.config, Network: w.Primary})
				hosts := []string{sshtest.ReplicaV4, sshtest.ReplicaV6}
				for _, host := range hosts[:map[bool]int{true: 2, false: 1}[way.name == "forwarded"]] {
					asks := collector(t, way.transport(t, s), host)
					r := both(t, asks)
					if r.took > inTime { // on a busy machine once
						r = both(t, asks)
					}
					c.check(t, host, &r)
					if c.want == cluster.PortOpen && (r.port.By.String() != way.by || r.port.Forwarded != (way.forwarded == "")) {
						t.Errorf("by %q, forwarded %v", r.port.By, r.port.Forwarded)
					}
					if !strings.Contains(r.port.ForwardWhy.String(), way.forwarded) || (way.forwarded != "" && r.port.ForwardHint.IsZero()) {
						t.Errorf("%s: forwarding: %q (%q)", c.name, r.port.ForwardWhy, r.port.ForwardHint)
					}
				}
				s.Kill()
			}
		})
	}
}

func (c *portCase) arrange(w *sshtest.Network) {
	w.Firewall(w.Router, "forward", c.rules...)
	if c.listen {
		w.Listen(rpcPort)
	}
	for family, net := range map[string]string{"-4": "10.77.2.0/24", "-6": "fd77:2::/64"} {
		switch c.route {
		case "":
		case "none":
			w.Run("ip", "-n", w.Primary, family, "route", "del", "default")
		default:
			w.Run("ip", "-n", w.Primary, family, "route", "add", c.route, net)
		}
	}
}

func (c *portCase) check(t *testing.T, host string, r *rounds) {
	t.Helper()
	if r.port.Port != c.want || !strings.Contains(r.port.Why.String(), c.why) {
		t.Errorf("%s to %s: %v by %s (%v), want %v (%s)", c.name, host, r.port.Port, r.port.By, r.port.Why, c.want, c.why)
	}
	if r.took > inTime {
		t.Errorf("%s to %s: took %v", c.name, host, r.took)
	}
	if lost := len(r.ping.RTTs) == 0; lost != c.lost || (lost && r.ping.Why.IsZero()) || (!lost && r.ping.Sent != 3) {
		t.Errorf("%s to %s: %+v", c.name, host, r.ping)
	}
	if r.port.Forwarded && (r.port.Trip <= 0 || r.port.RTT > time.Second) {
		t.Errorf("%s to %s: %v beside %v", c.name, host, r.port.RTT, r.port.Trip)
	}
}
