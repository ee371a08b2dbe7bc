package sshtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Addresses of the replica of a Network, and of the router as the primary sees it.
const (
	ReplicaV4 = "10.77.2.2"
	ReplicaV6 = "fd77:2::2"
	RouterV4  = "10.77.1.254"
)

// Network is a primary, a router and a replica in network namespaces of their
// own: the way from one to the other has a hop.
type Network struct {
	Primary, Router, Replica string // names of the namespaces

	t testing.TB
}

var networks atomic.Int32

// NewNetwork makes a network that ends with the test. It needs root.
func NewNetwork(t testing.TB) *Network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("run this test as root: it makes network namespaces")
	}
	for tool, from := range map[string]string{"ip": "iproute2", "nft": "nftables", "sysctl": "procps", "nc": "netcat-openbsd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: apt-get install %s", tool, from)
		}
	}
	name := fmt.Sprintf("stnet-%d-%d", os.Getpid(), networks.Add(1))
	w := &Network{name + "-p", name + "-g", name + "-r", t}
	for _, ns := range []string{w.Primary, w.Router, w.Replica} {
		w.Run("ip", "netns", "add", ns)
		t.Cleanup(func() { w.Run("ip", "netns", "del", ns) })
		w.Run("ip", "-n", ns, "link", "set", "lo", "up")
	}
	w.join(w.Primary, "west", 1, 1)
	w.join(w.Replica, "east", 2, 2)
	w.Run("ip", "netns", "exec", w.Router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
		"net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv6.icmp.ratelimit=0")
	w.Run("ip", "netns", "exec", w.Replica, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	for _, host := range []string{ReplicaV4, ReplicaV6} {
		// The first packet waits for neighbours to be found.
		w.Run("ip", "netns", "exec", w.Primary, "ping", "-n", "-q", "-c", "1", "-w", "10", host)
	}
	return w
}

// join wires a namespace to the router, with a default route there.
func (w *Network) join(ns, port string, subnet, host int) {
	w.Run("ip", "link", "add", "eth0", "netns", ns, "type", "veth", "peer", "name", port, "netns", w.Router)
	for _, end := range []struct {
		ns, dev string
		host    string
	}{{ns, "eth0", fmt.Sprint(host)}, {w.Router, port, "254"}} {
		w.Run("ip", "-n", end.ns, "addr", "add", fmt.Sprintf("10.77.%d.%s/24", subnet, end.host), "dev", end.dev)
		w.Run("ip", "-n", end.ns, "addr", "add", fmt.Sprintf("fd77:%d::%s/64", subnet, end.host), "dev", end.dev, "nodad")
		w.Run("ip", "-n", end.ns, "link", "set", end.dev, "up")
	}
	w.Run("ip", "-n", ns, "route", "add", "default", "via", fmt.Sprintf("10.77.%d.254", subnet))
	w.Run("ip", "-n", ns, "-6", "route", "add", "default", "via", fmt.Sprintf("fd77:%d::254", subnet))
}

// Run runs a command and returns what it printed.
func (w *Network) Run(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // the test chose it
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v: %s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// Firewall replaces the rules of a namespace's hook (input, output or forward).
func (w *Network) Firewall(ns, hook string, rules ...string) {
	w.t.Helper()
	lines := append([]string{
		"flush ruleset", "table inet lab {", "chain only {", "type filter hook " + hook + " priority 0",
	}, rules...)
	cmd := exec.CommandContext(context.Background(), "ip", "netns", "exec", ns, "nft", "-f", "-") //nolint:gosec // one of its own
	cmd.Stdin = strings.NewReader(strings.Join(append(lines, "}", "}", ""), "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("nft: %v: %s", err, out)
	}
}

// Listen accepts on a port of the replica until the test ends or close is called.
func (w *Network) Listen(port string) (end func()) {
	w.t.Helper()
	var l net.Listener
	w.in(w.Replica, func() (err error) {
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", ":"+port)
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
	end = func() { _ = l.Close(); <-ended }
	w.t.Cleanup(end)
	return end
}

// in runs f on a thread inside the namespace; what f opens belongs there.
func (w *Network) in(ns string, f func() error) {
	w.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()                   // and never unlocked: the thread ends with the goroutine
		file, err := os.Open("/run/netns/" + ns) //nolint:gosec // one of its own
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
