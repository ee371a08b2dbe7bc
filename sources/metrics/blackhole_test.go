package metrics

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// blackHole returns an address that answers no SYN: a listener whose queue is
// full.
func blackHole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Fatal("the queue does not fill")
	return ""
}

// A target behind a firewall that drops costs its timeout and no more, says
// so, and Close ends the dial that a scrape left behind.
func TestBlackHole(t *testing.T) {
	addr := blackHole(t)
	c := open(t, "http://"+addr, brief(150*time.Millisecond))
	for range 3 {
		begun := time.Now()
		r, body := collect(t, c)
		webtest.WantFailure(t, r.Err, cluster.FailTimeout, "no connection within 150ms", addr, "firewall")
		if took := time.Since(begun); body != nil || took > 3*time.Second {
			t.Error(body, took)
		}
	}
}
