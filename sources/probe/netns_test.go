package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Addresses of the two ends of a wire.
const (
	nodeV4, nodeV6 = "10.77.0.2", "fd77::2"
	rpcPort        = "18182"
)

// wire is two network namespaces joined by a veth pair: the monitor's and the
// node's.
type wire struct {
	t             testing.TB
	monitor, node string
}

var wires atomic.Int32

func newWire(t testing.TB) *wire {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("run this test as root: it makes network namespaces")
	}
	for tool, from := range map[string]string{"ip": "iproute2", "nft": "nftables", "ping": "iputils-ping", "sysctl": "procps"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: apt-get install %s", tool, from)
		}
	}
	n := fmt.Sprintf("stprobe-%d-%d", os.Getpid(), wires.Add(1))
	w := &wire{t: t, monitor: n + "-m", node: n + "-n"}
	for _, ns := range []string{w.monitor, w.node} {
		w.run("ip", "netns", "add", ns)
		t.Cleanup(func() { w.run("ip", "netns", "del", ns) })
		w.run("ip", "-n", ns, "link", "set", "lo", "up")
	}
	w.run("ip", "link", "add", "eth0", "netns", w.monitor, "type", "veth", "peer", "name", "eth0", "netns", w.node)
	for i, ns := range []string{w.monitor, w.node} {
		w.run("ip", "-n", ns, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "eth0")
		w.run("ip", "-n", ns, "addr", "add", fmt.Sprintf("fd77::%d/64", i+1), "dev", "eth0", "nodad")
		w.run("ip", "-n", ns, "link", "set", "eth0", "up")
	}
	return w
}

// run runs a command and returns what it printed.
func (w *wire) run(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(context.Background(), name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v: %s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// firewall replaces the rules of a namespace's hook (input or output).
func (w *wire) firewall(ns, hook string, rules ...string) {
	w.t.Helper()
	lines := append([]string{
		"flush ruleset", "table inet probe {", "chain only {", "type filter hook " + hook + " priority 0",
	}, rules...)
	cmd := exec.CommandContext(context.Background(), "ip", "netns", "exec", ns, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(strings.Join(append(lines, "}", "}", ""), "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("nft: %v: %s", err, out)
	}
}

// in runs f on a thread inside the namespace; what f opens belongs there.
func (w *wire) in(ns string, f func() error) {
	w.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		file, err := os.Open("/run/netns/" + ns)
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = file.Close() }()
		if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

// listen accepts on the node's RPC port of both families until the test ends.
func (w *wire) listen() {
	w.t.Helper()
	var l net.Listener
	w.in(w.node, func() (err error) {
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", ":"+rpcPort)
		return err
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	w.t.Cleanup(func() { _ = l.Close(); <-ended })
}

// probe runs a job in the monitor's namespace.
func (w *wire) probe(j job) []round {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ip", "netns", "exec", w.monitor, self)
	cmd.Env = append(os.Environ(), jobEnv+"="+string(text))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	data, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("probing program: %v: %s", err, errs.Bytes())
	}
	var out outcome
	if err := json.Unmarshal(data, &out); err != nil {
		w.t.Fatal(err)
	}
	if out.Leak != "" {
		w.t.Errorf("left behind: %s", out.Leak)
	}
	if len(out.Rounds) != j.Rounds {
		w.t.Fatalf("%d readings of %d rounds", len(out.Rounds), j.Rounds)
	}
	return out.Rounds
}

// probeOnce runs one round.
func (w *wire) probeOnce(j job) round {
	w.t.Helper()
	j.Rounds = 1
	return w.probe(j)[0]
}
