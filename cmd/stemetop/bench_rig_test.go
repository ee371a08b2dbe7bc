package main

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo"
)

// rig is a cluster in this process and the program that is to watch it.
type rig struct {
	*testing.B
	program string
	config  *config.Config
	dir     string
}

func newRig(b *testing.B, replicas, hosts int) *rig {
	b.Helper()
	r := &rig{B: b, program: compile(b), dir: b.TempDir()}
	public, key, err := newKey(r.dir)
	if err != nil {
		b.Fatal(err)
	}
	if hosts == 0 {
		hosts = -1
	}
	cluster, err := demo.Start(b.Context(), demo.Options{
		Seed: 1, Clock: sources.NewClock(1), Authorized: []ssh.PublicKey{public},
		Allowed:  scripts(),
		Replicas: replicas, Hosts: hosts,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			b.Error(err)
		}
	})
	if r.config, err = demoConfig(cluster.Nodes(), r.dir, key); err != nil {
		b.Fatal(err)
	}
	return r
}

// primaryOnly leaves all replicas to be discovered.
func (r *rig) primaryOnly() { r.config.Replicas = nil }

// silence puts a black hole in the place of every target but the primary's
// metrics: by turns one that takes a connection and says nothing, and one that
// does not even answer a SYN.
func (r *rig) silence() {
	r.Helper()
	for i := range r.config.Replicas {
		n := &r.config.Replicas[i]
		n.URL, n.SSH = "http://"+blackHole(r.B, i%2 == 0), blackHole(r.B, i%2 != 0)
	}
	r.config.Primary.SSH = blackHole(r.B, true)
}

// blackHole returns an address of which nothing ever comes. A backlog of one
// that is full drops every SYN.
func blackHole(b *testing.B, accepts bool) string {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = syscall.Close(fd) })
	backlog := 0
	if accepts {
		backlog = syscall.SOMAXCONN
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		b.Fatal(err)
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		b.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		b.Fatal(err)
	}
	in, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		b.Fatalf("listening on %v", name)
	}
	address := fmt.Sprintf("127.0.0.1:%d", in.Port)
	for range 10 * (1 - min(backlog, 1)) {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		b.Cleanup(func() { _ = c.Close() })
	}
	return address
}

// command returns the live monitor of the cluster, as a person starts it.
func (r *rig) command() *exec.Cmd {
	r.Helper()
	file := filepath.Join(r.dir, "config.yaml")
	if err := writeConfig(file, r.config, true); err != nil {
		r.Fatal(err)
	}
	return exec.Command(r.program, "--config", file)
}

// median of some figures, and the worst of them.
func median(list []float64) (middle, worst float64) {
	return quantile(list, 0.5), slices.Max(list)
}

// quantile returns the figure below which that part of them lies.
func quantile(list []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

// budget reports a figure as a metric of the benchmark, and fails it when it is
// over its budget.
func budget(b *testing.B, unit string, is, most float64) {
	b.Helper()
	b.ReportMetric(is, strings.ReplaceAll(unit, " ", "-"))
	b.Logf("%s: %.4g of %.4g", unit, is, most) // a benchmark that fails reports no metrics
	if is > most {
		b.Errorf("%s is %.4g, over the budget of %.4g", unit, is, most)
	}
}
