package demo

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo/physics"
)

// DefaultScenario is what runs when none is named.
const DefaultScenario = "incident"

// Options describe a cluster. Only Clock is required.
type Options struct {
	Scenario   string          // a name of Scenarios; empty for DefaultScenario
	Seed       uint64          // same seed, same trajectory
	Clock      sources.Clock   // the time in which the cluster lives
	Authorized []ssh.PublicKey // who may log in; none if empty
	Allowed    Scripts         // what may run over SSH; nothing if zero
	Replicas   int             // 1 to 1000; 0 for 4
	// Hosts is how many nodes, from the primary on, have an SSH server and a
	// host below them; 0 for all, negative for none.
	Hosts int
	// CrashLoop names a replica, such as "node3", whose process dies again and
	// again while it syncs, from two seconds on; empty for none.
	CrashLoop string
	// Events happen beside those of the scenario.
	Events []physics.Event
}

// Scripts are the only programs that the SSH servers run.
type Scripts struct {
	// Command tells whether an exec command is one that runs a script: it ends
	// in the script's nonce, a word of 32 lower-case hex digits.
	Command func(string) bool
	// Bodies are what standard input may begin with, byte for byte. None is the
	// beginning of another.
	Bodies [][]byte
}

// Node is where and what one node of the cluster is.
type Node struct {
	ID      string // node1 is the primary
	Role    string // "primary" or "replica"
	AgentID string // of its circuit breaker; empty for the primary

	MetricsURL string // base of /metrics and, on the primary, /v1/admin: no path, no slash at the end
	RPCAddr    string // host:port that accepts TCP connections

	// The following are empty for a node without a host.
	SSHAddr string        // host:port
	HostKey ssh.PublicKey // ed25519, for known_hosts
	Proc    string        // the simulated /proc
	Sys     string        // the simulated /sys
	WALPath string        // a real directory, the same for all nodes; on device nvme0n1 by Proc and Sys
	LogFile string        // RFC 3339 time, level, text; one line each
	// APIConfig is the primary's own configuration, TOML; empty for a replica.
	APIConfig string
}

// Scenario is what a cluster goes through.
type Scenario struct {
	Name string // as given to Options.Scenario
	Help string // one line
}

// Scenarios lists what can be chosen.
func Scenarios() []Scenario {
	var list []Scenario
	for _, s := range physics.Scenarios() {
		list = append(list, Scenario{s.Name, s.Help})
	}
	return list
}

const maxReplicas = 1000

// world builds the model that the options describe.
func (o *Options) world() (*physics.World, error) {
	if o.Clock == nil {
		return nil, fmt.Errorf("demo: no clock given")
	}
	if o.Replicas < 0 || o.Replicas > maxReplicas {
		return nil, fmt.Errorf("demo: %d replicas: must be 1 to %d", o.Replicas, maxReplicas)
	}
	events, err := scenarioEvents(o.Scenario)
	if err != nil {
		return nil, err
	}
	c := physics.Config{Seed: o.Seed, Replicas: o.Replicas, Hosts: o.Hosts}
	if c.Replicas == 0 {
		c.Replicas = 4
	}
	if c.Hosts == 0 {
		c.Hosts = c.Replicas + 1
	}
	crash, err := o.crash(c.Replicas)
	if err != nil {
		return nil, err
	}
	c.Events = slices.Concat(events, o.Events, crash)
	return physics.NewWorld(c), nil
}

// crash returns the event that CrashLoop asks for.
func (o *Options) crash(replicas int) ([]physics.Event, error) {
	if o.CrashLoop == "" {
		return nil, nil
	}
	for i := 1; i <= replicas; i++ {
		if physics.NodeID(i) == o.CrashLoop {
			return []physics.Event{{At: crashAt, Node: i, Kind: physics.CrashLoop, Value: 1}}, nil
		}
	}
	return nil, fmt.Errorf("demo: no replica %q to crash: there are node2 to %s", o.CrashLoop, physics.NodeID(replicas))
}

const crashAt = 100 * physics.Step

func scenarioEvents(name string) ([]physics.Event, error) {
	if name == "" {
		name = DefaultScenario
	}
	var names []string
	for _, s := range physics.Scenarios() {
		if s.Name == name {
			return s.Events, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("demo: no scenario %q: there are %s", name, strings.Join(names, ", "))
}
