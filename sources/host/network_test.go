package host_test

import (
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// within starts a command in a network namespace until the test ends.
func within(t *testing.T, ns string, stdin io.Reader, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ip", append([]string{"netns", "exec", ns}, args...)...)
	cmd.Stdin = stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's end killed it
}

// endless never comes to its end, and gives n bytes.
type endless struct {
	n    int
	done <-chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		<-e.done
		return 0, io.EOF
	}
	k := min(len(p), e.n)
	e.n -= k
	return k, nil
}

// The real ss in the primary's network tells of a connection that loses packets on
// the way: bytes as they were sent, and how many segments again.
func TestConnectionThatLosesPackets(t *testing.T) {
	tool(t, "ss", "iproute2")
	const port, size = 18182, 2_000_000
	w := sshtest.NewNetwork(t)
	w.Firewall(w.Router, "forward", "tcp dport "+strconv.Itoa(port)+" numgen inc mod 20 == 7 drop")
	within(t, w.Replica, nil, "nc", "-lk", strconv.Itoa(port))
	within(t, w.Primary, &endless{size, t.Context().Done()}, "sh", "-c",
		"until nc "+sshtest.ReplicaV4+" "+strconv.Itoa(port)+"; do sleep 0.1; done")
	c := collector(t, host.Options{
		Transport: &local{under: []string{"ip", "netns", "exec", w.Primary}}, Ports: []uint16{port}, SocketsEvery: time.Nanosecond,
	})
	var got *cluster.Connection
	for deadline := time.Now().Add(20 * time.Second); got == nil || got.SentBytes < size || got.SendQueue > 0; time.Sleep(100 * time.Millisecond) {
		r := sockets(t, c)
		for i := range r.Connections {
			if x := &r.Connections[i]; x.State.String() == cluster.Established && strings.HasPrefix(x.Peer.String(), sshtest.ReplicaV4+":") {
				got = x
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", r)
		}
	}
	if again := got.Retransmissions; !got.Told || !got.Counted || again == 0 || again >= got.Segments || got.RTT <= 0 {
		t.Errorf("%+v", got)
	}
}
